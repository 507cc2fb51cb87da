using System.Buffers.Binary;
using System.Text;

namespace Edge.Dimse.Protocol;

/// <summary>Builds a PDU of nested items in a growing array; lengths are filled in when an item ends.</summary>
internal sealed class ItemWriter
{
    private byte[] _bytes = new byte[1024];
    private int _length;

    public byte[] ToArray() => _bytes.AsSpan(0, _length).ToArray();

    public void Byte(byte value) => Room(1)[0] = value;

    public void UInt16(int value) => BinaryPrimitives.WriteUInt16BigEndian(Room(2), checked((ushort)value));

    public void UInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Room(4), value);

    public void Zeros(int count) => Room(count).Clear();

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Room(value.Length));

    /// <summary>Characters up to FFH as one byte each.</summary>
    public void Text(string value) => Encoding.Latin1.GetBytes(value, Room(value.Length));

    /// <summary>An AE title in its 16 bytes, padded with spaces.</summary>
    /// <exception cref="ArgumentException">More than 16 characters.</exception>
    public void AeTitle(string value)
    {
        if (value.Length > 16)
        {
            throw new ArgumentException($"AE title \"{value}\" has more than 16 characters");
        }

        Span<byte> field = Room(16);
        field.Fill((byte)' ');
        Encoding.Latin1.GetBytes(value, field);
    }

    /// <summary>A value preceded by its 16-bit length.</summary>
    public void Counted(ReadOnlySpan<byte> value)
    {
        UInt16(value.Length);
        Bytes(value);
    }

    public void Counted(string value)
    {
        UInt16(value.Length);
        Text(value);
    }

    public void Item(byte type, string value)
    {
        int at = Begin(type);
        Text(value);
        End(at);
    }

    /// <summary>Begins an item; give the result to <see cref="End"/>.</summary>
    public int Begin(byte type, byte second = 0)
    {
        Byte(type);
        Byte(second);
        UInt16(0);
        return _length;
    }

    /// <exception cref="ArgumentException">The item is longer than its 16-bit length can say.</exception>
    public void End(int at)
    {
        int length = _length - at;
        if (length > ushort.MaxValue)
        {
            throw new ArgumentException($"item {_bytes[at - 4]:X2}H of {length} bytes: an item has at most 65535");
        }

        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(at - 2), (ushort)length);
    }

    public int BeginPdu(PduType type)
    {
        Byte((byte)type);
        Byte(0);
        UInt32(0);
        return _length;
    }

    public void EndPdu(int at) => BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(at - 4), (uint)(_length - at));

    private Span<byte> Room(int count)
    {
        if (_bytes.Length - _length < count)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + count));
        }

        _length += count;
        return _bytes.AsSpan(_length - count, count);
    }
}
