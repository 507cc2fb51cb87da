using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Edge.Engine.Scripting;

/// <summary>JSON of scripts, as Orthanc's <c>DumpJson</c> and <c>ParseJson</c> treat it.</summary>
internal static class LuaJson
{
    private const int MaximumDepth = 64;
    private static readonly JsonReaderOptions ReaderRules = new() { MaxDepth = MaximumDepth, CommentHandling = JsonCommentHandling.Skip };

    /// <summary>Compact JSON of one value: keys sorted, a table with keys 1 to n (or none) as an array, functions as null.</summary>
    public static byte[] Dump(ReadOnlySpan<byte> value, bool keepStrings)
    {
        ArrayBufferWriter<byte> output = new();
        using (Utf8JsonWriter json = new(output, new JsonWriterOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping, MaxDepth = MaximumDepth + 8 }))
        {
            int at = 0;
            Dump(value, ref at, json, keepStrings);
        }

        return EscapeNonAscii(output.WrittenSpan);
    }

    /// <summary>Writes a JSON text as a Lua value.</summary>
    public static void Parse(ReadOnlySpan<byte> utf8, LuaWriter output)
    {
        Utf8JsonReader reader = new(utf8, ReaderRules);
        Stack<int> arrays = new(); // the next index of each open array; -1 for objects
        while (reader.Read())
        {
            if (reader.TokenType is not (JsonTokenType.EndArray or JsonTokenType.EndObject or JsonTokenType.PropertyName) && arrays.TryPeek(out int index) && index > 0)
            {
                arrays.Pop();
                arrays.Push(index + 1);
                output.Integer(index);
            }

            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    arrays.Push(reader.TokenType == JsonTokenType.StartArray ? 1 : -1);
                    output.BeginTable();
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    arrays.Pop();
                    output.EndTable();
                    break;
                case JsonTokenType.PropertyName or JsonTokenType.String:
                    output.Text(Unescaped(ref reader));
                    break;
                case JsonTokenType.Number:
                    WriteNumber(ref reader, output);
                    break;
                case JsonTokenType.True or JsonTokenType.False:
                    output.Boolean(reader.TokenType == JsonTokenType.True);
                    break;
                default:
                    output.Nil();
                    break;
            }
        }
    }

    /// <summary>The reader accepts what is no UTF-8 and no UTF-16, and refuses it only here.</summary>
    private static string? Unescaped(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException failure)
        {
            throw new JsonException("a string is ill-formed", failure);
        }
    }

    private static void WriteNumber(ref Utf8JsonReader reader, LuaWriter output)
    {
        if (reader.TryGetInt64(out long integer))
        {
            output.Integer(integer);
        }
        else
        {
            output.Number(reader.GetDouble());
        }
    }

    /// <summary>The depth is bounded by the shim, which refuses deeper tables.</summary>
    private static void Dump(ReadOnlySpan<byte> bytes, ref int at, Utf8JsonWriter json, bool keepStrings)
    {
        switch ((char)bytes[at])
        {
            case 'T' or 'F':
                json.WriteBooleanValue(bytes[at] == 'T');
                at++;
                return;
            case 'I':
                json.WriteNumberValue(BinaryPrimitives.ReadInt64LittleEndian(bytes[(at + 1)..]));
                at += 9;
                return;
            case 'D':
                DumpNumber(BinaryPrimitives.ReadDoubleLittleEndian(bytes[(at + 1)..]), json);
                at += 9;
                return;
            case 'S':
                DumpText(LuaValue.Text(bytes, at), json, keepStrings);
                LuaValue.Skip(bytes, ref at);
                return;
            case '{':
                DumpTable(bytes, ref at, json, keepStrings);
                return;
            default:
                json.WriteNullValue();
                at++;
                return;
        }
    }

    private static void DumpTable(ReadOnlySpan<byte> bytes, ref int at, Utf8JsonWriter json, bool keepStrings)
    {
        List<(string Key, long Index, int Value)> members = [];
        at++;
        bool array = true;
        while (bytes[at] != '}')
        {
            int key = at;
            LuaValue.Skip(bytes, ref at);
            long index = bytes[key] == 'I' ? BinaryPrimitives.ReadInt64LittleEndian(bytes[(key + 1)..]) : 0;
            array &= index > 0;
            members.Add((LuaValue.Scalar(bytes, key) ?? "", index, at));
            LuaValue.Skip(bytes, ref at);
        }

        at++;
        if (array)
        {
            members.Sort(static (a, b) => a.Index.CompareTo(b.Index));
            array = members.Count == 0 || members[^1].Index == members.Count;
        }

        if (array)
        {
            json.WriteStartArray();
        }
        else
        {
            members.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
            json.WriteStartObject();
        }

        foreach ((string key, _, int value) in members)
        {
            if (!array)
            {
                json.WritePropertyName(key);
            }

            int inner = value;
            Dump(bytes, ref inner, json, keepStrings);
        }

        if (array)
        {
            json.WriteEndArray();
        }
        else
        {
            json.WriteEndObject();
        }
    }

    private static void DumpNumber(double value, Utf8JsonWriter json)
    {
        if (!double.IsFinite(value))
        {
            json.WriteNullValue();
        }
        else if (Math.Floor(value) == value && Math.Abs(value) < 9e15)
        {
            json.WriteNumberValue((long)value);
        }
        else
        {
            json.WriteNumberValue(value);
        }
    }

    private static void DumpText(ReadOnlySpan<byte> text, Utf8JsonWriter json, bool keepStrings)
    {
        if (!keepStrings && text.Length is > 0 and < 19 && long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number))
        {
            json.WriteNumberValue(number);
        }
        else
        {
            json.WriteStringValue(Encoding.UTF8.GetString(text)); // bytes that are no UTF-8 become U+FFFD
        }
    }

    /// <summary>Escapes what is not ASCII, as Orthanc's library does: such characters occur inside strings alone.</summary>
    private static byte[] EscapeNonAscii(ReadOnlySpan<byte> json)
    {
        if (Ascii.IsValid(json))
        {
            return json.ToArray();
        }

        StringBuilder text = new(json.Length + 64);
        foreach (char c in Encoding.UTF8.GetString(json))
        {
            if (c < 0x80)
            {
                text.Append(c);
            }
            else
            {
                text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            }
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
