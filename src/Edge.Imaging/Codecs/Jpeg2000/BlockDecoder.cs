using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>
/// Decodes code blocks (ISO/IEC 15444-1 annex D). Coefficients lie in the order in which they are scanned: stripes of four rows, column by
/// column. They are twice their value, and the middle of what is not known of them is added: an odd last bit at the end. One per thread.
/// </summary>
internal sealed class BlockDecoder
{
    private readonly uint[] _contexts = new uint[MqStates.Contexts];
    private readonly MqInput _input = new();
    private ulong[] _flags = [];
    private int[] _coefficients = [];
    private int _width;
    private int _height;
    private int _stride;
    private int _significance;
    private bool _isCausal;

    /// <summary>The coefficients of the last block: four rows of a column, then those of the next column, then the next stripe.</summary>
    public ReadOnlySpan<int> Coefficients => _coefficients.AsSpan(0, (_height + 3) / 4 * 4 * _width);

    /// <summary>Begins a block.</summary>
    /// <param name="width">At most 1024; with the height no more than 4096 coefficients.</param>
    /// <param name="band">0 for LL and LH, 1 for HL, 2 for HH.</param>
    public void Begin(int width, int height, int band, bool isCausal)
    {
        int stripes = (height + 3) / 4;
        (_width, _height, _stride, _significance, _isCausal) = (width, height, width + 2, band * 512, isCausal);
        Clear(ref _flags, (stripes + 2) * _stride);
        Clear(ref _coefficients, stripes * 4 * width);
        MqStates.Reset(_contexts);
    }

    /// <summary>Decodes the passes of one codeword segment.</summary>
    /// <param name="bytes">Its bytes from <paramref name="start"/> on, and two bytes FF.</param>
    /// <param name="first">The number of the first pass in the block; 0 is a cleanup.</param>
    /// <param name="planes">The bit-planes of the block: 1 to 30.</param>
    public void Decode(byte[] bytes, int start, int length, int first, int count, int planes, BlockStyle style)
    {
        bool isRaw = (style & BlockStyle.Bypass) != 0 && first >= 10 && (first - 10) % 3 != 2;
        RawBits raw = new(bytes, start, length);
        MqDecoder mq = default;
        if (!isRaw)
        {
            _input.Begin(bytes, start);
            mq = _input.Start();
        }

        for (int pass = first; pass < first + count; pass++)
        {
            int plane = planes - 1 - ((pass + 2) / 3);
            switch ((pass + 2) % 3)
            {
                case 0 when isRaw:
                    RawSignificance(ref raw, plane);
                    break;
                case 0:
                    Significance(ref mq, plane);
                    break;
                case 1 when isRaw:
                    RawRefinement(ref raw, plane);
                    break;
                case 1:
                    Refinement(ref mq, plane);
                    break;
                default:
                    Cleanup(ref mq, plane, (style & BlockStyle.SegmentationSymbols) != 0);
                    break;
            }

            if ((style & BlockStyle.Reset) != 0)
            {
                MqStates.Reset(_contexts);
            }
        }
    }

    private static void Clear<T>(ref T[] array, int length)
    {
        if (array.Length < length)
        {
            array = new T[length];
        }
        else
        {
            array.AsSpan(0, length).Clear();
        }
    }

