using System.Text.Json;

namespace Edge.Engine.Jobs;

/// <summary>Conveniences for requests and contents of jobs.</summary>
public static class JobJson
{
    /// <summary>A member that is an array of strings.</summary>
    public static void Texts(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> values)
    {
        json.WriteStartArray(name);
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>An array of strings that <see cref="Texts"/> wrote.</summary>
    public static string[] TextsOf(this JsonElement request, string name)
    {
        JsonElement list = request.GetProperty(name);
        string[] texts = new string[list.GetArrayLength()];
        int count = 0;
        foreach (JsonElement text in list.EnumerateArray())
        {
            texts[count++] = text.GetString() ?? "";
        }

        return texts;
    }

    public static string TextOf(this JsonElement request, string name) => request.GetProperty(name).GetString() ?? "";

    /// <summary>A text that may be null.</summary>
    public static string? OptionalTextOf(this JsonElement request, string name) => request.TryGetProperty(name, out JsonElement value) ? value.GetString() : null;

    /// <summary>The UTF-8 of a member's value.</summary>
    public static byte[] RawOf(this JsonElement request, string name) => System.Text.Encoding.UTF8.GetBytes(request.GetProperty(name).GetRawText());
}
