using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Edge.Rest.Json;

/// <summary>
/// Turns a JSON answer into Orthanc's XML: root element <c>root</c>, members as elements of their names, array elements as
/// repeated <c>item</c>, indented by two spaces.
/// </summary>
public static class XmlAnswer
{
    public const string ContentType = "application/xml; charset=utf-8";

    /// <summary>Converts one JSON document, iteratively, to a depth that the reader bounds.</summary>
    public static void Convert(ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = 256 });
        Stack<(string Name, bool IsArray, bool HasContent)> open = new();
        string? name = "root";
        Write(output, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"u8);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    name = ElementName(reader.GetString()!);
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    string container = name ?? "item";
                    OpenParent(open, output);
                    open.Push((container, reader.TokenType == JsonTokenType.StartArray, false));
                    name = null;
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    Close(open, output);
                    break;
                default:
                    OpenParent(open, output);
                    WriteLeaf(ref reader, open.Count, name ?? "item", output);
                    name = null;
                    break;
            }
        }
    }

    /// <summary>Writes the start tag of the innermost element, once it is known to have content.</summary>
    private static void OpenParent(Stack<(string Name, bool IsArray, bool HasContent)> open, IBufferWriter<byte> output)
    {
        if (open.Count == 0)
        {
            return;
        }

        (string name, bool isArray, bool hasContent) = open.Pop();
        if (!hasContent)
        {
            Indent(open.Count, output);
            WriteText(output, $"<{name}>\n");
        }

        open.Push((name, isArray, true));
    }

    private static void Close(Stack<(string Name, bool IsArray, bool HasContent)> open, IBufferWriter<byte> output)
    {
        (string name, _, bool hasContent) = open.Pop();
        Indent(open.Count, output);
        WriteText(output, hasContent ? $"</{name}>\n" : $"<{name} />\n");
    }

    private static void WriteLeaf(ref Utf8JsonReader reader, int depth, string name, IBufferWriter<byte> output)
    {
        string value = reader.TokenType switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.True => "true",
            JsonTokenType.False => "false",
            JsonTokenType.Null => "null",
            _ => Encoding.UTF8.GetString(reader.ValueSpan),
        };
        Indent(depth, output);
        WriteText(output, value.Length == 0 ? $"<{name}></{name}>\n" : $"<{name}>{Escape(value)}</{name}>\n");
    }

    private static void Indent(int depth, IBufferWriter<byte> output)
    {
        for (int i = 0; i < depth; i++)
        {
            Write(output, "  "u8);
        }
    }

    /// <summary>Replaces what XML 1.0 does not allow in a name, so that the document stays well-formed (tags such as <c>0010,0010</c>).</summary>
    private static string ElementName(string key)
    {
        StringBuilder name = new(key.Length + 1);
        foreach (char c in key)
        {
            name.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.' ? c : '_');
        }

        if (name.Length == 0 || !(char.IsAsciiLetter(name[0]) || name[0] == '_'))
        {
            name.Insert(0, '_');
        }

        return name.ToString();
    }

    private static string Escape(string value)
    {
        StringBuilder text = new(value.Length + 16);
        foreach (char c in value)
        {
            switch (c)
            {
                case '&': text.Append("&amp;"); break;
                case '<': text.Append("&lt;"); break;
                case '>': text.Append("&gt;"); break;
                case '"': text.Append("&quot;"); break;
                case '\'': text.Append("&apos;"); break;
                case '\t' or '\n' or '\r' or >= ' ': text.Append(c); break;
                default: text.Append(' '); break; // control characters cannot be written in XML 1.0
            }
        }

        return text.ToString();
    }

    private static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> bytes) => output.Write(bytes);

    private static void WriteText(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
