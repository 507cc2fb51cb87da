using System.Globalization;
using System.Text.Unicode;

namespace Edge.Rest.Json;

/// <summary>Checks of JSON text that the framework's parser puts off until a string is read.</summary>
internal static class JsonText
{
    /// <summary>Whether the text is UTF-8 and its <c>\u</c> escapes form UTF-16.</summary>
    public static bool IsWellFormed(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json))
        {
            return false;
        }

        int at;
        while ((at = json.IndexOf((byte)'\\')) >= 0)
        {
            json = json[at..];
            if (Escape(json) is not { } unit)
            {
                json = json[Math.Min(2, json.Length)..];
                continue;
            }

            if (char.IsHighSurrogate(unit))
            {
                if (Escape(json[6..]) is not { } low || !char.IsLowSurrogate(low))
                {
                    return false;
                }

                json = json[6..];
            }
            else if (char.IsLowSurrogate(unit))
            {
                return false;
            }

            json = json[6..];
        }

        return true;
    }

    /// <summary>The code unit of the <c>\uXXXX</c> that the text begins with, or null.</summary>
    private static char? Escape(ReadOnlySpan<byte> json) =>
        json.Length >= 6 && json[0] == '\\' && json[1] == 'u' && ushort.TryParse(json.Slice(2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort unit)
            ? (char)unit
            : null;
}
