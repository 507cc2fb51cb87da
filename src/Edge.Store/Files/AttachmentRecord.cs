namespace Edge.Store.Files;

/// <summary>How the bytes of an attachment lie in the area (<c>Edge.StorageFormat</c>). Invisible through Orthanc's API.</summary>
public enum StorageFormat
{
    /// <summary>As they are.</summary>
    Raw = 0,

    /// <summary>In the container of docs/storage-format.md.</summary>
    Lz4 = 1,
}

/// <summary>Orthanc's <c>StorageCompression</c> of an attachment, visible through its API (docs/decisions/0006).</summary>
public enum AttachmentCompression
{
    None = 1,

    /// <summary>The plain size in 8 bytes little-endian, then a zlib stream.</summary>
    ZlibWithSize = 2,
}

/// <summary>
/// A file of the area. Sizes in bytes: <paramref name="PlainSize"/> of the data, <paramref name="LogicalSize"/> as
/// <c>compressed-data</c> serves it, <paramref name="StoredSize"/> on disk. MD5 in lower-case hexadecimal, null if not computed.
/// </summary>
/// <param name="Type">Orthanc's number of the attachment (1 is the DICOM file).</param>
public sealed record AttachmentRecord(int Type, Guid Uuid, StorageFormat Format, AttachmentCompression Compression,
    long PlainSize, long LogicalSize, long StoredSize, string? PlainMd5, string? LogicalMd5);

/// <summary>Orthanc's numbers of the system's attachments.</summary>
public static class AttachmentType
{
    public const int Dicom = 1;
    public const int DicomAsJson = 2;
    public const int DicomUntilPixelData = 3;
}

/// <summary>Where native (uncompressed) pixel samples lie in the data, so that they can be filtered before LZ4.</summary>
/// <param name="Offset">Byte offset of the first sample.</param>
/// <param name="Length">Bytes.</param>
/// <param name="BytesPerSample">1, 2 or 4.</param>
/// <param name="SamplesPerPixel">Distance, in samples, to the previous sample of the same colour: 1, or 3 for interleaved colour.</param>
/// <param name="SamplesPerRow">Columns times samples per pixel; 0 if unknown.</param>
/// <param name="BigEndian">The samples are big-endian.</param>
public readonly record struct FilterHint(long Offset, long Length, int BytesPerSample, int SamplesPerPixel, int SamplesPerRow, bool BigEndian = false);

/// <summary>How to write an attachment.</summary>
public sealed record WriteOptions
{
    public int Type { get; init; } = AttachmentType.Dicom;

    public StorageFormat Format { get; init; } = StorageFormat.Lz4;

    public AttachmentCompression Compression { get; init; } = AttachmentCompression.None;

    /// <summary>The native pixel data, null if there is none or it is compressed already.</summary>
    public FilterHint? Filter { get; init; }

    /// <summary><c>StoreMD5ForAttachments</c>.</summary>
    public bool ComputeMd5 { get; init; } = true;

    /// <summary>
    /// Leave the MD5 to <see cref="IAttachmentArea.DigestAsync"/> where the stored form carries checksums of its own (decision 0006):
    /// it costs more than all else that is done to an image.
    /// </summary>
    public bool Md5OnDemand { get; init; }

    /// <summary>The MD5 where the caller has computed it while receiving (lower-case hexadecimal).</summary>
    public string? KnownMd5 { get; init; }

    /// <summary>The data is compressed already (encapsulated pixel data, archives): a spooled file is adopted as it is.</summary>
    public bool Incompressible { get; init; }
}

/// <summary>Which bytes of an attachment are meant.</summary>
public enum AttachmentView
{
    /// <summary>The data.</summary>
    Plain,

    /// <summary>What <c>compressed-data</c> serves: the zlib form under <see cref="AttachmentCompression.ZlibWithSize"/>, else the data.</summary>
    Logical,
}
