using System.Globalization;
using System.Text;

namespace Edge.Engine.Archives;

/// <summary>The names of folders and files in archives, as Orthanc 1.12.11 makes them.</summary>
internal static class ArchiveNames
{
    /// <summary>A folder, of values joined by spaces.</summary>
    /// <param name="unknown">Its name where nothing of the values is left.</param>
    /// <param name="utf8">Whether characters outside ASCII are kept; else they are dropped.</param>
    /// <param name="values">Null and empty ones count as nothing.</param>
    public static string Folder(string unknown, bool utf8, params ReadOnlySpan<string?> values)
    {
        StringBuilder name = new();
        foreach (string? value in values)
        {
            name.Append(value).Append(' ');
        }

        string clean = Clean(name.ToString(), utf8);
        // What is made of separators of person names or of dots alone says nothing, and dots would lead out of the folder.
        return clean.AsSpan().Trim("^. ").IsEmpty ? unknown : clean;
    }

    /// <summary>A file: the first letters of the modality and a number, eight characters in all where they suffice.</summary>
    public static string File(string? modality, int number)
    {
        Span<char> letters = stackalloc char[2];
        int count = 0;
        foreach (char c in modality ?? "")
        {
            if (count < 2 && char.IsAsciiLetterOrDigit(c))
            {
                letters[count++] = char.ToUpperInvariant(c);
            }
        }

        return string.Concat(letters[..count], number.ToString(CultureInfo.InvariantCulture).PadLeft(8 - count, '0'), ".dcm");
    }

    /// <summary>
    /// The numbers of a series' files: the InstanceNumbers where every instance has one of its own, else a count from 0, so that no two
    /// files share a name (docs/decisions/0017).
    /// </summary>
    /// <param name="instanceNumbers">(0020,0013) as it stands in each instance, or null.</param>
    public static int[] Numbers(ReadOnlySpan<string?> instanceNumbers)
    {
        int[] numbers = new int[instanceNumbers.Length];
        HashSet<int> taken = new(instanceNumbers.Length);
        for (int i = 0; i < numbers.Length; i++)
        {
            if (!int.TryParse(instanceNumbers[i].AsSpan().Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out numbers[i])
                || numbers[i] < 0 || !taken.Add(numbers[i]))
            {
                return [.. Enumerable.Range(0, numbers.Length)];
            }
        }

        return numbers;
    }

    /// <summary>The name, or the first of <c>name-2</c>, <c>name-3</c>, ... that is free; it is taken then.</summary>
    public static string Unique(Dictionary<string, int> taken, string name)
    {
        // File systems of Windows do not tell cases apart.
        int uses = taken[name] = taken.GetValueOrDefault(name) + 1;
        return uses == 1 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}-{uses}");
    }

    // What no file system takes, and white space of any kind, becomes one space.
    private static string Clean(string text, bool utf8)
    {
        StringBuilder clean = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune) || rune.Value is '/' or '\\' or ':' or '*' or '?' or '"' or '<' or '>' or '|')
            {
                if (clean.Length > 0 && clean[^1] != ' ')
                {
                    clean.Append(' ');
                }
            }
            else if (rune.IsAscii || (utf8 && rune != Rune.ReplacementChar))
            {
                clean.Append(rune.ToString());
            }
        }

        return clean.ToString().TrimEnd(' ');
    }
}
