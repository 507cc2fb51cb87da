using System.Text.Json;
using Edge.Core.Errors;

namespace Edge.Rest.Json;

/// <summary>
/// Reads the fields of a request's JSON body by Orthanc's rules: an absent field is the default, a field of another type is 400 (15). Searches and the
/// tools in bulk say 400 (8) for it: they give that code as <c>wrong</c>.
/// </summary>
public static class JsonArguments
{
    /// <summary>Demands that the body is an object.</summary>
    public static JsonElement AsObject(this JsonElement body, ErrorCode wrong = ErrorCode.BadFileFormat) =>
        body.ValueKind == JsonValueKind.Object ? body : throw Wrong(wrong, "body", "an object");

    /// <summary>A member of an object, or null where it is absent.</summary>
    public static JsonElement? Member(this JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out JsonElement value) ? value : null;

    public static bool Boolean(this JsonElement body, string name, bool absent, ErrorCode wrong = ErrorCode.BadFileFormat) => body.Member(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Wrong(wrong, name, "a boolean"),
    };

    public static string Text(this JsonElement body, string name, string absent) => body.OptionalText(name) ?? absent;

    public static string? OptionalText(this JsonElement body, string name, ErrorCode wrong = ErrorCode.BadFileFormat) => body.Member(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Wrong(wrong, name, "a string"),
    };

    /// <summary>A string that must be present.</summary>
    public static string MandatoryText(this JsonElement body, string name) => body.OptionalText(name) ?? throw Missing(name);

    /// <summary>An integer; absent is <paramref name="absent"/>.</summary>
    public static long Integer(this JsonElement body, string name, long absent, ErrorCode wrong = ErrorCode.BadFileFormat) => body.Member(name) switch
    {
        null => absent,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out long number) => number,
        _ => throw Wrong(wrong, name, "an integer"),
    };

    /// <summary>An array of strings; empty where it is absent.</summary>
    public static string[] Texts(this JsonElement body, string name, ErrorCode wrong = ErrorCode.BadFileFormat) => body.Member(name) is { } value ? value.AsTexts(name, wrong) : [];

    /// <summary>An array of strings that must be present.</summary>
    public static string[] MandatoryTexts(this JsonElement body, string name) => body.Member(name) is { } value ? value.AsTexts(name) : throw Missing(name);

    /// <summary>The elements of an array of strings.</summary>
    public static string[] AsTexts(this JsonElement value, string name, ErrorCode wrong = ErrorCode.BadFileFormat)
    {
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw Wrong(wrong, name, "an array of strings");
        }

        string[] texts = new string[value.GetArrayLength()];
        int count = 0;
        foreach (JsonElement element in value.EnumerateArray())
        {
            texts[count++] = element.ValueKind == JsonValueKind.String ? element.GetString()! : throw Wrong(wrong, name, "an array of strings");
        }

        return texts;
    }

    private static EdgeException Wrong(ErrorCode code, string name, string type) => new(code, $"The field \"{name}\" must be {type}");

    private static EdgeException Missing(string name) => new(ErrorCode.BadFileFormat, $"The field \"{name}\" is missing");
}
