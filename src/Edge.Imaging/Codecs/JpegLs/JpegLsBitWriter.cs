using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>Bits that are not bytes of a scan yet.</summary>
internal struct PendingBits
{
    /// <summary>From the highest on; zeros below.</summary>
    public ulong Bits;

    /// <summary>How many places are left: 0 to 64.</summary>
    public int Free;
}

/// <summary>Writes the bits of a JPEG-LS scan: the byte after 0xFF has seven.</summary>
internal ref struct JpegLsBitWriter(ArrayBufferWriter<byte> output)
{
    private const int Chunk = 1 << 16;

    private Span<byte> _to = output.GetSpan(Chunk);
    private int _at;
    private bool _isAfterFF;

    /// <summary>The bits to be written. Loops copy it to a variable of their own, which stays in registers, and back before they call anything here but <see cref="WriteGolomb(ref PendingBits,int,int,int,int)"/>.</summary>
    public PendingBits Pending = new() { Free = 64 };

    /// <summary>Writes the lowest <paramref name="count"/> bits, 0 to 32; nothing may be above them.</summary>
    public void Write(uint value, int count)
    {
        if (count > Pending.Free)
        {
            Flush();
        }

        Pending.Free -= count;
        Pending.Bits |= (ulong)value << Pending.Free;
    }

    /// <summary>A limited Golomb code, to the bits pending here.</summary>
    public void WriteGolomb(int value, int k, int escape, int width)
    {
        PendingBits pending = Pending;
        WriteGolomb(ref pending, value, k, escape, width);
        Pending = pending;
    }

    /// <summary>A limited Golomb code (ISO/IEC 14495-1 A.5.3).</summary>
    /// <param name="pending">The copy of <see cref="Pending"/> that is in use.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void WriteGolomb(ref PendingBits pending, int value, int k, int escape, int width)
    {
        int zeros = value >> k, size = zeros + 1 + k;
        if (zeros < escape && size <= 48)
        {
            if (size > pending.Free)
            {
                pending = Flush(pending);
            }

            pending.Free -= size;
            pending.Bits |= (ulong)(1u << k | ((uint)value & ((1u << k) - 1))) << pending.Free;
            return;
        }

        Pending = pending;
        WriteLong(value, k, escape, width);
        pending = Pending;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void WriteLong(int value, int k, int escape, int width)
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
        if (Pending.Free < 64 || _isAfterFF)
        {
            Put();
        }

        output.Advance(_at);
        _at = 0;
    }

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
    private PendingBits Flush(PendingBits pending)
    {
        Pending = pending;
        Flush();
        return Pending;
    }

    private void Flush()
    {
        if (_at > _to.Length - 16)
        {
            output.Advance(_at);
            _to = output.GetSpan(Chunk);
            _at = 0;
        }

        ulong bits = Pending.Bits;
        int bytes = (64 - Pending.Free) >> 3;
        // Bits that are not there yet are zero: a byte that is not whole is no FF.
        if (!_isAfterFF && ((~bits - 0x0101010101010101UL) & bits & 0x8080808080808080UL) == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_to[_at..], bits);
            _at += bytes;
            Pending.Bits = bytes == 8 ? 0 : bits << (8 * bytes);
            Pending.Free += 8 * bytes;
            return;
        }

        while (64 - Pending.Free >= 8)
        {
            Put();
        }
    }

    private void Put()
    {
        int size = _isAfterFF ? 7 : 8;
        byte value = (byte)(Pending.Bits >> (64 - size));
        _to[_at++] = value;
        _isAfterFF = value == 0xff;
        Pending.Bits <<= size;
        Pending.Free = Math.Min(64, Pending.Free + size);
    }
}
