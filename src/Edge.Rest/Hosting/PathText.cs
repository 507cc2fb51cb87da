using System.Text;

namespace Edge.Rest.Hosting;

/// <summary>Splits and decodes the path and the query of a request target.</summary>
internal static class PathText
{
    /// <summary>Splits <paramref name="path"/> at slashes. Repeated and trailing slashes count once, as Orthanc's HTTP server normalises them.</summary>
    /// <returns>The number of segments, the last one reaching to the end where there are more than fit; -1 where a segment is <c>.</c> or <c>..</c>.</returns>
    public static int Split(ReadOnlySpan<char> path, Span<RouteMatch.TextRange> segments)
    {
        int count = 0;
        int at = 0;
        while (at < path.Length)
        {
            if (path[at] == '/')
            {
                at++;
                continue;
            }

            int length = path[at..].IndexOf('/');
            length = length < 0 ? path.Length - at : length;
            if (IsDots(path.Slice(at, length)))
            {
                return -1;
            }

            if (count == segments.Length)
            {
                ref RouteMatch.TextRange last = ref segments[count - 1];
                last = new RouteMatch.TextRange(last.Start, at + length - last.Start);
            }
            else
            {
                segments[count++] = new RouteMatch.TextRange(at, length);
            }

            at += length;
        }

        return count;
    }

    /// <summary>Splits a path that holds percent-encoding; the ranges refer to <paramref name="text"/>, whose segments are decoded and joined by slashes.</summary>
    public static int SplitDecoded(ReadOnlySpan<char> path, Span<RouteMatch.TextRange> segments, out string text)
    {
        StringBuilder decoded = new(path.Length);
        int count = 0;
        int at = 0;
        text = "";
        while (at < path.Length)
        {
            if (path[at] == '/')
            {
                at++;
                continue;
            }

            int length = path[at..].IndexOf('/');
            length = length < 0 ? path.Length - at : length;
            string? segment = Decode(path.Slice(at, length), plusIsSpace: false);
            if (segment is null || IsDots(segment))
            {
                return -1;
            }

            decoded.Append('/');
            if (count == segments.Length)
            {
                ref RouteMatch.TextRange last = ref segments[count - 1];
                last = new RouteMatch.TextRange(last.Start, decoded.Length + segment.Length - last.Start);
            }
            else
            {
                segments[count++] = new RouteMatch.TextRange(decoded.Length, segment.Length);
            }

            decoded.Append(segment);
            at += length;
        }

        text = decoded.ToString();
        return count;
    }

    /// <summary>Replaces <c>%XX</c> by the bytes they stand for, read as UTF-8; a percent sign without two digits stays as it is, as in Orthanc.</summary>
    /// <returns>Null where a NUL or ill-formed UTF-8 comes out.</returns>
    public static string? Decode(ReadOnlySpan<char> text, bool plusIsSpace)
    {
        if (!text.Contains('%') && !(plusIsSpace && text.Contains('+')))
        {
            return text.ToString();
        }

        byte[] bytes = new byte[Encoding.UTF8.GetMaxByteCount(text.Length)];
        int count = 0;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            if (c == '%' && i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                bytes[count++] = (byte)((Hex(text[i + 1]) << 4) | Hex(text[i + 2]));
                i += 2;
            }
            else if (c == '+' && plusIsSpace)
            {
                bytes[count++] = (byte)' ';
            }
            else if (c < 0x80)
            {
                bytes[count++] = (byte)c;
            }
            else
            {
                int pair = char.IsHighSurrogate(c) && i + 1 < text.Length ? 2 : 1;
                count += Encoding.UTF8.GetBytes(text.Slice(i, pair), bytes.AsSpan(count));
                i += pair - 1;
            }
        }

        ReadOnlySpan<byte> decoded = bytes.AsSpan(0, count);
        return decoded.Contains((byte)0) || !System.Text.Unicode.Utf8.IsValid(decoded) ? null : Encoding.UTF8.GetString(decoded);
    }

    private static bool IsDots(ReadOnlySpan<char> segment) => segment is "." or "..";

    private static int Hex(char c) => c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}
