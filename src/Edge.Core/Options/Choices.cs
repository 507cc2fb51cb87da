namespace Edge.Core.Options;

/// <summary>What happens to new instances when a storage limit is reached.</summary>
public enum MaximumStorageMode
{
    /// <summary>The oldest unprotected patients are removed.</summary>
    Recycle,

    /// <summary>New instances are refused.</summary>
    Reject,
}

/// <summary>When the files of instances may be read to answer a search.</summary>
public enum StorageAccessOnFind
{
    /// <summary>To match and to answer.</summary>
    Always,

    /// <summary>Only to answer.</summary>
    Answers,

    /// <summary>Never: the index alone.</summary>
    Never,
}

/// <summary>The place of the built-in decoder among plugins.</summary>
public enum BuiltinDecoderTranscoderOrder
{
    Before,
    After,
    Disabled,
}

/// <summary>How instances are retrieved from a remote modality (PS3.4 C.4.2, C.4.3).</summary>
public enum RetrieveMethod
{
    [OptionText("C-MOVE")]
    CMove,

    [OptionText("C-GET")]
    CGet,

    /// <summary>What <c>DicomDefaultRetrieveMethod</c> says; only in modalities and requests.</summary>
    SystemDefault,
}

/// <summary>The edition of PS3.15 table E.1-1 by which logs are de-identified.</summary>
public enum DeidentificationEdition
{
    [OptionText("2008")]
    Edition2008,

    [OptionText("2017c")]
    Edition2017c,

    [OptionText("2021b")]
    Edition2021b,

    [OptionText("2023b")]
    Edition2023b,
}

/// <summary>How attachments are written to the storage area (docs/storage-format.md).</summary>
public enum StorageFormat
{
    /// <summary>Filtered and LZ4 compressed in independent blocks.</summary>
    [OptionText("lz4")]
    Lz4,

    /// <summary>As they came.</summary>
    [OptionText("raw")]
    Raw,
}

/// <summary>The form of log lines.</summary>
public enum LogFormat
{
    [OptionText("text")]
    Text,

    /// <summary>One JSON object per line.</summary>
    [OptionText("json")]
    Json,
}

/// <summary>The text of an enumeration member in the configuration, where it is not the member's name.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class OptionTextAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}
