using System.Text;
using System.Text.Json;
using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>
/// Parses JSON with comments and trailing commas into <see cref="ConfigurationNode"/>s that know their lines.
/// Depth is bounded; a name given twice in one object warns and the last one counts, as in Orthanc.
/// </summary>
public ref struct ConfigurationParser
{
    /// <summary>The greatest depth of nested lists and objects.</summary>
    public const int MaximumDepth = 64;

    private readonly ReadOnlySpan<byte> _utf8;
    private readonly string _source;
    private readonly ConfigurationProblems _problems;
    private Utf8JsonReader _reader;
    private int _countedTo;
    private int _line;

    private ConfigurationParser(ReadOnlySpan<byte> utf8, string source, ConfigurationProblems problems)
    {
        _utf8 = utf8;
        _source = source;
        _problems = problems;
        _line = 1;
        _reader = new Utf8JsonReader(utf8, new JsonReaderOptions
        {
            AllowTrailingCommas = true,
            CommentHandling = JsonCommentHandling.Skip,
            MaxDepth = MaximumDepth,
        });
    }

    /// <summary>Parses one JSON value.</summary>
    /// <param name="utf8">The text; a byte order mark is skipped.</param>
    /// <param name="source">The file, variable or request it came from, for messages.</param>
    /// <param name="problems">Takes what is wrong.</param>
    /// <returns>The value, or null if it is not JSON.</returns>
    public static ConfigurationNode? Parse(ReadOnlySpan<byte> utf8, string source, ConfigurationProblems problems)
    {
        if (utf8.StartsWith(Encoding.UTF8.Preamble))
        {
            utf8 = utf8[Encoding.UTF8.Preamble.Length..];
        }

        if (utf8.Trim(" \t\r\n"u8).IsEmpty)
        {
            problems.Error(source, "", "is empty: expected JSON", ErrorCode.BadJson);
            return null;
        }

        ConfigurationParser parser = new(utf8, source, problems);
        try
        {
            parser._reader.Read();
            ConfigurationNode node = parser.Value("");
            parser._reader.Read(); // anything after the value throws
            return node;
        }
        catch (JsonException e)
        {
            parser.Report(e);
            return null;
        }
        catch (InvalidOperationException)
        {
            problems.Error($"{source}:{parser.Line()}", "", "a text is not valid UTF-8", ErrorCode.BadJson);
            return null;
        }
    }

    private ConfigurationNode Value(string path)
    {
        int line = Line();
        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return Map(path, line);
            case JsonTokenType.StartArray:
                ConfigurationNode list = new(ConfigurationKind.List, _source, line);
                while (Next() != JsonTokenType.EndArray)
                {
                    list.Items.Add(Value($"{path}[{list.Items.Count}]"));
                }

                return list;
            case JsonTokenType.String:
                return new ConfigurationNode(ConfigurationKind.Text, _source, line) { Text = _reader.GetString()! };
            case JsonTokenType.Number:
                return new ConfigurationNode(ConfigurationKind.Number, _source, line) { Text = Encoding.UTF8.GetString(_reader.ValueSpan) };
            case JsonTokenType.True or JsonTokenType.False:
                string text = _reader.TokenType == JsonTokenType.True ? "true" : "false";
                return new ConfigurationNode(ConfigurationKind.Boolean, _source, line) { Text = text };
            default:
                return new ConfigurationNode(ConfigurationKind.Null, _source, line);
        }
    }

    private ConfigurationNode Map(string path, int line)
    {
        ConfigurationNode map = new(ConfigurationKind.Map, _source, line);
        Dictionary<string, int> lines = new(StringComparer.Ordinal);
        while (Next() != JsonTokenType.EndObject)
        {
            string name = _reader.GetString()!;
            int at = Line();
            string memberPath = path.Length == 0 ? name : $"{path}.{name}";
            Next();
            ConfigurationNode value = Value(memberPath);
            if (lines.TryGetValue(name, out int earlier))
            {
                _problems.Warn($"{_source}:{at}", memberPath, $"is given twice: the value of line {earlier} is replaced by this one");
                map.Set(name, value);
            }
            else
            {
                map.Members.Add(new(name, value));
            }

            lines[name] = at;
        }

        return map;
    }

    private JsonTokenType Next()
    {
        _reader.Read();
        return _reader.TokenType;
    }

    // The reader counts lines but shows them in exceptions alone. Tokens come in order, so each byte is looked at once.
    private int Line()
    {
        int at = (int)_reader.TokenStartIndex;
        _line += _utf8[_countedTo..at].Count((byte)'\n');
        _countedTo = at;
        return _line;
    }

    private readonly void Report(JsonException e)
    {
        int line = (int)(e.LineNumber ?? 0);
        int column = (int)(e.BytePositionInLine ?? 0);
        ReadOnlySpan<byte> rest = _utf8;
        for (int i = 0; i < line && rest.IndexOf((byte)'\n') is >= 0 and int end; i++)
        {
            rest = rest[(end + 1)..];
        }

        rest = rest[..(rest.IndexOf((byte)'\n') is >= 0 and int stop ? stop : rest.Length)];
        rest = rest[Math.Min(column, rest.Length)..];
        string found = Encoding.UTF8.GetString(rest[..Math.Min(rest.Length, 24)]).TrimEnd();
        string what = found.Length > 0 ? $"unexpected \"{found}\"" : "the line or the file ends too early";
        _problems.Error($"{_source}:{line + 1}", "", $"is not valid JSON: {what} at column {column + 1}", ErrorCode.BadJson);
    }
}
