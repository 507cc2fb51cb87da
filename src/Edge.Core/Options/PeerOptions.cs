namespace Edge.Core.Options;

/// <summary>A known Orthanc server (<c>OrthancPeers</c>, <c>PUT /peers/{name}</c>). Read and written by <see cref="Configuration.Readers.PeerReader"/>.</summary>
public sealed record PeerOptions
{
    /// <summary><c>http://</c> or <c>https://</c>, ending in a slash.</summary>
    public required string Url { get; init; }

    public string Username { get; init; } = "";

    public string Password { get; init; } = "";

    public IReadOnlyDictionary<string, string> HttpHeaders { get; init; } = new Dictionary<string, string>();

    /// <summary>The client certificate, a PEM file.</summary>
    public string CertificateFile { get; init; } = "";

    /// <summary>Its private key, a PEM file.</summary>
    public string CertificateKeyFile { get; init; } = "";

    /// <summary>The password of that key.</summary>
    public string CertificateKeyPassword { get; init; } = "";

    /// <summary>Use the key of the PKCS#11 module.</summary>
    public bool Pkcs11 { get; init; }

    /// <summary>In seconds; 0 for <c>HttpTimeout</c>.</summary>
    public int Timeout { get; init; }

    /// <summary>The other texts of the object, kept for scripts.</summary>
    public IReadOnlyDictionary<string, string> UserProperties { get; init; } = new Dictionary<string, string>();
}
