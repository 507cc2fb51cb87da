using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>
/// The bits of an entropy-coded segment (ISO/IEC 10918-1 F.2.2.5), through a reservoir of 64 bits, the next one at the top. Eight bytes
/// without 0xFF are taken at once. At a marker or the end, zeros follow; who reads checks <see cref="IsOverrun"/> once per row.
/// </summary>
internal ref struct JpegBitReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _padding;

    /// <summary>The bits at hand; what lies below <see cref="Count"/> may be anything that follows.</summary>
    public ulong Bits;

    /// <summary>How many they are.</summary>
    public int Count;

    /// <summary>Where the next byte is taken; never behind a marker.</summary>
    public int Position;

    /// <summary>Whether more bits were used than there are.</summary>
    public readonly bool IsOverrun => _padding > Count;

    /// <summary>Makes at least 56 bits available.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill()
    {
        if (Count < 32)
        {
            FillMore();
        }
    }

    /// <summary>Takes <paramref name="count"/> bits, 1 to 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int count)
    {
        int value = (int)(Bits >> (64 - count));
        Bits <<= count;
        Count -= count;
        return value;
    }

    /// <summary>Takes a difference of <paramref name="size"/> bits, 1 to 16 (F.2.2.1, EXTEND).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeSigned(int size)
    {
        int value = Take(size);
        return value < 1 << (size - 1) ? value - (1 << size) + 1 : value;
    }

    /// <summary>Takes a symbol.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeSymbol(HuffmanTable table)
    {
        int entry = table.Lookup[(int)(Bits >> (64 - HuffmanTable.LookupBits))];
        if (entry == 0)
        {
            entry = table.FindLong((int)(Bits >> 48));
        }

        int length = entry >> 8;
        Bits <<= length;
        Count -= length;
        return entry & 0xff;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public void FillMore()
    {
        if (Position <= _data.Length - 8)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(_data[Position..]);
            if (((~next - 0x0101010101010101UL) & next & 0x8080808080808080UL) == 0)
            {
                Bits |= next >> Count;
                int bytes = (63 - Count) >> 3;
                Position += bytes;
                Count += 8 * bytes;
                return;
            }
        }

        FillByBytes();
    }

    /// <summary>Goes behind the restart marker that must come next.</summary>
    /// <exception cref="ImageException">Another marker, or none.</exception>
    public void TakeRestart()
    {
        DemandEnough();
        int marker = SkipToMarker();
        if (marker is < 0xd0 or > 0xd7)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "a restart marker is missing");
        }

        (Bits, Count, _padding) = (0, 0, 0);
        Position += 2;
    }

    /// <summary>Goes to the next marker, which is not taken.</summary>
    /// <returns>Its code, or -1 at the end.</returns>
    public int SkipToMarker()
    {
        while (Position < _data.Length)
        {
            int found = _data[Position..].IndexOf((byte)0xff);
            if (found < 0 || Position + found + 1 >= _data.Length)
            {
                break;
            }

            Position += found;
            if (_data[Position + 1] is not (0 or 0xff))
            {
                return _data[Position + 1];
            }

            Position++;
        }

        Position = _data.Length;
        return -1;
    }

    /// <exception cref="ImageException">More bits were used than there are.</exception>
    public readonly void DemandEnough()
    {
        if (IsOverrun)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "the JPEG codestream ends too early");
        }
    }

    private void FillByBytes()
    {
        // What was taken ahead is put down again: only whole bytes count here.
        Bits = Count == 0 ? 0 : Bits >> (64 - Count) << (64 - Count);
        while (Count <= 56)
        {
            ulong next = 0;
            if (Position >= _data.Length)
            {
                _padding += 8;
            }
            else if (_data[Position] != 0xff)
            {
                next = _data[Position++];
            }
            else if (Position + 1 < _data.Length && _data[Position + 1] == 0)
            {
                next = 0xff;
                Position += 2;
            }
            else if (Position + 1 < _data.Length && _data[Position + 1] == 0xff)
            {
                Position++;
                continue;
            }
            else
            {
                _padding += 8;
            }

            Bits |= next << (56 - Count);
            Count += 8;
        }

        // Long runs of zeros at the end must not overflow the count.
        _padding = Math.Min(_padding, 1 << 20);
    }
}
