using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000.HighThroughput;

/// <summary>
/// Decodes code blocks of high throughput (ITU-T T.814, ISO/IEC 15444-15, clause 7): a cleanup pass, and the two passes that refine it by one
/// bit-plane. Coefficients are twice their value, with the middle of what is not known of them added, as those of <see cref="BlockDecoder"/>. One
/// per thread.
/// </summary>
internal sealed class HtBlockDecoder
{
    /// <summary>Lengths of the second part of a cleanup segment end here (7.1.1).</summary>
    private const int MostSuffix = 4079;

    /// <summary>Bit-planes that 32 bits hold beside a sign and the middle of the last.</summary>
    private const int MostPlanes = 30;

    private const byte Significant = 1;
    private const byte SignificantByCleanup = 3;

    private int[] _values = [];
    private uint[] _line = [];
    private byte[] _quads = [];
    private byte[] _flags = [];
    private int _stride;

    /// <summary>What prefixes of exponents say: bits 0 to 1 their length, 2 to 4 that of their suffix, 5 on the value (table 3).</summary>
    private static ReadOnlySpan<byte> Prefixes => [3 | 5 << 2 | 5 << 5, 1 | 1 << 5, 2 | 2 << 5, 1 | 1 << 5, 3 | 1 << 2 | 3 << 5, 1 | 1 << 5, 2 | 2 << 5, 1 | 1 << 5];

    /// <summary>The coefficients of a row of the last block; one more than its width if that is odd.</summary>
    public ReadOnlySpan<int> Row(int y) => _values.AsSpan(y * _stride, _stride);

    /// <summary>Decodes a block.</summary>
    /// <param name="cleanup">The segment of its cleanup pass; it is changed.</param>
    /// <param name="refinement">That of its other passes.</param>
    /// <param name="width">At most 1024; with the height no more than 4096 coefficients.</param>
    /// <param name="passes">1 to 3, without placeholders.</param>
    /// <param name="plane">The lowest bit-plane of the cleanup pass; 0 is the lowest of all.</param>
    /// <param name="planes">All bit-planes of the band.</param>
    public void Decode(Span<byte> cleanup, ReadOnlySpan<byte> refinement, int width, int height, int passes, int plane, int planes, bool isCausal)
    {
        int length = cleanup.Length;
        int suffix = length < 2 ? 0 : (cleanup[^1] << 4) + (cleanup[^2] & 15);
        if (suffix < 2 || suffix > Math.Min(length, MostSuffix))
        {
            throw Codestream.Faulty("has a cleanup pass of impossible length");
        }

        if (passes > 1 && plane == 0)
        {
            throw Codestream.Faulty("refines what is known");
        }

        _stride = (width + 1) & ~1;
        Grow(ref _values, _stride * (height + 1));
        Grow(ref _line, _stride + 4);
        Grow(ref _quads, (_stride / 2) + 4);
        _line.AsSpan(0, _stride + 4).Clear();
        _quads.AsSpan(0, (_stride / 2) + 4).Clear();
        cleanup[^2] |= 15;
        Cleanup(cleanup[..(length - suffix)], cleanup[(length - suffix)..], width, height, plane, Math.Min(planes + 1, MostPlanes) - plane);
        if (passes > 1)
        {
            SetFlags(width, height);
            PropagateSignificance(refinement, width, height, plane - 1, isCausal);
            if (passes > 2)
            {
                RefineMagnitudes(refinement, width, height, plane - 1);
            }
        }
    }

