using System.Buffers;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000.HighThroughput;

/// <summary>Code blocks of high throughput: from their chunks to the coefficients of a band.</summary>
internal static class HtBlocks
{
    [ThreadStatic]
    private static HtBlockDecoder? _decoder;

    /// <summary>Decodes a block into its place.</summary>
    /// <param name="target">The coefficients of the band: integers, or the bits of floating-point numbers.</param>
    public static void Decode(in CodeBlock block, Band band, CodingStyle style, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<byte> data, Span<int> target)
    {
        int length = 0;
        for (int at = block.First; at >= 0; at = chunks[at].Next)
        {
            length += chunks[at].Length;
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(Math.Max(1, length));
        try
        {
            int first = Gather(block, chunks, data, bytes);
            HtBlockDecoder decoder = _decoder ??= new HtBlockDecoder();
            int placeholders = block.Placeholders, plane = band.Planes - block.ZeroPlanes - 1 - placeholders;
            bool isCausal = (style.Style & BlockStyle.Causal) != 0;
            decoder.Decode(bytes.AsSpan(0, first), bytes.AsSpan(first, length - first), block.Width, block.Height, block.Passes - (3 * placeholders), plane, band.Planes, isCausal);
            for (int y = 0; y < block.Height; y++)
            {
                ReadOnlySpan<int> row = decoder.Row(y)[..block.Width];
                Span<int> to = target.Slice(((block.Y + y) * band.Width) + block.X, block.Width);
                if (style.IsReversible)
                {
                    Halve(row, to);
                }
                else
                {
                    Scale(row, band.HalfStep, MemoryMarshal.Cast<int, float>(to));
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    // Gives the length of the segment of the cleanup pass: the one that the placeholders precede.
    private static int Gather(in CodeBlock block, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<byte> data, Span<byte> bytes)
    {
        int length = 0, cleanup = 0, pass = 0;
        for (int at = block.First; at >= 0; at = chunks[at].Next)
        {
            Chunk chunk = chunks[at];
            data.Slice(chunk.Offset, chunk.Length).CopyTo(bytes[length..]);
            length += chunk.Length;
            cleanup = pass <= 3 * block.Placeholders ? length : cleanup;
            pass += chunk.Passes;
        }

        return cleanup;
    }

    // Towards zero.
    private static void Halve(ReadOnlySpan<int> from, Span<int> to)
    {
        int i = 0;
        for (; i <= from.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector<int> value = new(from[i..]);
            ((value - (value >> 31)) >> 1).CopyTo(to[i..]);
        }

        for (; i < from.Length; i++)
        {
            to[i] = (from[i] + (from[i] >>> 31)) >> 1;
        }
    }

    private static void Scale(ReadOnlySpan<int> from, float step, Span<float> to)
    {
        for (int i = 0; i < from.Length; i++)
        {
            to[i] = from[i] * step;
        }
    }
}
