using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Native;

/// <summary>Decodes uncompressed frames (PS3.5 8.1.1, 8.2; annex D): shift, mask, sign, byte order, planes and palettes are resolved, YCbCr becomes RGB.</summary>
public static class NativeDecoder
{
    /// <summary>The form in which a frame is decoded, or null if it cannot be: what Orthanc answers with 415.</summary>
    /// <exception cref="ImageException">The description is faulty.</exception>
    public static PixelFormat? FormatOf(ImageDescription image)
    {
        image.Validate();
        return (image.PhotometricName, image.SamplesPerPixel) switch
        {
            ("MONOCHROME1" or "MONOCHROME2", 1) => Gray(image),
            ("RGB", 3) when !image.IsSigned => image.BitsAllocated switch
            {
                8 => PixelFormat.Rgb24,
                16 => PixelFormat.Rgb48,
                _ => null,
            },
            ("YBR_FULL" or "YBR_FULL_422", 3) when !image.IsSigned && !image.IsSubsampled => image.BitsAllocated switch
            {
                8 => PixelFormat.Rgb24,
                16 => PixelFormat.Rgb48,
                _ => null,
            },
            ("YBR_FULL_422", 3) when !image.IsSigned => image.BitsAllocated == 8 && image.BitsStored == 8 && (image.Columns & 1) == 0 ? PixelFormat.Rgb24 : null,
            ("PALETTE COLOR", 1) => PaletteDecoder.FormatOf(image),
            _ => null,
        };
    }

    /// <summary>Decodes one frame.</summary>
    /// <param name="image">How to read it.</param>
    /// <param name="frame">Its bytes; more than needed is allowed (padding).</param>
    /// <param name="firstBit">Where it begins in the first byte, 0 to 7: <see cref="FramePosition.FirstBit"/>.</param>
    /// <exception cref="ImageException">It is not decodable (<see cref="ErrorCode.NotImplemented"/>), or the description or the length is faulty.</exception>
    public static PixelBuffer Decode(ImageDescription image, ReadOnlySpan<byte> frame, int firstBit = 0)
    {
        PixelFormat format = FormatOf(image) ?? throw new ImageException(
            ErrorCode.NotImplemented,
            $"{image.PhotometricName} of {image.SamplesPerPixel} samples of {image.BitsStored} of {image.BitsAllocated} bits is not decodable");
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)firstBit, 7u);
        if (frame.Length < (firstBit + image.FrameBits + 7) >> 3)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"the frame ends after {frame.Length} of {(image.FrameBits + 7) >> 3} bytes");
        }

        PixelBuffer pixels = new(image.Columns, image.Rows, format);
        try
        {
            Decode(image, frame, firstBit, pixels);
            return pixels;
        }
        catch
        {
            pixels.Dispose();
            throw;
        }
    }

    private static void Decode(ImageDescription image, ReadOnlySpan<byte> frame, int firstBit, PixelBuffer pixels)
    {
        if (image.IsBigEndian && image.IsOtherWord && image.BitsAllocated < 16)
        {
            using PixelBuffer swapped = SwapPairs(image, frame);
            Unpack(image, swapped.Bytes, firstBit, pixels);
        }
        else if (image.PhotometricName == "PALETTE COLOR")
        {
            PaletteDecoder.Decode(image, frame, pixels);
        }
        else
        {
            Unpack(image, frame, firstBit, pixels);
        }
    }

    private static void Unpack(ImageDescription image, ReadOnlySpan<byte> frame, int firstBit, PixelBuffer pixels)
    {
        if (image.IsSubsampled)
        {
            SampleUnpacker.Expand(frame, pixels.Bytes);
        }
        else
        {
            SampleUnpacker.Unpack(image, frame, firstBit, pixels);
        }

        if (image.SamplesPerPixel == 3 && image.PhotometricName != "RGB")
        {
            YbrConversion.ToRgb(pixels, image.BitsStored);
        }
    }

    private static PixelFormat? Gray(ImageDescription image) => (image.BitsAllocated, image.IsSigned) switch
    {
        (1, _) => PixelFormat.Gray8,
        (8, false) => PixelFormat.Gray8,
        (8, true) => PixelFormat.SignedGray16,
        (16, false) => image.BitsStored <= 8 ? PixelFormat.Gray8 : PixelFormat.Gray16,
        (16, true) => PixelFormat.SignedGray16,
        (_, false) => PixelFormat.Gray32,
        (_, true) => PixelFormat.SignedGray32,
    };

    // The first byte of a pair is the second sample. A frame that begins or ends in the middle of a pair needs its neighbour, which is not here.
    private static PixelBuffer SwapPairs(ImageDescription image, ReadOnlySpan<byte> frame)
    {
        int needed = (int)((image.FrameBits + 7) >> 3);
        int even = (needed + 1) & ~1;
        if (frame.Length < even || (image.NumberOfFrames > 1 && (image.FrameBits & 15) != 0) || image.PhotometricName == "PALETTE COLOR")
        {
            throw new ImageException(ErrorCode.NotImplemented, "big endian samples of 8 bits in OW with frames of odd length are not decodable");
        }

        PixelBuffer swapped = new(even, 1, PixelFormat.Gray8);
        Span<byte> to = swapped.Bytes;
        for (int i = 0; i < even; i += 2)
        {
            (to[i], to[i + 1]) = (frame[i + 1], frame[i]);
        }

        return swapped;
    }
}
