namespace Edge.Core.Options;

/// <summary>Where files and index lie, and how much may be kept.</summary>
[OptionGroup("Storage")]
public sealed class StorageOptions
{
    /// <summary>The folder of the stored files.</summary>
    [Option(Format = OptionFormat.DataPath)]
    public string StorageDirectory { get; set; } = "OrthancStorage";

    /// <summary>The folder of the SQLite index; by default that of the stored files.</summary>
    [Option(Format = OptionFormat.DataPath)]
    public string? IndexDirectory { get; set; }

    /// <summary>The folder of temporary files, such as archives being built; by default that of the system.</summary>
    [Option(Format = OptionFormat.DataPath)]
    public string? TemporaryDirectory { get; set; }

    /// <summary>Report stored files as zlib compressed, as Orthanc does. What is on the disk is decided by Edge.StorageFormat.</summary>
    [Option]
    public bool StorageCompression { get; set; }

    /// <summary>Greatest size of the stored files; 0 = no limit.</summary>
    [Option(Min = 0, Unit = "MB")]
    public int MaximumStorageSize { get; set; }

    /// <summary>Greatest number of patients; 0 = no limit.</summary>
    [Option(Min = 0)]
    public int MaximumPatientCount { get; set; }

    /// <summary>What happens when a limit is reached: Recycle removes the oldest unprotected patients, Reject refuses new instances.</summary>
    [Option(Since = "1.11.2")]
    public MaximumStorageMode MaximumStorageMode { get; set; } = MaximumStorageMode.Recycle;

    /// <summary>Memory for recently read files; 0 = no cache.</summary>
    [Option(Min = 0, Unit = "MB", Since = "1.10.0")]
    public int MaximumStorageCacheSize { get; set; } = 128;

    /// <summary>Write each file through to the disk before its reception is acknowledged. Off, a power cut may lose what was acknowledged.</summary>
    [Option]
    public bool SyncStorageArea { get; set; } = true;

    /// <summary>Keep the DICOM files. Off, only the index is kept.</summary>
    [Option]
    public bool StoreDicom { get; set; } = true;

    /// <summary>Compute the MD5 of stored files, so that damage is found when they are read.</summary>
    [Option]
    public bool StoreMD5ForAttachments { get; set; } = true;

    /// <summary>Replace an instance that is received again; off, the first one stays.</summary>
    [Option]
    public bool OverwriteInstances { get; set; }

    /// <summary>Number of finished media archives that stay available for download.</summary>
    [Option(Min = 0)]
    public int MediaArchiveSize { get; set; } = 1;

    /// <summary>Send archives while they are built, rather than building them in a temporary file first.</summary>
    [Option]
    public bool SynchronousZipStream { get; set; } = true;

    /// <summary>Number of threads that read files ahead for archives; 0 = none of their own.</summary>
    [Option(Min = 0)]
    public int ZipLoaderThreads { get; set; }

    /// <summary>Write the names in archives as UTF-8.</summary>
    [Option(Since = "1.12.11")]
    public bool ZipUseUtf8 { get; set; } = true;
}
