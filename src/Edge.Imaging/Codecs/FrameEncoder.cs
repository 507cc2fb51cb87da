using System.Buffers;
using Edge.Core.Errors;
using Edge.Imaging.Codecs.Jpeg;
using Edge.Imaging.Codecs.Jpeg2000;
using Edge.Imaging.Codecs.JpegLossless;
using Edge.Imaging.Codecs.JpegLs;
using Edge.Imaging.Codecs.Rle;

namespace Edge.Imaging.Codecs;

/// <summary>How a frame is to be encoded.</summary>
public sealed record FrameEncoding
{
    /// <summary>The transfer syntax.</summary>
    public required string TransferSyntax { get; init; }

    /// <summary>The predictor of JPEG lossless, 1 to 7; <see cref="CompressedSyntax.JpegLosslessFirstOrder"/> is always 1.</summary>
    public int Predictor { get; init; } = 6;

    /// <summary>The greatest deviation of near-lossless JPEG-LS, in sample values.</summary>
    public int Near { get; init; } = 2;

    /// <summary>1 to 100, of lossy JPEG and JPEG 2000.</summary>
    public int Quality { get; init; } = 90;
}

/// <summary>Encodes frames of native pixel data. Any thread may call it.</summary>
public static class FrameEncoder
{
    /// <summary>Whether frames can be encoded to a transfer syntax.</summary>
    public static bool CanEncode(string transferSyntax) => transferSyntax is CompressedSyntax.Rle or CompressedSyntax.JpegBaseline or CompressedSyntax.JpegExtended
        or CompressedSyntax.JpegLossless or CompressedSyntax.JpegLosslessFirstOrder or CompressedSyntax.JpegLsLossless or CompressedSyntax.JpegLsNearLossless
        or CompressedSyntax.Jpeg2000Lossless or CompressedSyntax.Jpeg2000;

    /// <summary>Appends the codestream of a frame to <paramref name="output"/>.</summary>
    /// <param name="encoding">To what.</param>
    /// <param name="image">The attributes of the frame; 8 or 16 bits allocated, little endian.</param>
    /// <param name="frame">Its native bytes, as <paramref name="image"/> lays them out.</param>
    /// <returns>The photometric interpretation that the encoded samples have: the image's, but for RGB: lossy JPEG makes it <c>YBR_FULL</c>, JPEG 2000 <c>YBR_RCT</c> or <c>YBR_ICT</c>.</returns>
    /// <exception cref="ImageException"><see cref="ErrorCode.NotImplemented"/>: this image cannot be encoded so; <see cref="ErrorCode.ParameterOutOfRange"/>: an option; <see cref="ErrorCode.CorruptedFile"/>: the frame is short.</exception>
    public static string Encode(FrameEncoding encoding, ImageDescription image, ReadOnlySpan<byte> frame, ArrayBufferWriter<byte> output)
    {
        image.Validate();
        if (image.BitsAllocated is not (8 or 16) || image.SamplesPerPixel is not (1 or 3) || image.IsBigEndian || !CanEncode(encoding.TransferSyntax))
        {
            throw new ImageException(ErrorCode.NotImplemented, $"{image.SamplesPerPixel} samples of {image.BitsAllocated} bits cannot be encoded to {encoding.TransferSyntax}");
        }

        if (frame.Length < image.FrameBits / 8)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"the frame ends after {frame.Length} of {image.FrameBits / 8} bytes");
        }

        frame = frame[..(int)(image.FrameBits / 8)];
        switch (encoding.TransferSyntax)
        {
            case CompressedSyntax.Rle:
                RleEncoder.Encode(image, frame, output);
                return image.PhotometricName;
            case CompressedSyntax.JpegLossless:
                LosslessEncoder.Encode(image, frame, Demand(encoding.Predictor, 1, 7, "predictor"), output);
                return image.PhotometricName;
            case CompressedSyntax.JpegLosslessFirstOrder:
                LosslessEncoder.Encode(image, frame, 1, output);
                return image.PhotometricName;
            case CompressedSyntax.JpegBaseline or CompressedSyntax.JpegExtended:
                return BaselineEncoder.Encode(image, frame, Demand(encoding.Quality, 1, 100, "quality"), encoding.TransferSyntax == CompressedSyntax.JpegExtended, output);
            case CompressedSyntax.Jpeg2000Lossless:
                return J2kEncoder.Encode(image, frame, null, output);
            case CompressedSyntax.Jpeg2000:
                return J2kEncoder.Encode(image, frame, Demand(encoding.Quality, 1, 100, "quality"), output);
            default:
                int near = encoding.TransferSyntax == CompressedSyntax.JpegLsLossless ? 0 : Demand(encoding.Near, 0, 255, "deviation");
                JpegLsEncoder.Encode(image, frame, near, output);
                return image.PhotometricName;
        }
    }

    private static int Demand(int value, int least, int most, string name) => value >= least && value <= most
        ? value
        : throw new ImageException(ErrorCode.ParameterOutOfRange, $"a {name} of {value} is not between {least} and {most}");

    /// <summary>
    /// The bits of a sample that must be coded so that nothing of the cell is lost: those up to the high bit; all of them with a sign
    /// or where something lies above the high bit, as overlays of old do.
    /// </summary>
    internal static int PrecisionOf(ImageDescription image, ReadOnlySpan<byte> frame)
    {
        int bits = Math.Max(2, image.HighBit + 1);
        if (image.BitsAllocated == 8 || bits == 16)
        {
            return image.BitsAllocated == 8 ? 8 : bits;
        }

        int above = 0;
        int mask = 0xffff << bits & 0xffff;
        foreach (ushort cell in System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(frame))
        {
            above |= cell & mask;
        }

        return above == 0 ? bits : 16;
    }
}
