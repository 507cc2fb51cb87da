using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <content>The meta information and the image attributes.</content>
public sealed partial class HeaderScan
{
    internal const int MetaSopClass = 0;
    internal const int MetaSopInstance = 1;
    internal const int MetaTransferSyntax = 2;
    internal const int MetaImplementationClass = 3;
    internal const int MetaImplementationVersion = 4;
    internal const int MetaSourceAet = 5;
    internal const int MetaCount = 6;

    /// <summary>(0002,0010) as the file has it; null where absent.</summary>
    public string? DeclaredTransferSyntaxUid => MetaText(MetaTransferSyntax);

    /// <summary>(0002,0002); null where absent.</summary>
    public string? MediaStorageSopClassUid => MetaText(MetaSopClass);

    /// <summary>(0002,0003); null where absent.</summary>
    public string? MediaStorageSopInstanceUid => MetaText(MetaSopInstance);

    /// <summary>(0002,0012); null where absent.</summary>
    public string? ImplementationClassUid => MetaText(MetaImplementationClass);

    /// <summary>(0002,0013); null where absent.</summary>
    public string? ImplementationVersionName => MetaText(MetaImplementationVersion);

    /// <summary>(0002,0016); null where absent.</summary>
    public string? SourceApplicationEntityTitle => MetaText(MetaSourceAet);

    /// <summary>(0008,0016), else that of the meta information; null where both are absent.</summary>
    public string? SopClassUid => GetString(DicomTags.SOPClassUID) is { Length: > 0 } uid ? uid : MediaStorageSopClassUid;

    public int? Rows => Small(DicomTags.Rows);

    public int? Columns => Small(DicomTags.Columns);

    public int? BitsAllocated => Small(DicomTags.BitsAllocated);

    public int? BitsStored => Small(DicomTags.BitsStored);

    public int? HighBit => Small(DicomTags.HighBit);

    public int? SamplesPerPixel => Small(DicomTags.SamplesPerPixel);

    public int? PlanarConfiguration => Small(DicomTags.PlanarConfiguration);

    public int? PixelRepresentation => Small(DicomTags.PixelRepresentation);

    /// <summary>(0028,0008); null where absent, which means one.</summary>
    public int? NumberOfFrames => Small(DicomTags.NumberOfFrames);

    public string? PhotometricInterpretation => GetString(DicomTags.PhotometricInterpretation);

    private int? Small(DicomTag tag) => GetInteger(tag) is { } value and >= int.MinValue and <= int.MaxValue ? (int)value : null;

    private string? MetaText(int which)
    {
        ReadOnlySpan<byte> value = Meta(which).TrimEnd("\0 "u8);
        return value.Length == 0 ? null : System.Text.Encoding.Latin1.GetString(value);
    }
}