    private void Significance(ref MqDecoder state, int plane)
    {
        MqDecoder mq = state;
        MqInput input = _input;
        ref uint contexts = ref MemoryMarshal.GetArrayDataReference(_contexts);
        ref byte table = ref BlockFlags.SignificanceContexts[_significance];
        ref byte signs = ref MemoryMarshal.GetArrayDataReference(BlockFlags.SignContexts);
        int value = 3 << plane, stride = _stride;
        bool isCausal = _isCausal;
        ref int column = ref MemoryMarshal.GetArrayDataReference(_coefficients);
        for (int y = 0; y < _height; y += 4)
        {
            ulong inside = BlockFlags.Inside(_height - y);
            ref ulong word = ref _flags[(((y / 4) + 1) * stride) + 1];
            for (int x = _width; x > 0; x--, word = ref Unsafe.Add(ref word, 1), column = ref Unsafe.Add(ref column, 4))
            {
                ulong flags = word;
                for (ulong todo = BlockFlags.WithNeighbours(flags) & inside; todo != 0; todo &= todo - 1)
                {
                    int shift = BitOperations.TrailingZeroCount(todo) - 4;
                    uint own = (uint)(flags >> shift);
                    flags |= (ulong)BlockFlags.Visited << shift;
                    if (mq.Decode(ref Unsafe.Add(ref contexts, Unsafe.Add(ref table, own & BlockFlags.Window)), input) == 0)
                    {
                        continue;
                    }

                    uint sign = Unsafe.Add(ref signs, BlockFlags.SignIndex(own, Unsafe.Add(ref word, -1), Unsafe.Add(ref word, 1), shift));
                    sign = mq.Decode(ref Unsafe.Add(ref contexts, sign & 0x1f), input) ^ (sign >> 7);
                    Unsafe.Add(ref column, shift / 3) = (value ^ -(int)sign) + (int)sign;
                    flags = Mark(flags, shift, sign);
                    BlockFlags.Announce(ref word, shift, sign, stride, isCausal);
                    // The next row has a neighbour now.
                    todo |= ((ulong)BlockFlags.Own << shift << 3) & ~flags & inside;
                }

                word = flags;
            }
        }

        state = mq;
    }

    private void Refinement(ref MqDecoder state, int plane)
    {
        MqDecoder mq = state;
        MqInput input = _input;
        ref uint contexts = ref _contexts[MqStates.Refinement];
        int half = 1 << plane;
        ref int column = ref MemoryMarshal.GetArrayDataReference(_coefficients);
        for (int y = 0; y < _height; y += 4)
        {
            ref ulong word = ref _flags[(((y / 4) + 1) * _stride) + 1];
            for (int x = _width; x > 0; x--, word = ref Unsafe.Add(ref word, 1), column = ref Unsafe.Add(ref column, 4))
            {
                ulong flags = word;
                for (ulong todo = flags & ~(flags >> BlockFlags.VisitedAboveOwn) & BlockFlags.AllOwn; todo != 0; todo &= todo - 1)
                {
                    int shift = BitOperations.TrailingZeroCount(todo) - 4;
                    uint own = (uint)(flags >> shift);
                    int bit = (int)mq.Decode(ref Unsafe.Add(ref contexts, BlockFlags.RefinementContext(own)), input);
                    Refine(ref Unsafe.Add(ref column, shift / 3), bit, half);
                    flags |= (ulong)BlockFlags.Refined << shift;
                }

                word = flags;
            }
        }

        state = mq;
    }

    private void Cleanup(ref MqDecoder state, int plane, bool hasSymbols)
    {
        MqDecoder mq = state;
        MqInput input = _input;
        ref uint contexts = ref MemoryMarshal.GetArrayDataReference(_contexts);
        ref byte table = ref BlockFlags.SignificanceContexts[_significance];
        ref byte signs = ref MemoryMarshal.GetArrayDataReference(BlockFlags.SignContexts);
        int value = 3 << plane, stride = _stride;
        bool isCausal = _isCausal;
        ref int column = ref MemoryMarshal.GetArrayDataReference(_coefficients);
        for (int y = 0; y < _height; y += 4)
        {
            int rows = Math.Min(4, _height - y);
            ulong inside = BlockFlags.Inside(rows);
            ref ulong word = ref _flags[(((y / 4) + 1) * stride) + 1];
            for (int x = _width; x > 0; x--, word = ref Unsafe.Add(ref word, 1), column = ref Unsafe.Add(ref column, 4))
            {
                ulong flags = word;
                ulong todo = ~(flags | (flags >> BlockFlags.VisitedAboveOwn)) & inside;
                bool isKnown = false;
                if ((flags & BlockFlags.AllSignificance) == 0 && rows == 4)
                {
                    if (mq.Decode(ref Unsafe.Add(ref contexts, MqStates.RunLength), input) == 0)
                    {
                        continue;
                    }

                    uint run = mq.Decode(ref Unsafe.Add(ref contexts, MqStates.Uniform), input) << 1;
                    run |= mq.Decode(ref Unsafe.Add(ref contexts, MqStates.Uniform), input);
                    todo &= ~0ul << (int)(4 + (3 * run));
                    isKnown = true;
                }

                for (; todo != 0; todo &= todo - 1)
                {
                    int shift = BitOperations.TrailingZeroCount(todo) - 4;
                    uint own = (uint)(flags >> shift);
                    if (!isKnown && mq.Decode(ref Unsafe.Add(ref contexts, Unsafe.Add(ref table, own & BlockFlags.Window)), input) == 0)
                    {
                        continue;
                    }

                    isKnown = false;
                    uint sign = Unsafe.Add(ref signs, BlockFlags.SignIndex(own, Unsafe.Add(ref word, -1), Unsafe.Add(ref word, 1), shift));
                    sign = mq.Decode(ref Unsafe.Add(ref contexts, sign & 0x1f), input) ^ (sign >> 7);
                    Unsafe.Add(ref column, shift / 3) = (value ^ -(int)sign) + (int)sign;
                    flags = Mark(flags, shift, sign);
                    BlockFlags.Announce(ref word, shift, sign, stride, isCausal);
                }

                word = flags & ~BlockFlags.AllVisited;
            }
        }

        // Annex D.5: 1010, which only finds errors; what comes after an error is a picture all the same.
        for (int i = 0; hasSymbols && i < 4; i++)
        {
            mq.Decode(ref Unsafe.Add(ref contexts, MqStates.Uniform), input);
        }

        state = mq;
    }

