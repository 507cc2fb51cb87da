using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging.Codecs.Native;

namespace Edge.Imaging.Codecs;

/// <summary>Makes pixels of a codestream's samples: the precision is the codestream's, what the bits mean is the data set's.</summary>
internal static class SampleInterpreter
{
    /// <summary>Takes the cells over.</summary>
    public static PixelBuffer Interpret(ImageDescription image, CodedSamples samples)
    {
        PixelBuffer cells = samples.Cells;
        PixelBuffer? result = null;
        try
        {
            return result = cells.Format.IsColour() ? Colour(image, samples) : Gray(image, samples);
        }
        finally
        {
            if (!ReferenceEquals(result, cells))
            {
                cells.Dispose();
            }
        }
    }

    private static PixelBuffer Colour(ImageDescription image, CodedSamples samples)
    {
        if (image.IsSigned)
        {
            throw new ImageException(ErrorCode.NotImplemented, "colour with a sign is not decodable");
        }

        if (samples.IsYbr)
        {
            YbrConversion.ToRgb(samples.Cells, samples.Precision);
        }

        return samples.Cells;
    }

    private static PixelBuffer Gray(ImageDescription image, CodedSamples samples)
    {
        PixelBuffer cells = samples.Cells;
        // A codestream of more bits than the data set allocates is believed; of no more than are stored, it has them at the bottom.
        int allocated = 8 * cells.Format.BytesPerPixel();
        int stored = image.BitsAllocated < samples.Precision ? samples.Precision : Math.Min(image.BitsStored, allocated);
        int high = samples.Precision <= image.HighBit || image.BitsAllocated < samples.Precision ? stored - 1 : Math.Min(image.HighBit, allocated - 1);
        ImageDescription meaning = image with { BitsAllocated = allocated, BitsStored = stored, HighBit = Math.Max(high, stored - 1), IsBigEndian = false, IsPlanar = false, IsOtherWord = false, NumberOfFrames = 1 };
        PixelFormat format = NativeDecoder.FormatOf(meaning)
            ?? throw new ImageException(ErrorCode.NotImplemented, $"{image.PhotometricName} of {image.BitsStored} of {image.BitsAllocated} bits is not decodable");

        // 8-bit samples with a sign that a wider cell was meant to hold do not lose it, and 16-bit cells of few bits become bytes.
        if (format == cells.Format && stored == allocated)
        {
            return cells;
        }

        if (format is PixelFormat.Gray16 or PixelFormat.SignedGray16 && cells.Format == PixelFormat.Gray16 && format == cells.Format)
        {
            Span<ushort> values = cells.Samples<ushort>();
            SampleUnpacker.Unpack16(meaning, values, values);
            return cells;
        }

        return NativeDecoder.Decode(meaning, cells.Bytes);
    }

    /// <summary>The cells for a frame of a codestream.</summary>
    /// <exception cref="ImageException">No such cells.</exception>
    public static PixelBuffer CellsFor(int width, int height, int components, int precision) => new(width, height, (components, precision) switch
    {
        (1, <= 8) => PixelFormat.Gray8,
        (1, <= 16) => PixelFormat.Gray16,
        (1, <= 32) => PixelFormat.Gray32,
        (3, <= 8) => PixelFormat.Rgb24,
        (3, <= 16) => PixelFormat.Rgb48,
        _ => throw new ImageException(ErrorCode.NotImplemented, $"{components} components of {precision} bits are not decodable"),
    });

    /// <summary>Demands that a codestream has the data set's dimensions: nothing is allocated by what a codestream claims.</summary>
    public static void DemandSize(ImageDescription image, int width, int height, int components)
    {
        if (width != image.Columns || height != image.Rows)
        {
            throw new ImageException(ErrorCode.IncompatibleImageSize, $"the codestream is of {width} x {height} pixels, the image of {image.Columns} x {image.Rows}");
        }

        if (components != image.SamplesPerPixel)
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, $"the codestream has {components} components, the image {image.SamplesPerPixel}");
        }
    }

}
