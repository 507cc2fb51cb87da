using System.Numerics;

namespace Edge.Imaging.Output.Deflate;

/// <summary>Makes prefix codes of limited length for symbols that occur with given frequencies, as deflate writes them (RFC 1951 3.2.2). One per thread.</summary>
internal sealed class PrefixCode
{
    /// <summary>The most symbols of an alphabet.</summary>
    public const int MostSymbols = 288;

    private readonly ulong[] _order = new ulong[MostSymbols];
    private readonly uint[] _weights = new uint[MostSymbols];

    /// <summary>Lengths and codes.</summary>
    /// <param name="frequencies">By symbol; their sum below 2^32.</param>
    /// <param name="limit">The longest code allowed, at most 15.</param>
    /// <param name="lengths">Takes the bits of each symbol's code; 0 where it does not occur.</param>
    /// <param name="codes">Takes the codes, their first bit lowest.</param>
    public void Make(ReadOnlySpan<uint> frequencies, int limit, Span<byte> lengths, Span<ushort> codes)
    {
        int used = 0;
        for (int symbol = 0; symbol < frequencies.Length; symbol++)
        {
            if (frequencies[symbol] != 0)
            {
                _order[used++] = ((ulong)frequencies[symbol] << 16) | (uint)symbol;
            }
        }

        Span<ulong> order = _order.AsSpan(0, used);
        order.Sort();
        Span<int> ofLength = stackalloc int[16];
        ofLength.Clear();
        CountLengths(order, limit, ofLength);

        // The rarest symbols get the longest codes.
        lengths.Clear();
        int next = 0;
        for (int length = limit; length > 0; length--)
        {
            for (int i = ofLength[length]; i > 0; i--)
            {
                lengths[(int)(order[next++] & 0xffff)] = (byte)length;
            }
        }

        Span<int> first = stackalloc int[16];
        int code = 0;
        for (int length = 1; length < 16; length++)
        {
            first[length] = code;
            code = (code + ofLength[length]) << 1;
        }

        for (int symbol = 0; symbol < frequencies.Length; symbol++)
        {
            codes[symbol] = lengths[symbol] == 0 ? (ushort)0 : Reverse(first[lengths[symbol]]++, lengths[symbol]);
        }
    }

    // A. Moffat and J. Katajainen, "In-Place Calculation of Minimum-Redundancy Codes" (WADS 1995); then Kraft's sum is mended for the limit.
    private void CountLengths(ReadOnlySpan<ulong> order, int limit, Span<int> ofLength)
    {
        int n = order.Length;
        if (n < 2)
        {
            ofLength[1] = n;
            return;
        }

        Span<uint> w = _weights.AsSpan(0, n);
        for (int i = 0; i < n; i++)
        {
            w[i] = (uint)(order[i] >> 16);
        }

        // Parents: w[i] of an inner node becomes the number of its parent.
        int root = 0, leaf = 0;
        for (int next = 0; next < n - 1; next++)
        {
            uint sum = 0;
            for (int child = 0; child < 2; child++)
            {
                if (leaf >= n || (root < next && w[root] < w[leaf]))
                {
                    sum += w[root];
                    w[root++] = (uint)next;
                }
                else
                {
                    sum += w[leaf++];
                }
            }

            w[next] = sum;
        }

        // Depths of the inner nodes, then the leaves of each depth.
        w[n - 2] = 0;
        for (int i = n - 3; i >= 0; i--)
        {
            w[i] = w[(int)w[i]] + 1;
        }

        int inner = n - 2, available = 1;
        for (int depth = 0; available > 0; depth++)
        {
            int nodes = 0;
            while (inner >= 0 && w[inner] == depth)
            {
                nodes++;
                inner--;
            }

            ofLength[Math.Min(depth, limit)] += available - nodes;
            available = 2 * nodes;
        }

        int total = 0;
        for (int length = 1; length <= limit; length++)
        {
            total += ofLength[length] << (limit - length);
        }

        for (; total > 1 << limit; total--)
        {
            // A leaf of the last level goes beside the deepest leaf above it.
            int length = limit - 1;
            while (ofLength[length] == 0)
            {
                length--;
            }

            ofLength[limit]--;
            ofLength[length]--;
            ofLength[length + 1] += 2;
        }
    }

    private static ushort Reverse(int code, int length)
    {
        uint reversed = (uint)code;
        reversed = ((reversed >> 1) & 0x5555) | ((reversed & 0x5555) << 1);
        reversed = ((reversed >> 2) & 0x3333) | ((reversed & 0x3333) << 2);
        reversed = ((reversed >> 4) & 0x0f0f) | ((reversed & 0x0f0f) << 4);
        return (ushort)(BitOperations.RotateLeft(reversed, 8) >> (16 - length) | (reversed >> 8) >> (16 - length));
    }
}
