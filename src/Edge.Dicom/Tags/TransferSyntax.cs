namespace Edge.Dicom.Tags;

/// <summary>How a data set and its pixel data are encoded (PS3.5 10, annex A). One instance for each UID of the registry.</summary>
public sealed class TransferSyntax : IEquatable<TransferSyntax>
{
    [Flags]
    private enum Traits
    {
        None = 0,
        Implicit = 1,
        BigEndian = 2,
        Deflated = 4,
        Encapsulated = 8,
        Lossy = 16,
        Video = 32,
        Retired = 64,
        Unknown = 128,
    }

    private static readonly Dictionary<string, TransferSyntax> ByUid = new(StringComparer.Ordinal);
    private static readonly List<TransferSyntax> Ordered = [];

    private readonly Traits _traits;

    private TransferSyntax(string uid, string name, Traits traits)
    {
        Uid = uid;
        Name = name;
        _traits = traits;
    }

    public string Uid { get; }

    public string Name { get; }

    /// <summary>Elements carry their VR.</summary>
    public bool IsExplicitVr => (_traits & Traits.Implicit) == 0;

    public bool IsBigEndian => (_traits & Traits.BigEndian) != 0;

    /// <summary>The whole data set is deflated (PS3.5 A.5).</summary>
    public bool IsDeflated => (_traits & Traits.Deflated) != 0;

    /// <summary>Pixel data is a sequence of fragments (PS3.5 A.4).</summary>
    public bool IsEncapsulated => (_traits & Traits.Encapsulated) != 0;

    /// <summary>Pixel data is or may be compressed with loss.</summary>
    public bool IsLossy => (_traits & Traits.Lossy) != 0;

    public bool IsVideo => (_traits & Traits.Video) != 0;

    public bool IsRetired => (_traits & Traits.Retired) != 0;

    /// <summary>False for a UID that is not in the registry: taken as explicit little endian, encapsulated (PS3.5 10).</summary>
    public bool IsKnown => (_traits & Traits.Unknown) == 0;

    /// <summary>Pixel data is as PS3.5 8.1.1 lays it out.</summary>
    public bool IsNative => !IsEncapsulated;

