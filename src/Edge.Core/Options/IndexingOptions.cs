namespace Edge.Core.Options;

/// <summary>What the index holds and how it is searched.</summary>
[OptionGroup("Index and search")]
public sealed class IndexingOptions
{
    /// <summary>After how long without a new instance a patient, study or series counts as complete; 0 or less = 60.</summary>
    [Option(Unit = "s")]
    public int StableAge { get; set; } = 60;

    /// <summary>Greatest number of answers to a search for patients, studies or series; 0 = no limit.</summary>
    [Option(Min = 0)]
    public int LimitFindResults { get; set; }

    /// <summary>Greatest number of answers to a search for instances; 0 = no limit.</summary>
    [Option(Min = 0)]
    public int LimitFindInstances { get; set; }

    /// <summary>When files may be read for a search: Always, only for Answers, or Never.</summary>
    [Option]
    public StorageAccessOnFind StorageAccessOnFind { get; set; } = StorageAccessOnFind.Always;

    /// <summary>Compare patient and other person names with regard to case.</summary>
    [Option]
    public bool CaseSensitivePN { get; set; }

    /// <summary>More DICOM tags to keep in the index, per level.</summary>
    [Option(Since = "1.11.0", Reader = "ExtraTags", Example = "{ \"Series\": [ \"Rows\", \"Columns\" ], \"Instance\": [ \"0028,0034\" ] }")]
    public ExtraMainDicomTags ExtraMainDicomTags { get; set; } = new();

    /// <summary>Names for metadata of one's own: name to a number from 1024 to 65535.</summary>
    [Option(Reader = "MetadataMap", Example = "{ \"reviewed\": 1024 }")]
    public Dictionary<string, int> UserMetadata { get; set; } = [];

    /// <summary>Names for attachments of one's own: name to a number from 1024 to 65535, or to [ number, MIME type ].</summary>
    [Option(Reader = "ContentTypeMap", Example = "{ \"report\": [ 1024, \"application/pdf\" ] }")]
    public Dictionary<string, UserContentType> UserContentType { get; set; } = [];
}
