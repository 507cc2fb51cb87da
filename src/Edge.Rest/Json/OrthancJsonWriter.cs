using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Edge.Rest.Json;

/// <summary>
/// Conveniences for answers in Orthanc's style. Its JSON library sorts the keys of an object; writers here write them in
/// that order, and <see cref="SortedMap"/> does so for maps whose keys come from data.
/// </summary>
public static class OrthancJsonWriter
{
    /// <summary>An array of strings as a member.</summary>
    public static void Texts(this Utf8JsonWriter json, ReadOnlySpan<byte> name, IEnumerable<string> values)
    {
        json.WritePropertyName(name);
        json.Texts(values);
    }

    /// <summary>An array of strings.</summary>
    public static void Texts(this Utf8JsonWriter json, IEnumerable<string> values)
    {
        json.WriteStartArray();
        foreach (string value in values)
        {
            json.WriteStringValue(value);
        }

        json.WriteEndArray();
    }

    /// <summary>An object of strings, its keys sorted by code units as Orthanc sorts bytes.</summary>
    public static void SortedMap(this Utf8JsonWriter json, IEnumerable<KeyValuePair<string, string>> members)
    {
        KeyValuePair<string, string>[] sorted = [.. members];
        Array.Sort(sorted, static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        json.WriteStartObject();
        foreach ((string key, string value) in sorted)
        {
            json.WriteString(key, value);
        }

        json.WriteEndObject();
    }

    /// <summary>A size in bytes as Orthanc writes it: a decimal string.</summary>
    public static void Size(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long bytes)
    {
        Span<char> digits = stackalloc char[20];
        bool fits = bytes.TryFormat(digits, out int count, default, CultureInfo.InvariantCulture);
        Debug.Assert(fits, "a long has at most 20 characters");
        json.WriteString(name, digits[..count]);
    }

    /// <summary>A string, or null.</summary>
    public static void TextOrNull(this Utf8JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, value);
        }
    }

    /// <summary>A number, or null.</summary>
    public static void NumberOrNull(this Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
