using System.Globalization;
using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <summary>The <c>Range</c> header as Orthanc reads it (since 1.12.5).</summary>
internal static class ByteRange
{
    /// <summary>
    /// <c>bytes=a-b</c>; <c>bytes=-</c> is everything, <c>bytes=a-</c> to the end, and <c>bytes=-b</c> means 0 to b inclusive
    /// (not the last b bytes). An end past the last byte is cut down to it.
    /// </summary>
    /// <returns>Offset and count of bytes.</returns>
    /// <exception cref="EdgeException">416 (41): malformed, several ranges, or beginning past the end.</exception>
    public static (long Offset, long Count) Parse(string header, long length)
    {
        const string unit = "bytes=";
        ReadOnlySpan<char> text = header.AsSpan().Trim();
        int dash = text.IndexOf('-');
        if (!text.StartsWith(unit, StringComparison.Ordinal) || dash < 0)
        {
            throw Bad();
        }

        long first = Number(text[unit.Length..dash], 0);
        long last = Math.Min(Number(text[(dash + 1)..], length - 1), length - 1);
        return first <= last ? (first, last - first + 1) : throw Bad();
    }

    private static long Number(ReadOnlySpan<char> text, long absent)
    {
        if (text.IsEmpty)
        {
            return absent;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value : throw Bad();
    }

    private static EdgeException Bad() => new(ErrorCode.BadRange);
}
