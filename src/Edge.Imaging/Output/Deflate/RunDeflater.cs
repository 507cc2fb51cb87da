using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Output.Deflate;

/// <summary>
/// Deflate (RFC 1951) for what has been filtered already: literals, and runs of one byte as copies from a distance of 1; a prefix code of its own
/// for each block. What zlib's strategy for runs makes, without its window and hash chains: images after a filter hold noise and runs, nothing else.
/// </summary>
internal sealed class RunDeflater
{
    /// <summary>The most bytes of a block.</summary>
    public const int BlockSize = 64 * 1024;

    private const int EndOfBlock = 256, FirstLength = 257, LengthCodes = 29, ShortestRun = 3, LongestRun = 258;

    // So that four literals and the seven bits left of what came before fit into 64 bits.
    private const int LongestCode = 14;

    private static readonly byte[] LengthSymbols = MakeLengthSymbols();

    private readonly PrefixCode _code = new();
    private readonly uint[] _counts = new uint[4 * 256];
    private readonly uint[] _frequencies = new uint[FirstLength + LengthCodes];
    private readonly byte[] _lengths = new byte[FirstLength + LengthCodes + 1];
    private readonly ushort[] _codes = new ushort[FirstLength + LengthCodes];
    private readonly uint[] _literals = new uint[256];
    private readonly uint[] _copies = new uint[LongestRun + 1];
    private readonly int[] _runs = new int[(2 * BlockSize / ShortestRun) + 4];
    private readonly byte[] _described = new byte[FirstLength + LengthCodes + 1];
    private readonly byte[] _repeats = new byte[FirstLength + LengthCodes + 1];
    private ulong _bits;
    private int _held;

    private static ReadOnlySpan<byte> LengthExtra => [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];

    private static ReadOnlySpan<ushort> LengthBase => [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];

    private static ReadOnlySpan<byte> CodeLengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    /// <summary>Begins a stream.</summary>
    public void Begin() => (_bits, _held) = (0, 0);

