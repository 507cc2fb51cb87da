using System.Buffers;
using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>Writes the bits of a JPEG-LS scan: the byte after 0xFF has seven.</summary>
internal ref struct JpegLsBitWriter(ArrayBufferWriter<byte> output)
{
    private const int Chunk = 1 << 16;

    private Span<byte> _to = output.GetSpan(Chunk);
    private int _at;
    private ulong _bits;
    private int _free = 64;
    private bool _isAfterFF;

    /// <summary>Writes the lowest <paramref name="count"/> bits, 0 to 32; nothing may be above them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint value, int count)
    {
        if (count > _free)
        {
            Flush();
        }

        _free -= count;
        _bits |= (ulong)value << _free;
    }

    /// <summary>A limited Golomb code (ISO/IEC 14495-1 A.5.3).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteGolomb(int value, int k, int escape, int width)
    {
        int zeros = value >> k;
        if (zeros < escape)
        {
            Zeros(zeros);
            Write(1u << k | ((uint)value & ((1u << k) - 1)), k + 1);
        }
        else
        {
            Zeros(escape);
            Write(1, 1);
            Write((uint)(value - 1), width);
        }
    }

    /// <summary>Fills the last byte with zeros and hands everything over.</summary>
    public void End()
    {
        Flush();
        if (_free < 64 || _isAfterFF)
        {
            Put();
        }

        output.Advance(_at);
        _at = 0;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Zeros(int count)
    {
        if (count > 31)
        {
            Write(0, 31);
            count -= 31;
        }

        Write(0, count);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Flush()
    {
        if (_at > _to.Length - 16)
        {
            output.Advance(_at);
            _to = output.GetSpan(Chunk);
            _at = 0;
        }

        while (64 - _free >= 8)
        {
            Put();
        }
    }

    private void Put()
    {
        int size = _isAfterFF ? 7 : 8;
        byte value = (byte)(_bits >> (64 - size));
        _to[_at++] = value;
        _isAfterFF = value == 0xff;
        _bits <<= size;
        _free = Math.Min(64, _free + size);
    }
}
