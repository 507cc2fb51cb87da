using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.Jpeg2000.HighThroughput;

/// <summary>
/// Bits from the first byte on, the least significant first: magnitudes and signs, and significance propagation (ITU-T T.814 7.1.2, 7.1.5). A
/// byte after FF has seven.
/// </summary>
/// <param name="bytes">All there is of them.</param>
/// <param name="filler">The byte that is read after the end, for ever.</param>
internal ref struct ForwardBits(ReadOnlySpan<byte> bytes, byte filler)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private ulong _bits;
    private int _count;
    private int _at;
    private bool _isStuffed;

    /// <param name="count">0 to 31.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Read(int count)
    {
        if (_count < count)
        {
            Fill();
        }

        uint value = (uint)_bits & ((1u << count) - 1);
        _bits >>= count;
        _count -= count;
        return value;
    }

    // More than 32 bits.
    private void Fill()
    {
        while (_count <= 32)
        {
            if (!_isStuffed && _at + 4 <= _bytes.Length)
            {
                uint word = BinaryPrimitives.ReadUInt32LittleEndian(_bytes[_at..]);
                // None of the four is FF.
                if (((~word - 0x01010101) & word & 0x80808080) == 0)
                {
                    _bits |= (ulong)word << _count;
                    _count += 32;
                    _at += 4;
                    return;
                }
            }

            uint next = _at < _bytes.Length ? _bytes[_at++] : filler;
            _bits |= (ulong)(_isStuffed ? next & 0x7f : next) << _count;
            _count += _isStuffed ? 7 : 8;
            _isStuffed = next == 0xff;
        }
    }
}

/// <summary>
/// Bits from the last byte on, the least significant first: codewords of significance and exponents, and magnitude refinement (7.1.4, 7.1.6). A
/// byte of 7F has seven if the one read before it is above 8F. After the end there are zeros.
/// </summary>
internal ref struct BackwardBits
{
    private readonly ReadOnlySpan<byte> _bytes;
    private ulong _bits;
    private int _count;
    private int _left;
    private bool _isStuffed;

    private BackwardBits(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        _left = bytes.Length;
        _isStuffed = true;
    }

    /// <summary>The bits of magnitude refinement: all of a segment.</summary>
    public static BackwardBits OfRefinement(ReadOnlySpan<byte> bytes) => new(bytes);

    /// <summary>The codewords of a cleanup segment: its last byte and a half hold the length of its second part.</summary>
    /// <param name="suffix">The second part of the segment: at least two bytes.</param>
    public static BackwardBits OfCodewords(ReadOnlySpan<byte> suffix)
    {
        uint shared = suffix[^2];
        uint bits = shared >> 4;
        return new BackwardBits(suffix[..^2])
        {
            _count = (bits & 7) == 7 ? 3 : 4,
            _bits = (bits & 7) == 7 ? 7 : bits,
            _isStuffed = (shared | 0xf) > 0x8f,
        };
    }

    /// <summary>Makes sure that 40 bits are at hand.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prepare()
    {
        if (_count < 40)
        {
            Fill();
        }
    }

    /// <summary>The next bits, of which the lower ones are told. There are no more than <see cref="Prepare"/> made sure of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Peek() => (uint)_bits;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        _bits >>= count;
        _count -= count;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Take(int count)
    {
        uint value = (uint)_bits & ((1u << count) - 1);
        Skip(count);
        return value;
    }

    private void Fill()
    {
        while (_count <= 56)
        {
            uint next = _left > 0 ? _bytes[--_left] : 0u;
            bool isShort = _isStuffed && (next & 0x7f) == 0x7f;
            _bits |= (ulong)(isShort ? 0x7f : next) << _count;
            _count += isShort ? 7 : 8;
            _isStuffed = next > 0x8f;
        }
    }
}

/// <summary>The adaptive run-length decoder of quads without significance (7.1.3, 7.3.3).</summary>
/// <param name="bytes">The second part of a cleanup segment without its last byte; the lower half of what is then the last is ones.</param>
internal ref struct MelDecoder(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _at;
    private uint _byte;
    private int _count;
    private int _state;
    private int _zeros;
    private bool _hasOne;

    /// <summary>By state, the powers of two of runs (table 2).</summary>
    private static ReadOnlySpan<byte> Exponents => [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5];

    /// <summary>The next symbol.</summary>
    public bool Next()
    {
        if (_zeros == 0 && !_hasOne)
        {
            ReadRun();
        }

        if (_zeros > 0)
        {
            _zeros--;
            return false;
        }

        _hasOne = false;
        return true;
    }

    private void ReadRun()
    {
        int exponent = Exponents[_state];
        if (Bit() != 0)
        {
            _zeros = 1 << exponent;
            _state = Math.Min(12, _state + 1);
            return;
        }

        for (int i = 0; i < exponent; i++)
        {
            _zeros = (2 * _zeros) + (int)Bit();
        }

        _hasOne = true;
        _state = Math.Max(0, _state - 1);
    }

    // The most significant first; after FF there are seven, after the end ones.
    private uint Bit()
    {
        if (_count == 0)
        {
            _count = _byte == 0xff ? 7 : 8;
            uint next = 0xff;
            if (_at < _bytes.Length)
            {
                next = _bytes[_at++];
            }

            _byte = next;
        }

        return (_byte >> --_count) & 1;
    }
}
