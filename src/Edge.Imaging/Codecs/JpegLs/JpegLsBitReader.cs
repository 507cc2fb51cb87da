using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>The bits of a JPEG-LS scan (ISO/IEC 14495-1 annex C): after a byte 0xFF, the next has seven. Zeros follow the end.</summary>
internal ref struct JpegLsBitReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private ulong _bits;
    private int _count;
    private int _padding;
    private bool _isAfterFF;

    /// <summary>Where the next byte is taken; never behind a marker.</summary>
    public int Position;

    /// <exception cref="ImageException">More bits were used than there are.</exception>
    public readonly void DemandEnough()
    {
        if (_padding > _count)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "the JPEG-LS codestream ends too early");
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TakeBit()
    {
        Fill();
        bool bit = (long)_bits < 0;
        _bits <<= 1;
        _count--;
        return bit;
    }

    /// <summary>Takes 0 to 16 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int count)
    {
        Fill();
        int value = (int)(_bits >> 1 >> (63 - count));
        _bits <<= count;
        _count -= count;
        return value;
    }

    /// <summary>A limited Golomb code (A.5.3).</summary>
    /// <param name="escape">The zeros after which the value stands in <paramref name="width"/> bits: LIMIT - qbpp - 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeGolomb(int k, int escape, int width)
    {
        Fill();
        int zeros = BitOperations.LeadingZeroCount(_bits);
        if (zeros < escape && zeros + 1 + k <= 48)
        {
            ulong rest = _bits << zeros << 1;
            _bits = rest << k;
            _count -= zeros + 1 + k;
            return zeros << k | (int)(rest >> 1 >> (63 - k));
        }

        return TakeLong(k, escape, width);
    }

    // The zeros may be more than are at hand.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int TakeLong(int k, int escape, int width)
    {
        int zeros = 0, more;
        while ((more = BitOperations.LeadingZeroCount(_bits >> 32 << 32)) >= 32)
        {
            zeros += 32;
            _bits <<= 32;
            _count -= 32;
            if (zeros > escape)
            {
                break;
            }

            Fill();
        }

        zeros += more & 31;
        if (zeros > escape)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "the JPEG-LS codestream holds a code longer than its limit, or ends too early");
        }

        _bits = _bits << more << 1;
        _count -= more + 1;
        return zeros < escape ? zeros << k | Take(k) : Take(width) + 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Fill()
    {
        if (_count < 48)
        {
            FillMore();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FillMore()
    {
        if (!_isAfterFF && Position <= _data.Length - 8)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(_data[Position..]);
            if (((~next - 0x0101010101010101UL) & next & 0x8080808080808080UL) == 0)
            {
                _bits |= next >> _count;
                int bytes = (63 - _count) >> 3;
                Position += bytes;
                _count += 8 * bytes;
                return;
            }
        }

        FillByBytes();
    }

    private void FillByBytes()
    {
        _bits = _count == 0 ? 0 : _bits >> (64 - _count) << (64 - _count);
        while (_count <= 56)
        {
            if (Position >= _data.Length || (_data[Position] == 0xff && (Position + 1 >= _data.Length || _data[Position + 1] >= 0x80)))
            {
                _padding = Math.Min(_padding + 8, 1 << 20);
                _count += 8;
                continue;
            }

            ulong next = _data[Position++];
            int size = _isAfterFF ? 7 : 8;
            _isAfterFF = next == 0xff;
            _bits |= next << (64 - size - _count);
            _count += size;
        }
    }
}
