using Edge.Core.Errors;
using Edge.Imaging.Codecs.Jpeg;
using Edge.Imaging.Codecs.Jpeg2000;
using Edge.Imaging.Codecs.JpegLs;
using Edge.Imaging.Codecs.Rle;

namespace Edge.Imaging.Codecs;

/// <summary>Decodes one frame of a compressed transfer syntax. Any thread may call it; nothing but pooled buffers is kept.</summary>
public static class FrameDecoder
{
    /// <summary>Whether frames of a transfer syntax are decoded here. Uncompressed ones are <see cref="Native.NativeDecoder"/>'s.</summary>
    public static bool CanDecode(string transferSyntax) => CompressedSyntax.FamilyOf(transferSyntax) is not null;

    /// <summary>Decodes a frame to pixels as the data set means them: sign, stored bits and palette applied, colour as RGB.</summary>
    /// <param name="transferSyntax">Its UID.</param>
    /// <param name="image">The attributes of the data set.</param>
    /// <param name="codestream">The fragments of the frame, joined; bytes after the end of the image are ignored.</param>
    /// <exception cref="ImageException">
    /// <see cref="ErrorCode.NotImplemented"/>: not decodable; <see cref="ErrorCode.IncompatibleImageSize"/>: the codestream's dimensions
    /// are not the data set's; <see cref="ErrorCode.CorruptedFile"/>: the codestream is faulty or ends too early.
    /// </exception>
    public static PixelBuffer Decode(string transferSyntax, ImageDescription image, ReadOnlySpan<byte> codestream)
    {
        CodedSamples samples = DecodeSamples(transferSyntax, image, codestream);
        return SampleInterpreter.Interpret(image, samples);
    }

    /// <summary>Decodes a frame to the samples of the codestream as they are, colour included: what transcoding needs.</summary>
    /// <exception cref="ImageException">As <see cref="Decode"/>.</exception>
    public static CodedSamples DecodeSamples(string transferSyntax, ImageDescription image, ReadOnlySpan<byte> codestream)
    {
        image.Validate();
        return CompressedSyntax.FamilyOf(transferSyntax) switch
        {
            CodecFamily.Rle => RleDecoder.Decode(image, codestream),
            CodecFamily.Jpeg => JpegDecoder.Decode(image, codestream),
            CodecFamily.JpegLs => JpegLsDecoder.Decode(image, codestream),
            CodecFamily.Jpeg2000 => J2kDecoder.Decode(image, codestream),
            _ => throw new ImageException(ErrorCode.NotImplemented, $"frames of transfer syntax {transferSyntax} are not decodable"),
        };
    }
}

/// <summary>Samples as a codestream holds them, interleaved by pixel, in cells of 8, 16 or 32 bits without sign. Dispose the cells.</summary>
/// <param name="Cells">Gray8, Gray16, Gray32, Rgb24 or Rgb48, whatever the three components mean.</param>
/// <param name="Precision">The bits of a sample.</param>
/// <param name="IsYbr">Whether the three components are Y, Cb and Cr.</param>
public readonly record struct CodedSamples(PixelBuffer Cells, int Precision, bool IsYbr);