    /// <summary>A coefficient becomes significant: in its own word, its neighbours above and below included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static ulong Mark(ulong flags, int shift, uint sign)
    {
        flags |= (BlockFlags.Own | ((ulong)sign << 21)) << shift;
        return flags;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Refine(ref int coefficient, int bit, int half)
    {
        int before = coefficient;
        int away = (bit ^ (before >>> 31)) - 1;
        coefficient = before + (half ^ away) - away;
    }

    private void RawSignificance(ref RawBits raw, int plane)
    {
        int value = 3 << plane, column = 0;
        for (int y = 0; y < _height; y += 4)
        {
            int limit = 3 * Math.Min(4, _height - y);
            for (int x = 0; x < _width; x++, column += 4)
            {
                ref ulong word = ref _flags[(((y / 4) + 1) * _stride) + 1 + x];
                for (int shift = 0; shift < limit; shift += 3)
                {
                    uint own = (uint)(word >> shift);
                    if ((own & BlockFlags.Own) != 0 || (own & BlockFlags.Neighbours) == 0)
                    {
                        continue;
                    }

                    word |= (ulong)BlockFlags.Visited << shift;
                    if (raw.Read() != 0)
                    {
                        uint sign = raw.Read();
                        _coefficients[column + (shift / 3)] = sign != 0 ? -value : value;
                        word = Mark(word, shift, sign);
                        BlockFlags.Announce(ref word, shift, sign, _stride, _isCausal);
                    }
                }
            }
        }
    }

    private void RawRefinement(ref RawBits raw, int plane)
    {
        int half = 1 << plane, column = 0;
        for (int y = 0; y < _height; y += 4)
        {
            for (int x = 0; x < _width; x++, column += 4)
            {
                ref ulong word = ref _flags[(((y / 4) + 1) * _stride) + 1 + x];
                for (ulong todo = word & ~(word >> BlockFlags.VisitedAboveOwn) & BlockFlags.AllOwn; todo != 0; todo &= todo - 1)
                {
                    int shift = BitOperations.TrailingZeroCount(todo) - 4;
                    Refine(ref _coefficients[column + (shift / 3)], (int)raw.Read(), half);
                    word |= (ulong)BlockFlags.Refined << shift;
                }
            }
        }
    }
}

/// <summary>How code blocks are coded (table A.19).</summary>
[Flags]
internal enum BlockStyle
{
    None = 0,
    Bypass = 1,
    Reset = 2,
    TerminateAll = 4,
    Causal = 8,
    PredictableTermination = 16,
    SegmentationSymbols = 32,

    /// <summary>ISO/IEC 15444-15, and no block is of part 1.</summary>
    HighThroughput = 64,
}

/// <summary>Bits as they stand (annex D.6); after the end there are ones.</summary>
internal struct RawBits(byte[] bytes, int start, int length)
{
    private readonly int _end = start + length;
    private int _at = start;
    private uint _byte;
    private int _left;

    public uint Read()
    {
        if (_left == 0)
        {
            _left = _byte == 0xff ? 7 : 8;
            _byte = _at < _end ? bytes[_at++] : 0xffu;
        }

        return (_byte >> --_left) & 1;
    }
}
