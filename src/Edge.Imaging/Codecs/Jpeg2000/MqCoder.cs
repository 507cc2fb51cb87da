using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The states of the MQ coder (ISO/IEC 15444-1 table C.2), each once for either sense of the more probable symbol.</summary>
/// <remarks>
/// A state is one word: bits 0 to 14 the probability interval Qe, bit 15 the more probable symbol, bits 16 to 23 the index of the next state
/// after a more probable symbol, bits 24 to 31 that after a less probable one. The index of state s with symbol m is 2s + m.
/// </remarks>
internal static class MqStates
{
    /// <summary>The contexts: 0 to 8 significance, 9 to 13 sign, 14 to 16 refinement, then run length and uniform (table D.7).</summary>
    public const int Contexts = 19;

    public const int Sign = 9;
    public const int Refinement = 14;
    public const int RunLength = 17;
    public const int Uniform = 18;

    public static readonly uint[] Table = Make();

    // Qe, next after MPS, next after LPS, whether an LPS exchanges the sense.
    private static ReadOnlySpan<ushort> Rows =>
    [
        0x5601, 1, 1, 1, 0x3401, 2, 6, 0, 0x1801, 3, 9, 0, 0x0ac1, 4, 12, 0, 0x0521, 5, 29, 0, 0x0221, 38, 33, 0, 0x5601, 7, 6, 1, 0x5401, 8, 14, 0,
        0x4801, 9, 14, 0, 0x3801, 10, 14, 0, 0x3001, 11, 17, 0, 0x2401, 12, 18, 0, 0x1c01, 13, 20, 0, 0x1601, 29, 21, 0, 0x5601, 15, 14, 1, 0x5401, 16, 14, 0,
        0x5101, 17, 15, 0, 0x4801, 18, 16, 0, 0x3801, 19, 17, 0, 0x3401, 20, 18, 0, 0x3001, 21, 19, 0, 0x2801, 22, 19, 0, 0x2401, 23, 20, 0, 0x2201, 24, 21, 0,
        0x1c01, 25, 22, 0, 0x1801, 26, 23, 0, 0x1601, 27, 24, 0, 0x1401, 28, 25, 0, 0x1201, 29, 26, 0, 0x1101, 30, 27, 0, 0x0ac1, 31, 28, 0, 0x09c1, 32, 29, 0,
        0x08a1, 33, 30, 0, 0x0521, 34, 31, 0, 0x0441, 35, 32, 0, 0x02a1, 36, 33, 0, 0x0221, 37, 34, 0, 0x0141, 38, 35, 0, 0x0111, 39, 36, 0, 0x0085, 40, 37, 0,
        0x0049, 41, 38, 0, 0x0025, 42, 39, 0, 0x0015, 43, 40, 0, 0x0009, 44, 41, 0, 0x0005, 45, 42, 0, 0x0001, 45, 43, 0, 0x5601, 46, 46, 0,
    ];

    /// <summary>Sets contexts as a code block begins (table D.7).</summary>
    public static void Reset(Span<uint> contexts)
    {
        contexts.Fill(Table[0]);
        contexts[0] = Table[2 * 4];
        contexts[RunLength] = Table[2 * 3];
        contexts[Uniform] = Table[2 * 46];
    }

    private static uint[] Make()
    {
        ReadOnlySpan<ushort> rows = Rows;
        uint[] table = new uint[rows.Length / 2];
        for (int i = 0; i < table.Length; i++)
        {
            ReadOnlySpan<ushort> row = rows.Slice(i / 2 * 4, 4);
            uint symbol = (uint)i & 1;
            table[i] = row[0] | (symbol << 15) | (((row[1] * 2u) + symbol) << 16) | (((row[2] * 2u) + (symbol ^ row[3])) << 24);
        }

        return table;
    }
}

/// <summary>The bytes of a codeword segment, for the decoder: they must be followed by two bytes FF, which stand for all that is not there.</summary>
internal sealed class MqInput
{
    private byte[] _bytes = [];
    private int _at;

    /// <summary>The bits that <see cref="Fill"/> has left below bit 48: at least 41.</summary>
    public int Left { get; private set; }

    public void Begin(byte[] bytes, int start) => (_bytes, _at) = (bytes, start);

    /// <summary>BYTEIN of annex C.3.4, as often as there is room.</summary>
    /// <param name="code">The code register; bits 48 and up are compared with intervals.</param>
    /// <param name="left">How many bits below that are good.</param>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public ulong Fill(ulong code, int left)
    {
        byte[] bytes = _bytes;
        int at = _at;
        while (left <= 40)
        {
            if (bytes[at] != 0xff)
            {
                code += (ulong)bytes[++at] << (40 - left);
                left += 8;
            }
            else if (bytes[at + 1] <= 0x8f)
            {
                // The bit that was stuffed takes a carry.
                code += (ulong)bytes[++at] << (41 - left);
                left += 7;
            }
            else
            {
                // A marker ends the segment: ones follow.
                code += 0xfful << (40 - left);
                left += 8;
            }
        }

        _at = at;
        Left = left;
        return code;
    }

    /// <summary>The registers at the start of a segment (C.3.5).</summary>
    public MqDecoder Start()
    {
        MqDecoder decoder = default;
        decoder.C = Fill((ulong)_bytes[_at] << 48, 0) << 7;
        decoder.Left = Left - 7;
        decoder.A = 0x8000;
        return decoder;
    }
}

/// <summary>
/// The registers of the MQ decoder (annex C.3), the code register with 48 bits of what is to come, so that bytes are rarely asked for. A local
/// variable of the loop that decodes, so that they stay in registers of the machine.
/// </summary>
internal struct MqDecoder
{
    public ulong C;
    public uint A;
    public int Left;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Decode(ref uint context, MqInput input)
    {
        uint state = context, interval = state & 0x7fff, symbol = (state >> 15) & 1;
        uint a = A - interval, isLow = ((uint)(C >> 48) - interval) >> 31;
        // One branch that nobody foresees, not three: the half that is more probable, and long enough to go on with.
        if (((a >> 15) & ~isLow) != 0)
        {
            C -= (ulong)interval << 48;
            A = a;
            return symbol;
        }

        // Where the less probable half has become the larger one, the halves are exchanged (C.3.2).
        uint isHigh = isLow - 1, isOther = ((a - interval) >> 31) ^ isLow;
        C -= (ulong)(interval & isHigh) << 48;
        a = interval ^ ((a ^ interval) & isHigh);
        context = Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(MqStates.Table), (state >> (int)(16 + (8 * isOther))) & 0xff);
        int shift = System.Numerics.BitOperations.LeadingZeroCount(a) - 16;
        A = a << shift;
        if (shift > Left)
        {
            C = input.Fill(C, Left);
            Left = input.Left;
        }

        C <<= shift;
        Left -= shift;
        return symbol ^ isOther;
    }
}
