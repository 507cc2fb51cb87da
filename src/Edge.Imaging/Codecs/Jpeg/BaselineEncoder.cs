using System.Buffers;
using System.Numerics;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>
/// JPEG baseline of 8-bit grey and colour, and extended sequential of 8 and 12 bits (ISO/IEC 10918-1 annex F), no component subsampled, with the
/// quantization tables of annex K.
/// </summary>
internal static class BaselineEncoder
{
    // Tables K.1 and K.2, by rows.
    private static ReadOnlySpan<byte> Luminance =>
    [
        16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51, 87, 80, 62,
        18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101, 72, 92, 95, 98, 112, 100, 103, 99,
    ];

    private static ReadOnlySpan<byte> Chrominance =>
    [
        17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99, 99, 99, 99,
        99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    ];

    /// <summary>Encodes a frame; RGB becomes YCbCr.</summary>
    /// <param name="isExtended">Process 4, which holds up to 12 bits; else process 1.</param>
    /// <returns>The photometric interpretation of the result.</returns>
    public static string Encode(ImageDescription image, ReadOnlySpan<byte> frame, int quality, bool isExtended, ArrayBufferWriter<byte> output)
    {
        bool isColour = image.SamplesPerPixel == 3;
        int precision = image.BitsAllocated == 8 && image.BitsStored == 8 ? 8 : 12;
        if ((precision != 8 && !isExtended) || image.HighBit > 11 || image.HighBit != image.BitsStored - 1 || (isColour && precision != 8) || image.IsSigned || image.PhotometricName is "PALETTE COLOR"
            || (isColour && image.PhotometricName is not ("RGB" or "YBR_FULL" or "YBR_FULL_422")))
        {
            throw new ImageException(ErrorCode.NotImplemented, $"JPEG holds 8 bits without sign, extended grey of 12, not {image.PhotometricName} of {image.BitsStored} bits");
        }

        int components = image.SamplesPerPixel, width = image.Columns;
        int across = (width + 7) / 8, down = (image.Rows + 7) / 8;
        Span<byte> steps = stackalloc byte[128];
        Scale(Luminance, quality, steps[..64]);
        Scale(Chrominance, quality, steps[64..]);
        int[] planes = ArrayPool<int>.Shared.Rent(across * 64 * components);
        short[] coefficients = ArrayPool<short>.Shared.Rent(across * down * 64 * components);
        try
        {
            int at = 0;
            for (int row = 0; row < down; row++)
            {
                Load(image, frame, row * 8, across, precision, planes);
                for (int block = 0; block < across; block++)
                {
                    for (int i = 0; i < components; i++, at += 64)
                    {
                        Span<int> samples = planes.AsSpan(((block * components) + i) * 64, 64);
                        ForwardDct.Transform(samples, precision);
                        Quantize(samples, steps.Slice(i == 0 ? 0 : 64, 64), precision, coefficients.AsSpan(at, 64));
                    }
                }
            }

            Write(image, isExtended ? JpegHeader.Sof1 : JpegHeader.Sof0, precision, coefficients.AsSpan(0, at), steps, output);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(planes);
            ArrayPool<short>.Shared.Return(coefficients);
        }

        return isColour ? "YBR_FULL" : image.PhotometricName;
    }

    private static void Scale(ReadOnlySpan<byte> table, int quality, Span<byte> steps)
    {
        int scale = quality < 50 ? 5000 / quality : 200 - (2 * quality);
        for (int i = 0; i < 64; i++)
        {
            steps[i] = (byte)Math.Clamp(((table[i] * scale) + 50) / 100, 1, 255);
        }
    }

    // Blocks of eight rows; what is beyond the edge repeats it.
    private static void Load(ImageDescription image, ReadOnlySpan<byte> frame, int first, int across, int precision, Span<int> to)
    {
        int components = image.SamplesPerPixel, width = image.Columns, plane = width * image.Rows;
        (int pixelStep, int componentStep) = image.IsPlanar ? (1, plane) : (components, 1);
        bool isRgb = image.PhotometricName == "RGB";
        int shift = 1 << (precision - 1), most = (1 << precision) - 1;
        ReadOnlySpan<ushort> words = image.BitsAllocated == 16 ? System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ushort>(frame) : [];
        for (int y = 0; y < 8; y++)
        {
            int row = Math.Min(first + y, image.Rows - 1) * width;
            for (int x = 0; x < across * 8; x++)
            {
                int at = (row + Math.Min(x, width - 1)) * pixelStep;
                int place = ((x >> 3) * components * 64) + (8 * y) + (x & 7);
                if (components == 1)
                {
                    // What lies above the stored bits is no part of a sample.
                    to[place] = (words.IsEmpty ? frame[at] : words[at] & most) - shift;
                    continue;
                }

                int a = frame[at], b = frame[at + componentStep], c = frame[at + (2 * componentStep)];
                if (isRgb)
                {
                    (a, b, c) = (
                        ((19595 * a) + (38470 * b) + (7471 * c) + 32768) >> 16,
                        ((-11059 * a) - (21709 * b) + (32768 * c) + (128 << 16) + 32767) >> 16,
                        ((32768 * a) - (27439 * b) - (5329 * c) + (128 << 16) + 32767) >> 16);
                }

                (to[place], to[place + 64], to[place + 128]) = (a - 128, b - 128, c - 128);
            }
        }
    }

