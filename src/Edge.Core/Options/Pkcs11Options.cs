namespace Edge.Core.Options;

/// <summary>A smart card or security module that holds the key for HTTPS to peers.</summary>
[OptionGroup("PKCS#11", Section = "Pkcs11")]
public sealed class Pkcs11Options
{
    /// <summary>The library of the module.</summary>
    [Option(Format = OptionFormat.File)]
    public string? Module { get; set; }

    /// <summary>The PIN of the module.</summary>
    [Option(Secret = true)]
    public string Pin { get; set; } = "";

    /// <summary>Log what the module does.</summary>
    [Option]
    public bool Verbose { get; set; }
}
