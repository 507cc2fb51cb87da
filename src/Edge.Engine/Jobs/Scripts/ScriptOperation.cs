using System.Text.Json;
using Edge.Core.Errors;

namespace Edge.Engine.Jobs.Scripts;

/// <summary>One operation that a callback has asked for.</summary>
/// <param name="Kind"><c>store</c>, <c>peer</c>, <c>modify</c>, <c>system</c> or <c>delete</c>.</param>
/// <param name="Id">The public id of a resource; empty for what the operation before has made.</param>
/// <param name="Fields">The other members.</param>
public sealed record ScriptOperation(string Kind, string Id, JsonElement Fields)
{
    /// <summary>More than any script means to ask for at once.</summary>
    private const int Most = 10_000;

    /// <summary>The operations in the JSON that the script's notes make.</summary>
    /// <exception cref="EdgeException">CannotExecuteLua: too many, or the notes were tampered with.</exception>
    public static List<ScriptOperation> ReadAll(ReadOnlyMemory<byte> json)
    {
        List<ScriptOperation> operations = [];
        if (json.IsEmpty)
        {
            return operations;
        }

        using JsonDocument document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            return operations; // an empty table
        }

        if (document.RootElement.GetArrayLength() > Most)
        {
            throw new EdgeException(ErrorCode.CannotExecuteLua, $"A callback may ask for {Most} operations at most");
        }

        foreach (JsonElement noted in document.RootElement.EnumerateArray())
        {
            JsonElement fields = noted.Clone();
            if (fields.ValueKind != JsonValueKind.Object
                || !fields.TryGetProperty("operation"u8, out JsonElement kind) || kind.ValueKind != JsonValueKind.String
                || !fields.TryGetProperty("id"u8, out JsonElement id) || id.ValueKind != JsonValueKind.String)
            {
                throw new EdgeException(ErrorCode.CannotExecuteLua, "The operations that a callback asks for cannot be read");
            }

            operations.Add(new ScriptOperation(kind.GetString()!, id.GetString()!, fields));
        }

        return operations;
    }

    /// <summary>A text of the operation; null where it has none.</summary>
    public string? Text(string name) => Fields.TryGetProperty(name, out JsonElement value)
        ? value.ValueKind == JsonValueKind.String ? value.GetString() : value.ValueKind == JsonValueKind.Null ? null : value.GetRawText()
        : null;

    /// <summary>The texts of an array; empty where there is none.</summary>
    public IEnumerable<string> Texts(string name)
    {
        if (Fields.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement text in list.EnumerateArray())
            {
                yield return text.ValueKind == JsonValueKind.String ? text.GetString()! : text.GetRawText();
            }
        }
    }
}