    /// <summary>Appends one block.</summary>
    /// <param name="bytes">At most <see cref="BlockSize"/>, at least one.</param>
    /// <param name="isLast">Whether the stream ends with it.</param>
    public void Write(ReadOnlySpan<byte> bytes, bool isLast, EncodedImage output)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, BlockSize);
        int runs = FindRuns(bytes);
        Count(bytes, runs);
        _code.Make(_frequencies, LongestCode, _lengths.AsSpan(0, _frequencies.Length), _codes);
        PrepareTables();

        // Longest are literals of LongestCode bits each; the description of the code has some 300 bytes at most.
        Span<byte> to = output.GetSpan((2 * bytes.Length) + 1024);
        int at = 0;
        Put(isLast ? 1u : 0u, 1, to, ref at);
        Put(2, 2, to, ref at);
        Describe(to, ref at);
        at = Encode(bytes, runs, to, at);
        Put(_codes[EndOfBlock], _lengths[EndOfBlock], to, ref at);
        if (isLast)
        {
            Put(0, (8 - (_held & 7)) & 7, to, ref at);
        }

        for (; _held >= 8; _held -= 8, _bits >>= 8)
        {
            to[at++] = (byte)_bits;
        }

        output.Advance(at);
    }

    // Bytes that equal the one before them, at least three in a row: pairs of start and length. Blocks know nothing of each other.
    private int FindRuns(ReadOnlySpan<byte> bytes)
    {
        ref byte first = ref MemoryMarshal.GetReference(bytes);
        int[] runs = _runs;
        int count = 0, i = 1;
        while (i + 64 <= bytes.Length)
        {
            ulong equal = Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i), Vector256.LoadUnsafe(ref first, (nuint)i - 1)).ExtractMostSignificantBits()
                | (ulong)Vector256.Equals(Vector256.LoadUnsafe(ref first, (nuint)i + 32), Vector256.LoadUnsafe(ref first, (nuint)i + 31)).ExtractMostSignificantBits() << 32;
            int advance = 62; // three that begin in the last two places are not seen here
            for (ulong starts = equal & equal >> 1 & equal >> 2; starts != 0;)
            {
                int start = BitOperations.TrailingZeroCount(starts);
                int end = start + BitOperations.TrailingZeroCount(~(equal >> start));
                if (end >= 64)
                {
                    int more = bytes[(i + 64)..].IndexOfAnyExcept(bytes[i + start]);
                    end = more < 0 ? bytes.Length - i : 64 + more;
                    starts = 0;
                    advance = end;
                }
                else
                {
                    starts = starts >> end << end;
                    advance = Math.Max(advance, end);
                }

                runs[count++] = i + start;
                runs[count++] = end - start;
            }

            i += advance;
        }

        while (i < bytes.Length)
        {
            int start = i;
            while (i < bytes.Length && bytes[i] == bytes[i - 1])
            {
                i++;
            }

            if (i - start >= ShortestRun)
            {
                runs[count++] = start;
                runs[count++] = i - start;
            }

            i += i == start ? 1 : 0;
        }

        return count;
    }

    private void Count(ReadOnlySpan<byte> bytes, int runs)
    {
        // Four tables, since a byte often equals one shortly before it.
        Span<uint> counts = _counts;
        counts.Clear();
        ref uint table = ref MemoryMarshal.GetReference(counts);
        int i = 0;
        for (; i <= bytes.Length - 8; i += 8)
        {
            ulong eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes[i..]);
            Unsafe.Add(ref table, (nuint)(byte)eight)++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 8) + 256))++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 16) + 512))++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 24) + 768))++;
            Unsafe.Add(ref table, (nuint)(byte)(eight >> 32))++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 40) + 256))++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 48) + 512))++;
            Unsafe.Add(ref table, (nuint)((byte)(eight >> 56) + 768))++;
        }

        for (; i < bytes.Length; i++)
        {
            counts[bytes[i]]++;
        }

        Span<uint> frequencies = _frequencies;
        frequencies.Clear();
        for (int value = 0; value < 256; value++)
        {
            frequencies[value] = counts[value] + counts[256 + value] + counts[512 + value] + counts[768 + value];
        }

        for (int run = 0; run < runs; run += 2)
        {
            int length = _runs[run + 1];
            // A rest too short for a copy is written as literals.
            int rest = length % LongestRun, literals = rest < ShortestRun ? rest : 0;
            frequencies[bytes[_runs[run]]] -= (uint)(length - literals);
            frequencies[FirstLength + LengthCodes - 1] += (uint)(length / LongestRun);
            frequencies[FirstLength + LengthSymbols[rest]] += rest >= ShortestRun ? 1u : 0;
        }

        frequencies[EndOfBlock] = 1;
    }

    // A word for each literal and each copy: the code, its extra bits and the distance's single bit, below its length at bit 24.
    private void PrepareTables()
    {
        for (int value = 0; value < 256; value++)
        {
            _literals[value] = _codes[value] | (uint)_lengths[value] << 24;
        }

        for (int length = ShortestRun; length <= LongestRun; length++)
        {
            int symbol = LengthSymbols[length], size = _lengths[FirstLength + symbol];
            _copies[length] = _codes[FirstLength + symbol] | (uint)(length - LengthBase[symbol]) << size | (uint)(size + LengthExtra[symbol] + 1) << 24;
        }
    }

    private int Encode(ReadOnlySpan<byte> bytes, int runs, Span<byte> to, int at)
    {
        ulong bits = _bits;
        int held = _held, i = 0;
        ref uint literals = ref MemoryMarshal.GetArrayDataReference(_literals);
        ref byte source = ref MemoryMarshal.GetReference(bytes);
        ref byte target = ref MemoryMarshal.GetReference(to);
        for (int run = 0; run <= runs; run += 2)
        {
            int end = run < runs ? _runs[run] : bytes.Length;
            for (; i <= end - 4; i += 4)
            {
                uint four = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref source, i));
                four = BitConverter.IsLittleEndian ? four : BinaryPrimitives.ReverseEndianness(four);
                uint one = Unsafe.Add(ref literals, (nuint)(byte)four), two = Unsafe.Add(ref literals, (nuint)(byte)(four >> 8));
                uint three = Unsafe.Add(ref literals, (nuint)(byte)(four >> 16)), last = Unsafe.Add(ref literals, (nuint)(four >> 24));
                int size = (int)(one >> 24), size2 = (int)(three >> 24);
                ulong pair = (one & 0xffffff) | (ulong)(two & 0xffffff) << size;
                ulong pair2 = (three & 0xffffff) | (ulong)(last & 0xffffff) << size2;
                size += (int)(two >> 24);
                bits |= (pair | pair2 << size) << held;
                held += size + size2 + (int)(last >> 24);
                Flush(ref target, ref at, ref bits, ref held);
            }

            for (; i < end; i++)
            {
                PutWord(Unsafe.Add(ref literals, (nuint)Unsafe.Add(ref source, i)), ref target, ref at, ref bits, ref held);
            }

            if (run == runs)
            {
                break;
            }

            int left = _runs[run + 1];
            i += left;
            for (; left >= LongestRun; left -= LongestRun)
            {
                PutWord(_copies[LongestRun], ref target, ref at, ref bits, ref held);
            }

            if (left >= ShortestRun)
            {
                PutWord(_copies[left], ref target, ref at, ref bits, ref held);
            }
            else
            {
                i -= left;
            }
        }

        (_bits, _held) = (bits, held);
        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PutWord(uint word, ref byte target, ref int at, ref ulong bits, ref int held)
    {
        bits |= (ulong)(word & 0xffffff) << held;
        held += (int)(word >> 24);
        Flush(ref target, ref at, ref bits, ref held);
    }

    // Eight bytes are always written, of which the whole ones count: the room has more than that behind what is needed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Flush(ref byte target, ref int at, ref ulong bits, ref int held)
    {
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref target, at), BitConverter.IsLittleEndian ? bits : BinaryPrimitives.ReverseEndianness(bits));
        int bytes = held >> 3;
        at += bytes;
        bits = bits >> (4 * bytes) >> (4 * bytes); // eight bytes at once are more than one shift can do
        held &= 7;
    }

    // The lengths of both codes, coded themselves (RFC 1951 3.2.7).
    private void Describe(Span<byte> to, ref int at)
    {
        int symbols = FirstLength + LengthCodes;
        while (_lengths[symbols - 1] == 0)
        {
            symbols--; // the end of the block always has a code
        }

        Span<byte> all = stackalloc byte[FirstLength + LengthCodes + 1];
        _lengths.AsSpan(0, symbols).CopyTo(all);
        all[symbols] = 1; // distance 1 is the only one
        all = all[..(symbols + 1)];
        Span<uint> frequencies = stackalloc uint[19];
        frequencies.Clear();
        int described = 0;
        for (int i = 0; i < all.Length;)
        {
            int run = all[i..].IndexOfAnyExcept(all[i]);
            run = run < 0 ? all.Length - i : run;
            (int symbol, int taken, int extra) = all[i] == 0 && run >= 11 ? (18, Math.Min(run, 138), Math.Min(run, 138) - 11)
                : all[i] == 0 && run >= 3 ? (17, run, run - 3)
                : run >= 4 ? (-1, 1, 0)
                : ((int)all[i], 1, 0);
            if (symbol < 0)
            {
                // The length once, then how often it is repeated.
                _described[described] = all[i];
                frequencies[_described[described++]]++;
                i++;
                (symbol, taken) = (16, Math.Min(run - 1, 6));
                extra = taken - 3;
            }

            _described[described] = (byte)symbol;
            _repeats[described++] = (byte)extra;
            frequencies[symbol]++;
            i += taken;
        }

        Span<byte> lengths = stackalloc byte[19];
        Span<ushort> codes = stackalloc ushort[19];
        _code.Make(frequencies, 7, lengths, codes);
        int sent = 19;
        while (sent > 4 && lengths[CodeLengthOrder[sent - 1]] == 0)
        {
            sent--;
        }

        Put((uint)(symbols - 257), 5, to, ref at);
        Put(0, 5, to, ref at);
        Put((uint)(sent - 4), 4, to, ref at);
        for (int i = 0; i < sent; i++)
        {
            Put(lengths[CodeLengthOrder[i]], 3, to, ref at);
        }

        for (int i = 0; i < described; i++)
        {
            int symbol = _described[i];
            Put(codes[symbol], lengths[symbol], to, ref at);
            if (symbol >= 16)
            {
                Put(_repeats[i], symbol == 16 ? 2 : symbol == 17 ? 3 : 7, to, ref at);
            }
        }
    }

    private void Put(uint value, int count, Span<byte> to, ref int at)
    {
        _bits |= (ulong)value << _held;
        _held += count;
        for (; _held >= 8; _held -= 8, _bits >>= 8)
        {
            to[at++] = (byte)_bits;
        }
    }

    private static byte[] MakeLengthSymbols()
    {
        byte[] symbols = new byte[LongestRun + 1];
        for (int length = ShortestRun, symbol = 0; length <= LongestRun; length++)
        {
            symbol += symbol + 1 < LengthCodes && length >= LengthBase[symbol + 1] ? 1 : 0;
            symbols[length] = (byte)symbol;
        }

        return symbols;
    }
}
