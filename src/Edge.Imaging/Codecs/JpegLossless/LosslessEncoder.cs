using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Codecs.JpegLossless;

/// <summary>Lossless JPEG (ISO/IEC 10918-1 annex H) in two passes: the Huffman table is the best one for the frame.</summary>
internal static class LosslessEncoder
{
    public static void Encode(ImageDescription image, ReadOnlySpan<byte> frame, int predictor, ArrayBufferWriter<byte> output)
    {
        int width = image.Columns, components = image.SamplesPerPixel, precision = FrameEncoder.PrecisionOf(image, frame);
        int samples = width * image.Rows * components;
        short[] differences = ArrayPool<short>.Shared.Rent(samples);
        using PixelBuffer rows = new(width, 2, PixelFormat.Gray16);
        long[] frequencies = ArrayPool<long>.Shared.Rent(17);
        try
        {
            frequencies.AsSpan(0, 17).Clear();
            for (int component = 0; component < components; component++)
            {
                for (int y = 0; y < image.Rows; y++)
                {
                    Span<ushort> row = rows.Samples<ushort>().Slice((y & 1) * width, width);
                    ReadOnlySpan<ushort> above = rows.Samples<ushort>().Slice((1 - (y & 1)) * width, width);
                    SampleRows.Load(image, frame, y, component, (1 << precision) - 1, row);
                    Span<short> to = differences.AsSpan(y * width * components, width * components);
                    Subtract(y == 0 ? 1 : predictor, y == 0 ? 1 << (precision - 1) : above[0], row, above, to[component..], components);
                }
            }

            foreach (short difference in differences.AsSpan(0, samples))
            {
                frequencies[SizeOf(difference)]++;
            }

            HuffmanCode code = HuffmanCode.Best(frequencies.AsSpan(0, 17));
            JpegWriter.Marker(output, 0xd8);
            JpegWriter.Frame(output, JpegHeader.Sof3, image, precision, [0, 0, 0]);
            JpegWriter.Huffman(output, 0, code);
            JpegWriter.Scan(output, 0, components, [0, 0, 0], predictor, 0, 0);
            Write(code, differences.AsSpan(0, samples), output);
            JpegWriter.Marker(output, 0xd9);
        }
        finally
        {
            ArrayPool<short>.Shared.Return(differences);
            ArrayPool<long>.Shared.Return(frequencies);
        }
    }

    private static void Write(HuffmanCode code, ReadOnlySpan<short> differences, ArrayBufferWriter<byte> output)
    {
        JpegBitWriter writer = new(output);
        uint[] codes = code.Codes;
        foreach (short difference in differences)
        {
            // A difference of 16 bits is 32768, which has no bits.
            int size = SizeOf(difference);
            writer.Write(codes[size], difference, size & 15);
        }

        writer.End();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SizeOf(short difference) => 32 - BitOperations.LeadingZeroCount((uint)Math.Abs((int)difference));

    private static void Subtract(int predictor, int first, ReadOnlySpan<ushort> row, ReadOnlySpan<ushort> above, Span<short> to, int step)
    {
        to[0] = (short)(row[0] - first);
        for (int x = 1, at = step; x < row.Length; x++, at += step)
        {
            int a = row[x - 1], b = above[x], c = above[x - 1];
            int predicted = predictor switch
            {
                1 => a,
                2 => b,
                3 => c,
                4 => a + b - c,
                5 => a + ((b - c) >> 1),
                6 => b + ((a - c) >> 1),
                _ => (a + b) >> 1,
            };
            to[at] = (short)(row[x] - predicted);
        }
    }
}
