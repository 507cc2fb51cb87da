using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>Writes entropy-coded bits (ISO/IEC 10918-1 F.1.2.3), a zero byte after each 0xFF.</summary>
internal ref struct JpegBitWriter(ArrayBufferWriter<byte> output)
{
    private const int Chunk = 1 << 16;

    private Span<byte> _to = output.GetSpan(Chunk);
    private int _at;
    private ulong _bits;
    private int _free = 64;

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

    /// <summary>Writes a symbol and the bits of its value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(uint code, int value, int size)
    {
        int length = (int)code & 31;
        // A negative value is written less one (F.1.2.1).
        uint bits = (uint)(value + (value >> 31)) & ((1u << size) - 1);
        Write((code >> 5 << size) | bits, length + size);
    }

    /// <summary>For loops that keep the pending bits in variables of their own: writes the whole bytes among them, before anything else is written here.</summary>
    /// <param name="bits">From the highest on; zeros below.</param>
    /// <param name="free">How many places are left of 64.</param>
    /// <returns>What is left: at most 7 bits.</returns>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public (ulong Bits, int Free) Drain(ulong bits, int free)
    {
        (_bits, _free) = (bits, free);
        Flush();
        return (_bits, _free);
    }

    /// <summary>Hands the pending bits to such a loop.</summary>
    public readonly (ulong Bits, int Free) Pause() => (_bits, _free);

    /// <summary>Takes them back from it.</summary>
    public void Resume(ulong bits, int free) => (_bits, _free) = (bits, free);

    /// <summary>Fills the last byte with ones and hands everything over.</summary>
    public void End()
    {
        int pad = _free & 7;
        Write((1u << pad) - 1, pad);
        Flush();
        output.Advance(_at);
        _at = 0;
    }

    // Whole bytes go out.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Flush()
    {
        if (_at > _to.Length - 16)
        {
            output.Advance(_at);
            _to = output.GetSpan(Chunk);
            _at = 0;
        }

        int bytes = (64 - _free) >> 3;
        if (bytes == 0)
        {
            return;
        }

        ulong whole = _bits;
        // Bits that are not there yet are zero: a byte that is not whole is no FF.
        if (((~whole - 0x0101010101010101UL) & whole & 0x8080808080808080UL) == 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(_to[_at..], whole);
            _at += bytes;
        }
        else
        {
            for (int i = 0; i < bytes; i++)
            {
                byte value = (byte)(whole >> (56 - (8 * i)));
                _to[_at++] = value;
                if (value == 0xff)
                {
                    _to[_at++] = 0;
                }
            }
        }

        _bits = bytes == 8 ? 0 : whole << (8 * bytes);
        _free += 8 * bytes;
    }
}