    public static readonly TransferSyntax ImplicitVrLittleEndian = Add("1.2.840.10008.1.2", "Implicit VR Little Endian", Traits.Implicit);
    public static readonly TransferSyntax ExplicitVrLittleEndian = Add("1.2.840.10008.1.2.1", "Explicit VR Little Endian", Traits.None);
    public static readonly TransferSyntax EncapsulatedUncompressed =
        Add("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian", Traits.Encapsulated);
    public static readonly TransferSyntax DeflatedExplicitVrLittleEndian =
        Add("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian", Traits.Deflated);
    public static readonly TransferSyntax ExplicitVrBigEndian =
        Add("1.2.840.10008.1.2.2", "Explicit VR Big Endian", Traits.BigEndian | Traits.Retired);
    public static readonly TransferSyntax JpegBaseline = Add("1.2.840.10008.1.2.4.50", "JPEG Baseline (Process 1)", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax JpegExtended = Add("1.2.840.10008.1.2.4.51", "JPEG Extended (Process 2 and 4)", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax JpegExtended35 = Add("1.2.840.10008.1.2.4.52", "JPEG Extended (Process 3 and 5)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegSpectral68 = Add("1.2.840.10008.1.2.4.53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegSpectral79 = Add("1.2.840.10008.1.2.4.54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegProgressive1012 = Add("1.2.840.10008.1.2.4.55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegProgressive1113 = Add("1.2.840.10008.1.2.4.56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegLossless14 = Add("1.2.840.10008.1.2.4.57", "JPEG Lossless, Non-Hierarchical (Process 14)", Traits.Encapsulated);
    public static readonly TransferSyntax JpegLossless15 = Add("1.2.840.10008.1.2.4.58", "JPEG Lossless, Non-Hierarchical (Process 15)", Traits.Encapsulated | Traits.Retired);
    public static readonly TransferSyntax JpegExtended1618 = Add("1.2.840.10008.1.2.4.59", "JPEG Extended, Hierarchical (Process 16 and 18)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegExtended1719 = Add("1.2.840.10008.1.2.4.60", "JPEG Extended, Hierarchical (Process 17 and 19)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegSpectral2022 = Add("1.2.840.10008.1.2.4.61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegSpectral2123 = Add("1.2.840.10008.1.2.4.62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegProgressive2426 = Add("1.2.840.10008.1.2.4.63", "JPEG Full Progression, Hierarchical (Process 24 and 26)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegProgressive2527 = Add("1.2.840.10008.1.2.4.64", "JPEG Full Progression, Hierarchical (Process 25 and 27)", Traits.Encapsulated | Traits.Lossy | Traits.Retired);
    public static readonly TransferSyntax JpegLossless28 = Add("1.2.840.10008.1.2.4.65", "JPEG Lossless, Hierarchical (Process 28)", Traits.Encapsulated | Traits.Retired);
    public static readonly TransferSyntax JpegLossless29 = Add("1.2.840.10008.1.2.4.66", "JPEG Lossless, Hierarchical (Process 29)", Traits.Encapsulated | Traits.Retired);

    /// <summary>JPEG lossless, process 14, selection value 1: what DICOM calls "JPEG lossless".</summary>
    public static readonly TransferSyntax JpegLossless = Add("1.2.840.10008.1.2.4.70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14 [Selection Value 1])", Traits.Encapsulated);
    public static readonly TransferSyntax JpegLsLossless = Add("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless Image Compression", Traits.Encapsulated);
    public static readonly TransferSyntax JpegLsNearLossless = Add("1.2.840.10008.1.2.4.81", "JPEG-LS Lossy (Near-Lossless) Image Compression", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax Jpeg2000Lossless = Add("1.2.840.10008.1.2.4.90", "JPEG 2000 Image Compression (Lossless Only)", Traits.Encapsulated);
    public static readonly TransferSyntax Jpeg2000 = Add("1.2.840.10008.1.2.4.91", "JPEG 2000 Image Compression", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax Jpeg2000MultiComponentLossless = Add("1.2.840.10008.1.2.4.92", "JPEG 2000 Part 2 Multi-component Image Compression (Lossless Only)", Traits.Encapsulated);
    public static readonly TransferSyntax Jpeg2000MultiComponent = Add("1.2.840.10008.1.2.4.93", "JPEG 2000 Part 2 Multi-component Image Compression", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax JpipReferenced = Add("1.2.840.10008.1.2.4.94", "JPIP Referenced", Traits.None);
    public static readonly TransferSyntax JpipReferencedDeflate = Add("1.2.840.10008.1.2.4.95", "JPIP Referenced Deflate", Traits.Deflated);
    public static readonly TransferSyntax Mpeg2MainProfile = Add("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile / Main Level", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg2MainProfileFragmentable = Add("1.2.840.10008.1.2.4.100.1", "Fragmentable MPEG2 Main Profile / Main Level", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg2HighLevel = Add("1.2.840.10008.1.2.4.101", "MPEG2 Main Profile / High Level", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg2HighLevelFragmentable = Add("1.2.840.10008.1.2.4.101.1", "Fragmentable MPEG2 Main Profile / High Level", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4HighProfile = Add("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4HighProfileFragmentable = Add("1.2.840.10008.1.2.4.102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4BdCompatible = Add("1.2.840.10008.1.2.4.103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4BdCompatibleFragmentable = Add("1.2.840.10008.1.2.4.103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4Level42For2D = Add("1.2.840.10008.1.2.4.104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4Level42For2DFragmentable = Add("1.2.840.10008.1.2.4.104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 2D Video", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4Level42For3D = Add("1.2.840.10008.1.2.4.105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4Level42For3DFragmentable = Add("1.2.840.10008.1.2.4.105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 For 3D Video", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4StereoHigh = Add("1.2.840.10008.1.2.4.106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax Mpeg4StereoHighFragmentable = Add("1.2.840.10008.1.2.4.106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax HevcMain = Add("1.2.840.10008.1.2.4.107", "HEVC/H.265 Main Profile / Level 5.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax HevcMain10 = Add("1.2.840.10008.1.2.4.108", "HEVC/H.265 Main 10 Profile / Level 5.1", Traits.Encapsulated | Traits.Lossy | Traits.Video);
    public static readonly TransferSyntax JpegXlLossless = Add("1.2.840.10008.1.2.4.110", "JPEG XL Lossless", Traits.Encapsulated);
    public static readonly TransferSyntax JpegXlJpegRecompression = Add("1.2.840.10008.1.2.4.111", "JPEG XL JPEG Recompression", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax JpegXl = Add("1.2.840.10008.1.2.4.112", "JPEG XL", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax HtJpeg2000Lossless = Add("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Image Compression (Lossless Only)", Traits.Encapsulated);
    public static readonly TransferSyntax HtJpeg2000LosslessRpcl = Add("1.2.840.10008.1.2.4.202", "High-Throughput JPEG 2000 with RPCL Options Image Compression (Lossless Only)", Traits.Encapsulated);
    public static readonly TransferSyntax HtJpeg2000 = Add("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000 Image Compression", Traits.Encapsulated | Traits.Lossy);
    public static readonly TransferSyntax JpipHtj2kReferenced = Add("1.2.840.10008.1.2.4.204", "JPIP HTJ2K Referenced", Traits.None);
    public static readonly TransferSyntax JpipHtj2kReferencedDeflate = Add("1.2.840.10008.1.2.4.205", "JPIP HTJ2K Referenced Deflate", Traits.Deflated);
    public static readonly TransferSyntax RleLossless = Add("1.2.840.10008.1.2.5", "RLE Lossless", Traits.Encapsulated);
    public static readonly TransferSyntax Rfc2557Mime = Add("1.2.840.10008.1.2.6.1", "RFC 2557 MIME Encapsulation", Traits.Retired);
    public static readonly TransferSyntax XmlEncoding = Add("1.2.840.10008.1.2.6.2", "XML Encoding", Traits.Retired);
    public static readonly TransferSyntax Smpte2110ProgressiveVideo = Add("1.2.840.10008.1.2.7.1", "SMPTE ST 2110-20 Uncompressed Progressive Active Video", Traits.None);
    public static readonly TransferSyntax Smpte2110InterlacedVideo = Add("1.2.840.10008.1.2.7.2", "SMPTE ST 2110-20 Uncompressed Interlaced Active Video", Traits.None);
    public static readonly TransferSyntax Smpte2110Audio = Add("1.2.840.10008.1.2.7.3", "SMPTE ST 2110-30 PCM Digital Audio", Traits.None);
    public static readonly TransferSyntax DeflatedImageFrame = Add("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression", Traits.Encapsulated);
    public static readonly TransferSyntax Papyrus3 = Add("1.2.840.10008.1.20", "Papyrus 3 Implicit VR Little Endian", Traits.Implicit | Traits.Retired);

    /// <summary>GE's private syntax: implicit little endian with big-endian native pixel data.</summary>
    public static readonly TransferSyntax GePrivateImplicitBigEndianPixels = Add("1.2.840.113619.5.2", "Implicit VR Little Endian, big-endian pixels (GE private)", Traits.Implicit);

    /// <summary>All of the registry, by UID order of the standard.</summary>
    public static IReadOnlyList<TransferSyntax> All => Ordered;

    /// <summary>The syntax of a UID, or null where the registry does not hold it. Trailing NULs and spaces are ignored.</summary>
    public static TransferSyntax? Find(string? uid) =>
        uid is null ? null : ByUid.GetValueOrDefault(uid.AsSpan().TrimEnd("\0 ").Length == uid.Length ? uid : uid.TrimEnd('\0', ' '));

    /// <summary>The syntax of a UID in the bytes of a file, without allocating where it is registered.</summary>
    public static TransferSyntax? Find(ReadOnlySpan<byte> uid)
    {
        uid = uid.TrimEnd("\0 "u8);
        Span<char> chars = stackalloc char[64];
        if (uid.Length > chars.Length)
        {
            return null;
        }

        for (int i = 0; i < uid.Length; i++)
        {
            chars[i] = (char)uid[i];
        }

        return ByUid.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(chars[..uid.Length], out TransferSyntax? found) ? found : null;
    }

    /// <summary>The syntax of a UID; one that is unknown is taken as explicit little endian, encapsulated, as PS3.5 10.1 demands of private ones.</summary>
    public static TransferSyntax FindOrUnknown(string uid) =>
        Find(uid) ?? new TransferSyntax(uid.TrimEnd('\0', ' '), uid.TrimEnd('\0', ' '), Traits.Encapsulated | Traits.Unknown);

    public bool Equals(TransferSyntax? other) => other is not null && string.Equals(Uid, other.Uid, StringComparison.Ordinal);

    public override bool Equals(object? obj) => Equals(obj as TransferSyntax);

    public override int GetHashCode() => Uid.GetHashCode(StringComparison.Ordinal);

    public override string ToString() => Uid;

    private static TransferSyntax Add(string uid, string name, Traits traits)
    {
        var syntax = new TransferSyntax(uid, name, traits);
        ByUid.Add(uid, syntax);
        Ordered.Add(syntax);
        return syntax;
    }
}
