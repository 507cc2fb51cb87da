namespace Edge.Core.Options;

/// <summary>What the server is, and what concerns all of it.</summary>
[OptionGroup("General")]
public sealed class GeneralOptions
{
    /// <summary>The name of this server, shown in /system and in the web interface.</summary>
    [Option(Example = "\"MyOrthanc\"")]
    public string Name { get; set; } = "";

    /// <summary>Identifier of this server among several that share one database; by default it is derived from the network cards and the ports.</summary>
    [Option(Since = "1.11.1")]
    public string? DatabaseServerIdentifier { get; set; }

    /// <summary>Refuse whatever would change the content of the server.</summary>
    [Option(Since = "1.12.5")]
    public bool ReadOnly { get; set; }

    /// <summary>Demand the current revision (If-Match) when metadata or attachments are changed or removed.</summary>
    [Option]
    public bool CheckRevisions { get; set; }

    /// <summary>Collect metrics and publish them at /tools/metrics-prometheus.</summary>
    [Option]
    public bool MetricsEnabled { get; set; } = true;

    /// <summary>Keep a log of the resources sent to other systems (/exports). It grows without end.</summary>
    [Option]
    public bool LogExportedResources { get; set; }

    /// <summary>Blank out patient data in the log.</summary>
    [Option]
    public bool DeidentifyLogs { get; set; } = true;

    /// <summary>The edition of the DICOM confidentiality profile that says what is blanked out in the log.</summary>
    [Option]
    public DeidentificationEdition DeidentifyLogsDicomVersion { get; set; } = DeidentificationEdition.Edition2023b;

    /// <summary>Switches warnings off one by one, by their names (W001_..., W002_...). All are on by default.</summary>
    [Option(Reader = "BooleanMap", Example = "{ \"W001_TagsBeingReadFromStorage\": false }")]
    public Dictionary<string, bool> Warnings { get; set; } = [];

    /// <summary>Locale for the comparison of texts. Accepted for compatibility: this server compares without regard to the locale.</summary>
    [Option]
    public string? Locale { get; set; }

    /// <summary>Number of memory arenas of the C library. Accepted for compatibility: MALLOC_ARENA_MAX in the environment of the service is what counts.</summary>
    [Option(Min = 0)]
    public int MallocArenaMax { get; set; } = 5;
}
