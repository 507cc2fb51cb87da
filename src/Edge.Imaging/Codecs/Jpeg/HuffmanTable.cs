using System.Runtime.CompilerServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>
/// A Huffman table for decoding (ISO/IEC 10918-1 annex C, F.2.2.3). Codes of up to <see cref="LookupBits"/> bits are found in one step;
/// where the bits of the value that follows fit as well, so is the value.
/// </summary>
internal sealed class HuffmanTable
{
    public const int LookupBits = 11;
    private const int Size = 1 << LookupBits;

    private readonly int[] _limits = new int[18];
    private readonly int[] _offsets = new int[17];
    private readonly byte[] _symbols = new byte[256];
    private readonly int[] _values = new int[Size];
    private bool _hasValues, _valuesAreRuns;

    /// <summary>Length of the code in the high byte and symbol in the low one; 0 where the code is longer.</summary>
    public ushort[] Lookup { get; } = new ushort[Size];

    public bool IsDefined { get; private set; }

    /// <summary>The greatest symbol.</summary>
    public int GreatestSymbol { get; private set; }

    public void Clear() => IsDefined = false;

    /// <param name="counts">The numbers of codes of 1 to 16 bits.</param>
    /// <param name="symbols">The symbols by rising code.</param>
    /// <exception cref="ImageException">The codes do not fit.</exception>
    public void Define(ReadOnlySpan<byte> counts, ReadOnlySpan<byte> symbols)
    {
        (IsDefined, _hasValues, GreatestSymbol) = (false, false, 0);
        Array.Clear(Lookup);
        int code = 0, index = 0;
        for (int length = 1; length <= 16; length++)
        {
            int count = counts[length - 1];
            _offsets[length] = index - code;
            for (int i = 0; i < count; i++, code++, index++)
            {
                _symbols[index] = symbols[index];
                GreatestSymbol = Math.Max(GreatestSymbol, symbols[index]);
                if (length <= LookupBits && code < 1 << length)
                {
                    Lookup.AsSpan(code << (LookupBits - length), 1 << (LookupBits - length)).Fill((ushort)(length << 8 | symbols[index]));
                }
            }

            if (code > 1 << length)
            {
                throw new ImageException(ErrorCode.CorruptedFile, $"a Huffman table has too many codes of {length} bits");
            }

            // The first 16 bits that no code of up to this length begins.
            _limits[length] = code << (16 - length);
            code <<= 1;
        }

        _limits[17] = int.MaxValue;
        IsDefined = true;
    }

    /// <summary>A code longer than the lookup, from the next 16 bits: length and symbol as in <see cref="Lookup"/>.</summary>
    /// <exception cref="ImageException">No code.</exception>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public int FindLong(int next)
    {
        int length = 1;
        while (next >= _limits[length])
        {
            length++;
        }

        return length <= 16
            ? length << 8 | _symbols[((next >> (16 - length)) + _offsets[length]) & 0xff]
            : throw new ImageException(ErrorCode.CorruptedFile, "the JPEG codestream holds a code that is in no table");
    }

    /// <summary>Whole differences by the next bits: value in the high 16 bits, bits used in the low byte; 0 where they do not fit.</summary>
    public int[] Differences()
    {
        if (!_hasValues || _valuesAreRuns)
        {
            Combine(runs: false);
        }

        return _values;
    }

    /// <summary>Whole AC coefficients by the next bits: value in the high 16 bits, run in bits 8 to 15, bits used in the low byte; 0 where they do not fit.</summary>
    public int[] Coefficients()
    {
        if (!_hasValues || !_valuesAreRuns)
        {
            Combine(runs: true);
        }

        return _values;
    }

    private void Combine(bool runs)
    {
        for (int bits = 0; bits < Size; bits++)
        {
            int length = Lookup[bits] >> 8;
            int symbol = Lookup[bits] & 0xff;
            int size = runs ? symbol & 15 : symbol;
            _values[bits] = 0;
            if (length == 0 || length + size > LookupBits || (runs && size == 0))
            {
                continue;
            }

            int value = (bits >> (LookupBits - length - size)) & ((1 << size) - 1);
            value = size != 0 && value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
            _values[bits] = value << 16 | (runs ? (symbol >> 4) << 8 : 0) | length + size;
        }

        (_hasValues, _valuesAreRuns) = (true, runs);
    }
}
