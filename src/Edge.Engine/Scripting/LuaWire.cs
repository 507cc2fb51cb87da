using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Engine.Scripting;

/// <summary>A function of the host for scripts. It runs on the script's thread; what it throws becomes a Lua error there.</summary>
/// <param name="arguments">Valid during the call alone.</param>
/// <param name="results">Takes the results.</param>
public delegate void LuaFunction(LuaArguments arguments, LuaWriter results);

/// <summary>Writes values for Lua in the bytes of the C shim (<c>edgelua.c</c>, "wire").</summary>
public sealed class LuaWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Nil() => Tag('N');

    public void Boolean(bool value) => Tag(value ? 'T' : 'F');

    public void Integer(long value)
    {
        Tag('I');
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Number(double value)
    {
        Tag('D');
        BinaryPrimitives.WriteDoubleLittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    /// <summary>A string as UTF-8, or nil for null.</summary>
    public void Text(string? value)
    {
        if (value is null)
        {
            Nil();
            return;
        }

        Tag('S');
        int size = Encoding.UTF8.GetByteCount(value);
        Span<byte> target = _bytes.GetSpan(4 + size);
        BinaryPrimitives.WriteInt32LittleEndian(target, size);
        Encoding.UTF8.GetBytes(value, target[4..]);
        _bytes.Advance(4 + size);
    }

    /// <summary>A string of bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> value)
    {
        Tag('S');
        Span<byte> target = _bytes.GetSpan(4 + value.Length);
        BinaryPrimitives.WriteInt32LittleEndian(target, value.Length);
        value.CopyTo(target[4..]);
        _bytes.Advance(4 + value.Length);
    }

    /// <summary>Begins a table: then follow keys and values in turn, then <see cref="EndTable"/>.</summary>
    public void BeginTable() => Tag('{');

    public void EndTable() => Tag('}');

    /// <summary>The value of a JSON text: objects and arrays as tables, numbers as integers where they are; null is nil, so that it is absent from tables.</summary>
    /// <exception cref="System.Text.Json.JsonException">The text is no JSON, or nested more than 64 deep.</exception>
    public void Json(ReadOnlySpan<byte> utf8) => LuaJson.Parse(utf8, this);

    private void Tag(char tag)
    {
        _bytes.GetSpan(1)[0] = (byte)tag;
        _bytes.Advance(1);
    }
}

/// <summary>The arguments of a call, or the results of a function of the script.</summary>
public readonly ref struct LuaArguments
{
    private const int Maximum = 16;
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Offsets _offsets;

    internal LuaArguments(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes;
        int at = 0;
        while (at < bytes.Length && Count < Maximum)
        {
            _offsets[Count++] = at;
            LuaValue.Skip(bytes, ref at);
        }

        if (Count < Maximum)
        {
            _offsets[Count] = at;
        }
    }

    /// <summary>How many there are; those past the sixteenth are dropped.</summary>
    public int Count { get; }

    /// <summary>Whether an argument is absent or nil.</summary>
    public bool IsNil(int index) => Kind(index) == 'N';

    public bool IsTable(int index) => Kind(index) == '{';

    public bool IsText(int index) => Kind(index) == 'S';

    /// <summary>A string; null where the argument is no string.</summary>
    public string? Text(int index) => IsText(index) ? Encoding.UTF8.GetString(RawText(index)) : null;

    /// <summary>The bytes of a string; empty where the argument is no string.</summary>
    public ReadOnlySpan<byte> RawText(int index) => IsText(index) ? LuaValue.Text(_bytes, _offsets[index]) : default;

    /// <summary>Lua's truth: everything but nil and false.</summary>
    public bool Boolean(int index) => Kind(index) is not ('N' or 'F');

    /// <summary>A number as an integer; null where it is none.</summary>
    public long? Integer(int index) => Kind(index) switch
    {
        'I' => BinaryPrimitives.ReadInt64LittleEndian(_bytes[(_offsets[index] + 1)..]),
        'D' when BinaryPrimitives.ReadDoubleLittleEndian(_bytes[(_offsets[index] + 1)..]) is var number && Math.Floor(number) == number && Math.Abs(number) < 1e15 => (long)number,
        _ => null,
    };

    /// <summary>The argument as JSON, with Orthanc's rules for <c>DumpJson</c>.</summary>
    /// <param name="keepStrings">Whether strings that look like integers stay strings.</param>
    public byte[] Json(int index, bool keepStrings) => LuaJson.Dump(index < Count ? _bytes[_offsets[index]..] : "N"u8, keepStrings);

    /// <summary>A table of strings and numbers as a dictionary; empty for anything else.</summary>
    public Dictionary<string, string> Map(int index)
    {
        Dictionary<string, string> map = new(StringComparer.OrdinalIgnoreCase);
        if (!IsTable(index))
        {
            return map;
        }

        int at = _offsets[index] + 1;
        while (_bytes[at] != '}')
        {
            int key = at;
            LuaValue.Skip(_bytes, ref at);
            int value = at;
            LuaValue.Skip(_bytes, ref at);
            if (LuaValue.Scalar(_bytes, key) is { } name && LuaValue.Scalar(_bytes, value) is { } text)
            {
                map[name] = text;
            }
        }

        return map;
    }

    private char Kind(int index) => index < Count ? (char)_bytes[_offsets[index]] : 'N';

    [System.Runtime.CompilerServices.InlineArray(Maximum)]
    private struct Offsets
    {
        private int _first;
    }
}

/// <summary>Steps over values in the shim's bytes. The shim bounds their depth; their lengths are its own.</summary>
internal static class LuaValue
{
    public static ReadOnlySpan<byte> Text(ReadOnlySpan<byte> bytes, int at) => bytes.Slice(at + 5, BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 1)..]));

    /// <summary>Moves past one value.</summary>
    public static void Skip(ReadOnlySpan<byte> bytes, ref int at)
    {
        int depth = 0;
        do
        {
            switch ((char)bytes[at])
            {
                case 'N' or 'T' or 'F':
                    at++;
                    break;
                case 'I' or 'D':
                    at += 9;
                    break;
                case 'S':
                    at += 5 + BinaryPrimitives.ReadInt32LittleEndian(bytes[(at + 1)..]);
                    break;
                case '{':
                    depth++;
                    at++;
                    break;
                case '}' when depth > 0:
                    depth--;
                    at++;
                    break;
                default:
                    throw new EdgeException(ErrorCode.InternalError, "a value of a script is malformed");
            }
        }
        while (depth > 0);
    }

    /// <summary>A string, number or boolean as text; null for others.</summary>
    public static string? Scalar(ReadOnlySpan<byte> bytes, int at) => (char)bytes[at] switch
    {
        'S' => Encoding.UTF8.GetString(Text(bytes, at)),
        'I' => BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 1)..]).ToString(System.Globalization.CultureInfo.InvariantCulture),
        'D' => BinaryPrimitives.ReadDoubleLittleEndian(bytes[(at + 1)..]).ToString("R", System.Globalization.CultureInfo.InvariantCulture),
        'T' => "true",
        'F' => "false",
        _ => null,
    };
}
