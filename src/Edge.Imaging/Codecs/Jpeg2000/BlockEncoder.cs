using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>Encodes code blocks (ISO/IEC 15444-1 annex D), all passes in one codeword segment. Coefficients lie as in <see cref="BlockDecoder"/>. One per thread.</summary>
internal sealed class BlockEncoder
{
    private readonly uint[] _contexts = new uint[MqStates.Contexts];
    private readonly MqOutput _output = new();
    private ulong[] _flags = [];
    private int[] _coefficients = [];
    private int _width;
    private int _height;
    private int _stride;
    private int _significance;

    /// <summary>The bytes of the last block.</summary>
    public ReadOnlySpan<byte> Bytes => _output.Bytes;

    /// <summary>Begins a block, and gives the place for its coefficients, all zero: stripes of four rows, column by column.</summary>
    public Span<int> Begin(int width, int height, int band)
    {
        int stripes = (height + 3) / 4;
        (_width, _height, _stride, _significance) = (width, height, width + 2, band * 512);
        int flags = (stripes + 2) * _stride, size = stripes * 4 * width;
        if (_flags.Length < flags || _coefficients.Length < size)
        {
            (_flags, _coefficients) = (new ulong[flags], new int[size]);
        }

        _flags.AsSpan(0, flags).Clear();
        Span<int> coefficients = _coefficients.AsSpan(0, size);
        coefficients.Clear();
        return coefficients;
    }

    /// <summary>Encodes the coefficients.</summary>
    /// <returns>The bit-planes: 0 where all are zero, else there are three passes for each but the first, which has one.</returns>
    public int Encode()
    {
        Span<int> coefficients = _coefficients.AsSpan(0, (_height + 3) / 4 * 4 * _width);
        uint all = 0;
        for (int i = 0; i < coefficients.Length; i++)
        {
            // Magnitudes, with the sign at the bottom.
            int value = coefficients[i];
            uint magnitude = ((uint)Math.Abs(value) << 1) | ((uint)value >> 31);
            all |= magnitude;
            coefficients[i] = (int)magnitude;
        }

        int planes = 32 - BitOperations.LeadingZeroCount(all >> 1);
        _output.Begin();
        if (planes == 0)
        {
            return 0;
        }

        MqStates.Reset(_contexts);
        MqEncoder mq = MqEncoder.Start();
        for (int plane = planes - 1; plane >= 0; plane--)
        {
            if (plane != planes - 1)
            {
                Significance(ref mq, plane + 1);
                Refinement(ref mq, plane + 1);
            }

            Cleanup(ref mq, plane + 1);
        }

        _output.End(mq);
        return planes;
    }

    private void Significance(ref MqEncoder state, int plane)
    {
        MqEncoder mq = state;
        MqOutput output = _output;
        ref uint contexts = ref MemoryMarshal.GetArrayDataReference(_contexts);
        ref byte table = ref BlockFlags.SignificanceContexts[_significance];
        ref byte signs = ref MemoryMarshal.GetArrayDataReference(BlockFlags.SignContexts);
        int stride = _stride;
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
                    uint magnitude = (uint)Unsafe.Add(ref column, shift / 3), bit = (magnitude >> plane) & 1;
                    mq.Encode(bit, ref Unsafe.Add(ref contexts, Unsafe.Add(ref table, own & BlockFlags.Window)), output);
                    if (bit == 0)
                    {
                        continue;
                    }

                    uint context = Unsafe.Add(ref signs, BlockFlags.SignIndex(own, Unsafe.Add(ref word, -1), Unsafe.Add(ref word, 1), shift)), sign = magnitude & 1;
                    mq.Encode(sign ^ (context >> 7), ref Unsafe.Add(ref contexts, context & 0x1f), output);
                    flags = BlockDecoder.Mark(flags, shift, sign);
                    BlockFlags.Announce(ref word, shift, sign, stride, isCausal: false);
                    // The next row has a neighbour now.
                    todo |= ((ulong)BlockFlags.Own << shift << 3) & ~flags & inside;
                }

                word = flags;
            }
        }

        state = mq;
    }

    private void Refinement(ref MqEncoder state, int plane)
    {
        MqEncoder mq = state;
        MqOutput output = _output;
        ref uint contexts = ref _contexts[MqStates.Refinement];
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
                    uint context = BlockFlags.RefinementContext(own);
                    mq.Encode(((uint)Unsafe.Add(ref column, shift / 3) >> plane) & 1, ref Unsafe.Add(ref contexts, context), output);
                    flags |= (ulong)BlockFlags.Refined << shift;
                }

                word = flags;
            }
        }

        state = mq;
    }

    private void Cleanup(ref MqEncoder state, int plane)
    {
        MqEncoder mq = state;
        MqOutput output = _output;
        ref uint contexts = ref MemoryMarshal.GetArrayDataReference(_contexts);
        ref byte table = ref BlockFlags.SignificanceContexts[_significance];
        ref byte signs = ref MemoryMarshal.GetArrayDataReference(BlockFlags.SignContexts);
        int stride = _stride;
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
                    int run = 0;
                    while (run < 4 && (((uint)Unsafe.Add(ref column, run) >> plane) & 1) == 0)
                    {
                        run++;
                    }

                    mq.Encode(run < 4 ? 1u : 0u, ref Unsafe.Add(ref contexts, MqStates.RunLength), output);
                    if (run == 4)
                    {
                        continue;
                    }

                    mq.Encode((uint)run >> 1, ref Unsafe.Add(ref contexts, MqStates.Uniform), output);
                    mq.Encode((uint)run & 1, ref Unsafe.Add(ref contexts, MqStates.Uniform), output);
                    todo &= ~0ul << (4 + (3 * run));
                    isKnown = true;
                }

                for (; todo != 0; todo &= todo - 1)
                {
                    int shift = BitOperations.TrailingZeroCount(todo) - 4;
                    uint own = (uint)(flags >> shift), magnitude = (uint)Unsafe.Add(ref column, shift / 3), bit = (magnitude >> plane) & 1;
                    if (!isKnown)
                    {
                        mq.Encode(bit, ref Unsafe.Add(ref contexts, Unsafe.Add(ref table, own & BlockFlags.Window)), output);
                    }

                    isKnown = false;
                    if (bit == 0)
                    {
                        continue;
                    }

                    uint context = Unsafe.Add(ref signs, BlockFlags.SignIndex(own, Unsafe.Add(ref word, -1), Unsafe.Add(ref word, 1), shift)), sign = magnitude & 1;
                    mq.Encode(sign ^ (context >> 7), ref Unsafe.Add(ref contexts, context & 0x1f), output);
                    flags = BlockDecoder.Mark(flags, shift, sign);
                    BlockFlags.Announce(ref word, shift, sign, stride, isCausal: false);
                }

                word = flags & ~BlockFlags.AllVisited;
            }
        }

        state = mq;
    }
}
