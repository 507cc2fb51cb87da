using System.Buffers.Binary;
using System.Text;

namespace Edge.Dimse.Protocol;

/// <summary>Walks over items of type, reserved byte, 16-bit length (big endian), value (PS3.8 9.3.1). Every length is checked against what is there.</summary>
internal ref struct ItemReader(ReadOnlySpan<byte> bytes, string within)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The next item, or false at the end.</summary>
    public bool Next(out byte type, out ReadOnlySpan<byte> value)
    {
        if (_rest.IsEmpty)
        {
            type = 0;
            value = default;
            return false;
        }

        if (_rest.Length < 4)
        {
            throw Malformed($"{_rest.Length} bytes left in the {within}, too few for an item");
        }

        type = _rest[0];
        int length = BinaryPrimitives.ReadUInt16BigEndian(_rest[2..]);
        if (length > _rest.Length - 4)
        {
            throw Malformed($"item {type:X2}H of {length} bytes in the last {_rest.Length - 4} bytes of the {within}");
        }

        value = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return true;
    }

    public static PduFormatException Malformed(string detail) => new(AbortReason.InvalidPduParameterValue, detail);

    /// <summary>A UID, or any other name, without the padding that some peers send. Bytes that no UID holds become '?': it then matches nothing.</summary>
    public static string Uid(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimEnd((byte)0).Trim((byte)' ');
        return bytes.ContainsAnyExceptInRange((byte)0x21, (byte)0x7E)
            ? string.Create(bytes.Length, bytes, static (text, source) =>
            {
                for (int i = 0; i < text.Length; i++)
                {
                    text[i] = source[i] is >= 0x21 and <= 0x7E ? (char)source[i] : '?';
                }
            })
            : Encoding.ASCII.GetString(bytes);
    }

    /// <summary>An AE title or version name: padding removed, control characters become '?'.</summary>
    public static string Text(ReadOnlySpan<byte> bytes)
    {
        bytes = bytes.TrimEnd((byte)0).Trim((byte)' ');
        return string.Create(bytes.Length, bytes, static (text, source) =>
        {
            for (int i = 0; i < text.Length; i++)
            {
                text[i] = source[i] is >= 0x20 and not (>= 0x7F and <= 0x9F) ? (char)source[i] : '?';
            }
        });
    }

    /// <summary>Cuts a value preceded by its 16-bit length off the front of <paramref name="rest"/>.</summary>
    public static ReadOnlySpan<byte> Counted(ref ReadOnlySpan<byte> rest, string what)
    {
        if (rest.Length < 2 || BinaryPrimitives.ReadUInt16BigEndian(rest) > rest.Length - 2)
        {
            throw Malformed($"{what}: its length exceeds the sub-item");
        }

        int length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        ReadOnlySpan<byte> value = rest.Slice(2, length);
        rest = rest[(2 + length)..];
        return value;
    }
}
