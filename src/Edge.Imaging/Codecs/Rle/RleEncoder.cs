using System.Buffers;
using System.Buffers.Binary;

namespace Edge.Imaging.Codecs.Rle;

/// <summary>RLE (PS3.5 annex G.4): rows are packed each for itself, as G.3.1 asks.</summary>
internal static class RleEncoder
{
    private const int HeaderSize = 64;

    public static void Encode(ImageDescription image, ReadOnlySpan<byte> frame, ArrayBufferWriter<byte> output)
    {
        int bytes = image.BitsAllocated / 8;
        int components = image.SamplesPerPixel;
        int segments = components * bytes;
        int width = image.Columns;
        Span<byte> header = stackalloc byte[HeaderSize];
        header.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, (uint)segments);
        int start = output.WrittenCount;
        output.Write(header);
        byte[] row = ArrayPool<byte>.Shared.Rent(width);
        int[] starts = new int[segments];
        for (int segment = 0; segment < segments; segment++)
        {
            starts[segment] = output.WrittenCount - start;
            int component = segment / bytes;
            int place = bytes - 1 - (segment % bytes);
            (int first, int step) = image.IsPlanar
                ? ((component * width * image.Rows * bytes) + place, bytes)
                : ((component * bytes) + place, bytes * components);
            for (int y = 0; y < image.Rows; y++)
            {
                int at = first + (y * width * step);
                for (int x = 0; x < width; x++, at += step)
                {
                    row[x] = frame[at];
                }

                Pack(row.AsSpan(0, width), output);
            }

            if (((output.WrittenCount - start) & 1) != 0)
            {
                output.Write<byte>([0]);
            }
        }

        ArrayPool<byte>.Shared.Return(row);
        Span<byte> written = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory).Span[start..];
        for (int segment = 0; segment < segments; segment++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(written[(4 + (4 * segment))..], starts[segment]);
        }
    }

    private static void Pack(ReadOnlySpan<byte> row, ArrayBufferWriter<byte> output)
    {
        // A row never grows by more than one byte in 128, and one.
        Span<byte> to = output.GetSpan(row.Length + (row.Length / 128) + 2);
        int written = 0, literal = 0;
        for (int at = 0; at <= row.Length;)
        {
            int run = at < row.Length ? RunLength(row[at..]) : 0;
            if (run < 3 && at < row.Length)
            {
                at += Math.Max(run, 1);
                continue;
            }

            while (literal < at)
            {
                int count = Math.Min(128, at - literal);
                to[written++] = (byte)(count - 1);
                row.Slice(literal, count).CopyTo(to[written..]);
                written += count;
                literal += count;
            }

            if (run == 0)
            {
                break;
            }

            to[written++] = (byte)(1 - run);
            to[written++] = row[at];
            at += run;
            literal = at;
        }

        output.Advance(written);
    }

    private static int RunLength(ReadOnlySpan<byte> bytes)
    {
        int end = bytes[..Math.Min(bytes.Length, 128)].IndexOfAnyExcept(bytes[0]);
        return end < 0 ? Math.Min(bytes.Length, 128) : end;
    }
}
