namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>A Huffman code for encoding (ISO/IEC 10918-1 annex K.2, C.2), of up to 16 bits.</summary>
internal sealed class HuffmanCode
{
    /// <summary>The numbers of codes of 1 to 16 bits.</summary>
    public byte[] Counts { get; } = new byte[16];

    /// <summary>The symbols by rising code.</summary>
    public byte[] Symbols { get; private set; } = [];

    /// <summary>By symbol: the code's bits above 5 bits of length; 0 where the symbol has none.</summary>
    public uint[] Codes { get; } = new uint[256];

    public static HuffmanCode Of(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        HuffmanCode code = new() { Symbols = symbols.ToArray() };
        counts.CopyTo(code.Counts);
        code.Assign();
        return code;
    }

    /// <summary>The best code for symbols of the given frequencies. At least one must occur.</summary>
    public static HuffmanCode Best(ReadOnlySpan<long> frequencies)
    {
        int count = frequencies.Length + 1;
        Span<long> weights = stackalloc long[257];
        Span<int> sizes = stackalloc int[257], others = stackalloc int[257];
        frequencies.CopyTo(weights);
        // A symbol that does not occur takes the code of ones only, which is not allowed (K.2).
        weights[count - 1] = 1;
        sizes.Clear();
        others.Fill(-1);
        while (true)
        {
            int first = Least(weights[..count], -1), second = Least(weights[..count], first);
            if (second < 0)
            {
                break;
            }

            weights[first] += weights[second];
            weights[second] = 0;
            int last = first;
            for (int i = first; i >= 0; i = others[i])
            {
                sizes[i]++;
                last = i;
            }

            others[last] = second;
            for (int i = second; i >= 0; i = others[i])
            {
                sizes[i]++;
            }
        }

        Span<int> bySize = stackalloc int[258];
        bySize.Clear();
        for (int i = 0; i < count; i++)
        {
            bySize[sizes[i]] += sizes[i] != 0 ? 1 : 0;
        }

        Shorten(bySize);
        HuffmanCode code = new();
        int symbols = 0;
        for (int size = 1; size <= 16; size++)
        {
            code.Counts[size - 1] = (byte)bySize[size];
            symbols += bySize[size];
        }

        byte[] ordered = new byte[symbols];
        int at = 0;
        for (int size = 1; size < 258 && at < symbols; size++)
        {
            for (int i = 0; i < count - 1 && at < symbols; i++)
            {
                if (sizes[i] == size)
                {
                    ordered[at++] = (byte)i;
                }
            }
        }

        code.Symbols = ordered;
        code.Assign();
        return code;
    }

    private static int Least(ReadOnlySpan<long> weights, int but)
    {
        int least = -1;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] != 0 && i != but && (least < 0 || weights[i] <= weights[least]))
            {
                least = i;
            }
        }

        return least;
    }

    // Figure K.3; the symbol that does not occur is taken out of the longest codes.
    private static void Shorten(Span<int> bySize)
    {
        for (int size = 257; size > 16; size--)
        {
            while (bySize[size] > 0)
            {
                int shorter = size - 2;
                while (bySize[shorter] == 0)
                {
                    shorter--;
                }

                bySize[size] -= 2;
                bySize[size - 1]++;
                bySize[shorter + 1] += 2;
                bySize[shorter]--;
            }
        }

        int longest = 16;
        while (bySize[longest] == 0)
        {
            longest--;
        }

        bySize[longest]--;
    }

    private void Assign()
    {
        uint code = 0;
        int at = 0;
        for (int size = 1; size <= 16; size++, code <<= 1)
        {
            for (int i = 0; i < Counts[size - 1]; i++, code++)
            {
                Codes[Symbols[at++]] = code << 5 | (uint)size;
            }
        }
    }
}
