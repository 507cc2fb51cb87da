namespace Edge.Imaging.Codecs;

/// <summary>Codecs of this assembly.</summary>
internal enum CodecFamily
{
    /// <summary>PS3.5 annex G.</summary>
    Rle,

    /// <summary>ISO/IEC 10918-1: sequential and progressive DCT, lossless.</summary>
    Jpeg,

    /// <summary>ISO/IEC 14495-1.</summary>
    JpegLs,

    /// <summary>ISO/IEC 15444-1, and 15444-15 on the way in.</summary>
    Jpeg2000,
}

/// <summary>UIDs of compressed transfer syntaxes (PS3.6 table A-1).</summary>
public static class CompressedSyntax
{
    /// <summary>RLE lossless.</summary>
    public const string Rle = "1.2.840.10008.1.2.5";

    /// <summary>JPEG baseline (process 1): 8 bits.</summary>
    public const string JpegBaseline = "1.2.840.10008.1.2.4.50";

    /// <summary>JPEG extended (processes 2 and 4): 8 and 12 bits.</summary>
    public const string JpegExtended = "1.2.840.10008.1.2.4.51";

    /// <summary>JPEG lossless, any predictor (process 14).</summary>
    public const string JpegLossless = "1.2.840.10008.1.2.4.57";

    /// <summary>JPEG lossless, predictor 1 (process 14, selection value 1).</summary>
    public const string JpegLosslessFirstOrder = "1.2.840.10008.1.2.4.70";

    /// <summary>JPEG-LS lossless.</summary>
    public const string JpegLsLossless = "1.2.840.10008.1.2.4.80";

    /// <summary>JPEG-LS near-lossless.</summary>
    public const string JpegLsNearLossless = "1.2.840.10008.1.2.4.81";

    /// <summary>JPEG 2000, lossless.</summary>
    public const string Jpeg2000Lossless = "1.2.840.10008.1.2.4.90";

    /// <summary>JPEG 2000, lossless or lossy; here it is encoded with loss.</summary>
    public const string Jpeg2000 = "1.2.840.10008.1.2.4.91";

    /// <summary>High-throughput JPEG 2000, lossless.</summary>
    public const string HtJpeg2000Lossless = "1.2.840.10008.1.2.4.201";

    /// <summary>The same, resolution by resolution.</summary>
    public const string HtJpeg2000LosslessRpcl = "1.2.840.10008.1.2.4.202";

    /// <summary>High-throughput JPEG 2000, lossless or lossy.</summary>
    public const string HtJpeg2000 = "1.2.840.10008.1.2.4.203";

    internal static CodecFamily? FamilyOf(string transferSyntax) => transferSyntax switch
    {
        Rle => CodecFamily.Rle,
        JpegLsLossless or JpegLsNearLossless => CodecFamily.JpegLs,
        Jpeg2000Lossless or Jpeg2000 or HtJpeg2000Lossless or HtJpeg2000LosslessRpcl or HtJpeg2000 => CodecFamily.Jpeg2000,
        // The retired processes (PS3.6, .52 to .66) that are Huffman coded and not hierarchical; the codestream says what it is.
        JpegBaseline or JpegExtended or JpegLossless or JpegLosslessFirstOrder
            or "1.2.840.10008.1.2.4.53" or "1.2.840.10008.1.2.4.55" or "1.2.840.10008.1.2.4.58" => CodecFamily.Jpeg,
        _ => null,
    };
}
