using System.Buffers;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Codecs.JpegLossless;

/// <summary>Lossless JPEG (ISO/IEC 10918-1 annex H) in two passes: the Huffman table is the best one for the frame.</summary>
internal static class LosslessEncoder
{
    /// <summary>Differences below this have a word of their own.</summary>
    private const int Tabled = 2048;

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

            Count(differences.AsSpan(0, samples), frequencies);

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

    private static void Count(ReadOnlySpan<short> differences, Span<long> frequencies)
    {
        // Four tables, since a size is mostly that of the one before.
        Span<int> counts = stackalloc int[4 * 32];
        counts.Clear();
        int i = 0;
        for (; i <= differences.Length - 4; i += 4)
        {
            counts[SizeOf(differences[i])]++;
            counts[32 + SizeOf(differences[i + 1])]++;
            counts[64 + SizeOf(differences[i + 2])]++;
            counts[96 + SizeOf(differences[i + 3])]++;
        }

        for (; i < differences.Length; i++)
        {
            counts[SizeOf(differences[i])]++;
        }

        for (int size = 0; size <= 16; size++)
        {
            frequencies[size] = (long)counts[size] + counts[32 + size] + counts[64 + size] + counts[96 + size];
        }
    }

    private static void Write(HuffmanCode code, ReadOnlySpan<short> differences, ArrayBufferWriter<byte> output)
    {
        // By difference: code and bits, above 5 bits of their length. They have at most 16 and 11 bits.
        uint[] words = ArrayPool<uint>.Shared.Rent(2 * Tabled);
        for (int difference = -Tabled; difference < Tabled; difference++)
        {
            int size = SizeOf((short)difference), length = (int)code.Codes[Math.Min(size, 16)] & 31;
            uint bits = (uint)(difference + (difference >> 31)) & ((1u << size) - 1);
            words[difference + Tabled] = size > 11 ? 0 : ((code.Codes[size] >> 5 << size) | bits) << 5 | (uint)(length + size);
        }

        JpegBitWriter writer = new(output);
        ref uint table = ref words[Tabled];
        ulong pending = 0;
        int free = 64, i = 0;
        for (; i < differences.Length - 1; i += 2)
        {
            int one = differences[i], two = differences[i + 1];
            if ((uint)(one + Tabled - 1) >= (2 * Tabled) - 1 || (uint)(two + Tabled - 1) >= (2 * Tabled) - 1)
            {
                writer.Resume(pending, free);
                WriteOne(ref writer, code, (short)one);
                WriteOne(ref writer, code, (short)two);
                (pending, free) = writer.Pause();
                continue;
            }

            uint first = Unsafe.Add(ref table, one), second = Unsafe.Add(ref table, two);
            int length = (int)(second & 31), both = (int)(first & 31) + length;
            if (both > free)
            {
                (pending, free) = writer.Drain(pending, free);
            }

            free -= both;
            pending |= (((ulong)(first >> 5) << length) | (second >> 5)) << free;
        }

        writer.Resume(pending, free);
        if (i < differences.Length)
        {
            WriteOne(ref writer, code, differences[i]);
        }

        writer.End();
        ArrayPool<uint>.Shared.Return(words);
    }

    private static void WriteOne(ref JpegBitWriter writer, HuffmanCode code, short difference)
    {
        // A difference of 16 bits is 32768, which has no bits.
        int size = SizeOf(difference);
        writer.Write(code.Codes[size], difference, size & 15);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int SizeOf(short difference)
    {
        int sign = difference >> 15;
        return 32 - BitOperations.LeadingZeroCount((uint)((difference ^ sign) - sign));
    }

    private static void Subtract(int predictor, int first, ReadOnlySpan<ushort> row, ReadOnlySpan<ushort> above, Span<short> to, int step)
    {
        to[0] = (short)(row[0] - first);
        int x = 1;
        ref ushort current = ref MemoryMarshal.GetReference(row);
        ref ushort upper = ref MemoryMarshal.GetReference(above);
        for (; step == 1 && x <= row.Length - 8; x += 8)
        {
            Vector128<ushort> value = Vector128.LoadUnsafe(ref current, (nuint)x), a = Vector128.LoadUnsafe(ref current, (nuint)x - 1);
            Vector128<ushort> b = Vector128.LoadUnsafe(ref upper, (nuint)x), c = Vector128.LoadUnsafe(ref upper, (nuint)x - 1);
            (value - Predict(predictor, a, b, c)).AsInt16().CopyTo(to[x..]);
        }

        for (int at = x * step; x < row.Length; x++, at += step)
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

    // Modulo 65536, as differences are.
    private static Vector128<ushort> Predict(int predictor, Vector128<ushort> a, Vector128<ushort> b, Vector128<ushort> c) => predictor switch
    {
        1 => a,
        2 => b,
        3 => c,
        4 => a + b - c,
        5 => a + HalfDifference(b, c),
        6 => b + HalfDifference(a, c),
        _ => (a & b) + ((a ^ b) >>> 1),
    };

    // Of 17 bits, halved towards minus infinity: (a - c) >> 1 is the half of what differs, less what only c has.
    private static Vector128<ushort> HalfDifference(Vector128<ushort> a, Vector128<ushort> c) => ((a ^ c) >>> 1) - (~a & c);
}