    private static void Grow<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[length];
        }
    }

    // 7.3. Quads are two by two: upper left, lower left, upper right, lower right. The line holds 2m - 1 of the magnitudes m above, from
    // place 1 on, the quads the significance of those above, from place 1 on.
    private void Cleanup(ReadOnlySpan<byte> magnitudes, ReadOnlySpan<byte> suffix, int width, int height, int plane, int most)
    {
        ForwardBits magnitude = new(magnitudes, 0xff);
        MelDecoder mel = new(suffix[..^1]);
        BackwardBits codes = BackwardBits.OfCodewords(suffix);
        int across = _stride / 2;
        Span<byte> quads = _quads.AsSpan(0, across + 4);
        Span<uint> line = _line.AsSpan(0, _stride + 4);
        for (int y = 0; y < height; y += 2)
        {
            ReadOnlySpan<ushort> table = y == 0 ? HtTables.First : HtTables.Later;
            Span<int> upper = _values.AsSpan(y * _stride, _stride), lower = _values.AsSpan((y + 1) * _stride, _stride);
            int before = 0, beforeAbove = 0;
            uint cornerAbove = 0;
            for (int q = 0; q < across; q += 2)
            {
                codes.Prepare();
                int first = Significance(table, y == 0, before, beforeAbove, quads.Slice(q + 1, 2), ref mel, ref codes);
                beforeAbove = quads[q + 1];
                before = quads[q + 1] = (byte)(first >> 4 & 15);
                int second = 0;
                if (q + 1 < across)
                {
                    second = Significance(table, y == 0, before, beforeAbove, quads.Slice(q + 2, 2), ref mel, ref codes);
                    beforeAbove = quads[q + 2];
                    before = quads[q + 2] = (byte)(second >> 4 & 15);
                }

                (int u0, int u1) = ((first | second) & 8) == 0 ? (0, 0) : Exponents((first & 8) != 0, (second & 8) != 0, y == 0, ref mel, ref codes);
                Quad(first, u0, y == 0, line.Slice(2 * q, 4), ref cornerAbove, most, plane, ref magnitude, upper.Slice(2 * q, 2), lower.Slice(2 * q, 2));
                if (q + 1 < across)
                {
                    Quad(second, u1, y == 0, line.Slice((2 * q) + 2, 4), ref cornerAbove, most, plane, ref magnitude, upper.Slice((2 * q) + 2, 2), lower.Slice((2 * q) + 2, 2));
                }
            }
        }
    }

    // Equations 1 and 2, and 7.3.5: an entry of the tables, or 0.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Significance(ReadOnlySpan<ushort> table, bool isFirst, int before, int beforeAbove, ReadOnlySpan<byte> above, ref MelDecoder mel, ref BackwardBits codes)
    {
        int context = isFirst
            ? ((before | before >> 1) & 1) | (before >> 1 & 6)
            : ((beforeAbove >> 3 | above[0] >> 1) & 1) | ((before >> 2 | before >> 3) & 1) << 1 | ((above[0] >> 3 | above[1] >> 1) & 1) << 2;
        if (context == 0 && !mel.Next())
        {
            return 0;
        }

        int entry = table[(context << 7) | (int)(codes.Peek() & 0x7f)];
        codes.Skip(entry & 7);
        return entry;
    }

    // 7.3.6: what the exponents of two quads are above what is expected of them.
    private static (int First, int Second) Exponents(bool hasFirst, bool hasSecond, bool isFirst, ref MelDecoder mel, ref BackwardBits codes)
    {
        bool areBoth = isFirst && hasFirst && hasSecond, areLarge = areBoth && mel.Next();
        int first = 0, second = 0;
        if (hasFirst)
        {
            first = Prefixes[(int)(codes.Peek() & 7)];
            codes.Skip(first & 3);
        }

        if (hasSecond)
        {
            // The second is small where the first is not, or both had been said to be large.
            if (areBoth && !areLarge && first >> 5 > 2)
            {
                second = (int)(codes.Take(1) + 1) << 5;
            }
            else
            {
                second = Prefixes[(int)(codes.Peek() & 7)];
                codes.Skip(second & 3);
            }
        }

        int more = areLarge ? 2 : 0;
        uint firstSuffix = codes.Take(first >> 2 & 7), secondSuffix = codes.Take(second >> 2 & 7);
        // Those of 28 and more are extended; they are beyond all bit-planes there may be.
        return ((first >> 5) + (int)firstSuffix + more, (second >> 5) + (int)secondSuffix + more);
    }

    // 7.3.7, 7.3.8: the four coefficients.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Quad(int entry, int exponent, bool isFirst, Span<uint> line, ref uint cornerAbove, int most, int plane, ref ForwardBits magnitude, Span<int> upper, Span<int> lower)
    {
        uint corner = cornerAbove;
        cornerAbove = line[2];
        int significant = entry >> 4 & 15;
        if (significant == 0)
        {
            (line[1], line[2]) = (0, 0);
            (upper[0], upper[1], lower[0], lower[1]) = (0, 0, 0, 0);
            return;
        }

        int bound = 1;
        if (!isFirst && (significant & (significant - 1)) != 0)
        {
            bound = BitOperations.Log2(corner | line[1] | line[2] | line[3] | 2);
        }

        bound += exponent;
        if (bound > most)
        {
            throw Codestream.Faulty("has a coefficient beyond all bit-planes");
        }

        upper[0] = Sample(entry, bound, plane, ref magnitude, out _);
        lower[0] = Sample(entry >> 1, bound, plane, ref magnitude, out line[1]);
        upper[1] = Sample(entry >> 2, bound, plane, ref magnitude, out _);
        lower[1] = Sample(entry >> 3, bound, plane, ref magnitude, out line[2]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Sample(int entry, int bound, int plane, ref ForwardBits magnitude, out uint above)
    {
        if ((entry & 0x10) == 0)
        {
            above = 0;
            return 0;
        }

        int count = bound - (entry >> 8 & 1);
        uint bits = magnitude.Read(count) | (uint)(entry >> 12 & 1) << count;
        above = bits | 1;
        int value = (int)((above + 2) << plane), sign = (int)(bits & 1);
        return (value ^ -sign) + sign;
    }

    private void SetFlags(int width, int height)
    {
        int across = width + 2;
        Grow(ref _flags, across * (height + 2));
        _flags.AsSpan(0, across * (height + 2)).Clear();
        for (int y = 0; y < height; y++)
        {
            ReadOnlySpan<int> row = Row(y)[..width];
            Span<byte> flags = _flags.AsSpan(((y + 1) * across) + 1, width);
            for (int x = 0; x < row.Length; x++)
            {
                flags[x] = row[x] != 0 ? SignificantByCleanup : (byte)0;
            }
        }
    }

    // 7.4: what has a significant neighbour, in stripes of four rows, four columns at a time; then the signs of those four columns.
    private void PropagateSignificance(ReadOnlySpan<byte> bytes, int width, int height, int plane, bool isCausal)
    {
        ForwardBits bits = new(bytes, 0);
        Span<int> found = stackalloc int[16];
        int across = width + 2;
        for (int top = 0; top < height; top += 4)
        {
            int end = Math.Min(top + 4, height);
            for (int left = 0; left < width; left += 4)
            {
                int count = 0;
                for (int x = left; x < Math.Min(left + 4, width); x++)
                {
                    for (int y = top; y < end; y++)
                    {
                        int at = ((y + 1) * across) + x + 1;
                        if (_flags[at] == 0 && HasNeighbour(at, across, isCausal && y == top + 3) && bits.Read(1) != 0)
                        {
                            _flags[at] = Significant;
                            found[count++] = (y * _stride) + x;
                        }
                    }
                }

                foreach (int at in found[..count])
                {
                    _values[at] = bits.Read(1) != 0 ? -(3 << plane) : 3 << plane;
                }
            }
        }
    }

    private bool HasNeighbour(int at, int across, bool isWithoutBelow)
    {
        ReadOnlySpan<byte> above = _flags.AsSpan(at - across - 1, 3), own = _flags.AsSpan(at - 1, 3), below = _flags.AsSpan(at + across - 1, 3);
        int any = above[0] | above[1] | above[2] | own[0] | own[2];
        return (isWithoutBelow ? any : any | below[0] | below[1] | below[2]) != 0;
    }

    // 7.5: a bit more of what the cleanup pass found.
    private void RefineMagnitudes(ReadOnlySpan<byte> bytes, int width, int height, int plane)
    {
        BackwardBits bits = BackwardBits.OfRefinement(bytes);
        int across = width + 2;
        for (int top = 0; top < height; top += 4)
        {
            int end = Math.Min(top + 4, height);
            for (int x = 0; x < width; x++)
            {
                bits.Prepare();
                for (int y = top; y < end; y++)
                {
                    if (_flags[((y + 1) * across) + x + 1] == SignificantByCleanup)
                    {
                        ref int value = ref _values[(y * _stride) + x];
                        // The middle goes up or down by half of what is not known any more.
                        int change = bits.Take(1) != 0 ? 1 << plane : -(1 << plane);
                        value += value < 0 ? -change : change;
                    }
                }
            }
        }
    }
}
