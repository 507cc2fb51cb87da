namespace Edge.Core.Options;

/// <summary>What Orthanc does not have.</summary>
[OptionGroup("Edge: what Orthanc does not have", Section = "Edge")]
public sealed class GatewayOptions
{
    /// <summary>The folder in which StorageDirectory, IndexDirectory and TemporaryDirectory lie where they are relative; by default that of the configuration file.</summary>
    [Option(Format = OptionFormat.Path)]
    public string? DataFolder { get; set; }

    /// <summary>A folder of secrets, such as /run/secrets or the credentials directory of systemd: each file is named like the environment variable of its option (ORTHANC__REGISTERED_USERS) and holds the value.</summary>
    [Option(Format = OptionFormat.Path)]
    public string? SecretsFolder { get; set; }

    /// <summary>How files are written to the storage area: lz4 (filtered and compressed) or raw.</summary>
    [Option]
    public StorageFormat StorageFormat { get; set; } = StorageFormat.Lz4;

    /// <summary>Greatest amount of network data held in memory at one time. When it is used up, sockets are not read until some is free.</summary>
    [Option(Min = 4, Max = 65536, Unit = "MB")]
    public int NetworkBudgetMB { get; set; } = 32;

    /// <summary>Objects larger than this are received into a file rather than into memory.</summary>
    [Option(Min = 1, Max = 2047, Unit = "MB")]
    public int SpoolThresholdMB { get; set; } = 4;

    /// <summary>Number of images decoded at the same time, and of threads that compress archives; they give way to those of ingest. 0 = the processor cores.</summary>
    [Option(Min = 0, Max = 1024)]
    public int DecodingThreads { get; set; }

    /// <summary>Memory for frames decoded last, so that another window or size of a picture does not decode it again; 0 = none.</summary>
    [Option(Min = 0, Max = 65536, Unit = "MB")]
    public int FrameCacheMB { get; set; } = 32;

    /// <summary>The addresses on which HTTP is served; * = all. Where RemoteAccessAllowed is false, others than this machine are refused all the same.</summary>
    [Option(Format = OptionFormat.IpAddress)]
    public string[] HttpListenAddresses { get; set; } = ["*"];

    /// <summary>The addresses on which DICOM is served; * = all.</summary>
    [Option(Format = OptionFormat.IpAddress)]
    public string[] DicomListenAddresses { get; set; } = ["*"];

    /// <summary>The form of log lines: text, or json (one object per line).</summary>
    [Option]
    public LogFormat LogFormat { get; set; } = LogFormat.Text;

    /// <summary>The amount of network data in flight, in bytes.</summary>
    public long NetworkBudgetBytes => NetworkBudgetMB * 1024L * 1024;

    /// <summary>The size from which an object goes to a file, in bytes.</summary>
    public long SpoolThresholdBytes => SpoolThresholdMB * 1024L * 1024;
}
