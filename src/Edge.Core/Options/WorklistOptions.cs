namespace Edge.Core.Options;

/// <summary>The modality worklist (PS3.4 annex K), from a folder of .wl files.</summary>
[OptionGroup("Worklist", Section = "Worklists")]
public sealed class WorklistOptions
{
    /// <summary>Answer worklist queries.</summary>
    [Option]
    public bool Enable { get; set; }

    /// <summary>The folder of the .wl files.</summary>
    [Option(Format = OptionFormat.Path)]
    public string? Database { get; set; }

    /// <summary>Answer only with items whose scheduled station is the calling application entity.</summary>
    [Option]
    public bool FilterIssuerAet { get; set; }

    /// <summary>Greatest number of answers; 0 = no limit.</summary>
    [Option(Min = 0)]
    public int LimitAnswers { get; set; }
}
