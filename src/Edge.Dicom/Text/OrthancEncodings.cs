namespace Edge.Dicom.Text;

/// <summary>The names of <see cref="OrthancEncoding"/>.</summary>
public static class OrthancEncodings
{
    private static readonly string[] Names =
    [
        "Ascii", "Utf8", "Latin1", "Latin2", "Latin3", "Latin4", "Latin5", "Cyrillic", "Windows1251", "Arabic", "Greek", "Hebrew", "Thai",
        "Japanese", "JapaneseKanji", "Korean", "SimplifiedChinese", "Chinese",
    ];

    /// <summary>All names, in the order of the enum.</summary>
    public static IReadOnlyList<string> All => Names;

    public static string NameOf(OrthancEncoding encoding) => Names[(int)encoding];

    /// <summary>Reads a name in any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> name, out OrthancEncoding encoding)
    {
        for (int i = 0; i < Names.Length; i++)
        {
            if (name.Equals(Names[i], StringComparison.OrdinalIgnoreCase))
            {
                encoding = (OrthancEncoding)i;
                return true;
            }
        }

        encoding = default;
        return false;
    }
}
