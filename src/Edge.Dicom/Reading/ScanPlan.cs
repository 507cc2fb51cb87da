using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>
/// Which top-level elements a scan keeps. Immutable and reusable: make one at start. The tags that the scan itself reports
/// (character set, SOP class and instance, image pixel attributes) are always kept.
/// </summary>
public sealed class ScanPlan
{
    private static readonly DicomTag[] Always =
    [
        DicomTags.SpecificCharacterSet, DicomTags.SOPClassUID, DicomTags.SOPInstanceUID, DicomTags.PatientID, DicomTags.StudyInstanceUID, DicomTags.SeriesInstanceUID,
        DicomTags.SamplesPerPixel, DicomTags.PhotometricInterpretation, DicomTags.PlanarConfiguration, DicomTags.NumberOfFrames, DicomTags.Rows,
        DicomTags.Columns, DicomTags.BitsAllocated, DicomTags.BitsStored, DicomTags.HighBit, DicomTags.PixelRepresentation,
    ];

    private readonly uint[] _tags;

    /// <param name="tags">The tags to keep, in any order. Sequences are kept as the raw bytes of their items.</param>
    /// <param name="readsPastPixelData">Whether to go on behind pixel data, for tags above 7FE0.</param>
    /// <param name="maximumValueLength">Longer values are reported with offset and length, but not kept.</param>
    public ScanPlan(IEnumerable<DicomTag> tags, bool readsPastPixelData = false, int maximumValueLength = 1 << 20)
    {
        _tags = [.. Always.Concat(tags).Select(tag => tag.Value).Distinct().Order()];
        ReadsPastPixelData = readsPastPixelData;
        MaximumValueLength = maximumValueLength;
    }

    /// <summary>Identifiers and image attributes alone.</summary>
    public static ScanPlan Identifiers { get; } = new([]);

    public bool ReadsPastPixelData { get; }

    /// <summary>In bytes.</summary>
    public int MaximumValueLength { get; }

    /// <summary>The number of tags kept.</summary>
    public int Count => _tags.Length;

    /// <summary>The tags kept, ascending.</summary>
    public DicomTag this[int index] => new(_tags[index]);

    internal ReadOnlySpan<uint> Tags => _tags;
}
