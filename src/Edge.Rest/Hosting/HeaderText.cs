namespace Edge.Rest.Hosting;

/// <summary>Keeps text of clients from breaking out of a header.</summary>
internal static class HeaderText
{
    /// <summary>The value without control characters and characters outside ASCII.</summary>
    public static string WithoutControls(string value) => Filter(value, keepQuotes: true);

    /// <summary>Longer names fit into no file system, and long enough ones into no client's headers.</summary>
    private const int LongestFileName = 255;

    /// <summary><c>filename="x"</c>, the name without double quotes, backslashes and control characters (since Orthanc 1.12.11), cut after 255 characters.</summary>
    public static string FileName(string name)
    {
        string kept = Filter(name, keepQuotes: false);
        return $"filename=\"{(kept.Length > LongestFileName ? kept[..LongestFileName] : kept)}\"";
    }

    private static string Filter(string value, bool keepQuotes)
    {
        bool clean = true;
        foreach (char c in value)
        {
            clean &= Keeps(c, keepQuotes);
        }

        if (clean)
        {
            return value;
        }

        return string.Concat(value.Where(c => Keeps(c, keepQuotes)));
    }

    private static bool Keeps(char c, bool keepQuotes) => c is >= ' ' and < '\x7f' && (keepQuotes || c is not ('"' or '\\'));
}
