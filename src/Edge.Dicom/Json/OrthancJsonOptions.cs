using Edge.Dicom.Tags;

namespace Edge.Dicom.Json;

/// <summary>What to give of a data set as Orthanc's tag JSON.</summary>
public sealed record OrthancJsonOptions
{
    public static readonly OrthancJsonOptions Default = new();

    /// <summary>The tags whose values are given whole (<c>ignore-length</c>), at every depth.</summary>
    public IReadOnlySet<DicomTag>? IgnoreLength { get; init; }

    /// <summary>Whether top-level tags after pixel data are given (<c>?whole</c>).</summary>
    public bool Whole { get; init; }

    /// <summary>Text longer than this, in UTF-8 bytes, is <c>TooLong</c>; 0 for no limit.</summary>
    public int MaximumLength { get; init; } = 256;

    /// <summary>The only top-level tags to give (<c>/module</c>); null for all.</summary>
    public IReadOnlySet<DicomTag>? Only { get; init; }
}