    private static void Quantize(ReadOnlySpan<int> samples, ReadOnlySpan<byte> steps, int precision, Span<short> to)
    {
        for (int k = 0; k < 64; k++)
        {
            int place = ZigZag.Order[k];
            int step = 8 * steps[place], value = samples[place];
            // Ten bits are the most an AC coefficient of 8-bit samples may have, 14 of 12 (table F.2); a DC difference has one more.
            int most = precision > 8 ? 16383 : k == 0 ? 1024 : 1023;
            to[k] = (short)Math.Clamp(value < 0 ? -(((step >> 1) - value) / step) : ((step >> 1) + value) / step, -most, most);
        }
    }

    private static void Write(ImageDescription image, int process, int precision, ReadOnlySpan<short> coefficients, ReadOnlySpan<byte> steps, ArrayBufferWriter<byte> output)
    {
        int components = image.SamplesPerPixel;
        (HuffmanCode dc, HuffmanCode ac) = BestCodes(coefficients, components);
        JpegWriter.Marker(output, 0xd8);
        if (components == 3)
        {
            JpegWriter.Segment(output, 0xee, [(byte)'A', (byte)'d', (byte)'o', (byte)'b', (byte)'e', 0, 100, 0, 0, 0, 0, 1]);
        }

        Span<byte> table = stackalloc byte[65];
        for (int i = 0; i < Math.Min(2, components); i++)
        {
            table[0] = (byte)i;
            for (int k = 0; k < 64; k++)
            {
                table[1 + k] = steps[(64 * i) + ZigZag.Order[k]];
            }

            JpegWriter.Segment(output, 0xdb, table);
        }

        JpegWriter.Frame(output, process, image, precision, [0, 1, 1]);
        JpegWriter.Huffman(output, 0x00, dc);
        JpegWriter.Huffman(output, 0x10, ac);
        JpegWriter.Scan(output, 0, components, [0, 0, 0], 0, 63, 0);
        JpegBitWriter writer = new(output);
        Span<int> predictions = stackalloc int[4];
        predictions.Clear();
        for (int at = 0, i = 0; at < coefficients.Length; at += 64, i = (i + 1) % components)
        {
            ReadOnlySpan<short> block = coefficients.Slice(at, 64);
            int difference = block[0] - predictions[i], run = 0;
            predictions[i] = block[0];
            writer.Write(dc.Codes[SizeOf(difference)], difference, SizeOf(difference));
            int last = block.LastIndexOfAnyExcept((short)0);
            for (int k = 1; k <= last; k++)
            {
                if (block[k] == 0)
                {
                    run++;
                    continue;
                }

                for (; run > 15; run -= 16)
                {
                    writer.Write(ac.Codes[0xf0], 0, 0);
                }

                int size = SizeOf(block[k]);
                writer.Write(ac.Codes[run << 4 | size], block[k], size);
                run = 0;
            }

            if (last < 63)
            {
                writer.Write(ac.Codes[0], 0, 0);
            }
        }

        writer.End();
        JpegWriter.Marker(output, 0xd9);
    }

    private static (HuffmanCode Dc, HuffmanCode Ac) BestCodes(ReadOnlySpan<short> coefficients, int components)
    {
        Span<long> dc = stackalloc long[16], ac = stackalloc long[256];
        dc.Clear();
        ac.Clear();
        Span<int> predictions = stackalloc int[4];
        predictions.Clear();
        for (int at = 0, i = 0; at < coefficients.Length; at += 64, i = (i + 1) % components)
        {
            ReadOnlySpan<short> block = coefficients.Slice(at, 64);
            dc[SizeOf(block[0] - predictions[i])]++;
            predictions[i] = block[0];
            int run = 0, last = block.LastIndexOfAnyExcept((short)0);
            for (int k = 1; k <= last; k++)
            {
                if (block[k] == 0)
                {
                    run++;
                    continue;
                }

                ac[0xf0] += run >> 4;
                ac[(run & 15) << 4 | SizeOf(block[k])]++;
                run = 0;
            }

            ac[0] += last < 63 ? 1 : 0;
        }

        ac[0] = Math.Max(1, ac[0]);
        return (HuffmanCode.Best(dc), HuffmanCode.Best(ac));
    }

    private static int SizeOf(int value) => 32 - BitOperations.LeadingZeroCount((uint)Math.Abs(value));
}
