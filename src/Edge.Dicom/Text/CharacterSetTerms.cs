namespace Edge.Dicom.Text;

/// <summary>The defined terms of (0008,0005), with the tolerances of Orthanc: case, and spaces, underscores and hyphens in each other's place.</summary>
internal static class CharacterSetTerms
{
    private static readonly (OrthancEncoding Encoding, CodedSet Set, string Term)[] Table =
    [
        (OrthancEncoding.Ascii, CodedSet.Ascii, "ISO_IR 6"),
        (OrthancEncoding.Utf8, CodedSet.Utf8, "ISO_IR 192"),
        (OrthancEncoding.Latin1, CodedSet.Latin1, "ISO_IR 100"),
        (OrthancEncoding.Latin2, CodedSet.Latin2, "ISO_IR 101"),
        (OrthancEncoding.Latin3, CodedSet.Latin3, "ISO_IR 109"),
        (OrthancEncoding.Latin4, CodedSet.Latin4, "ISO_IR 110"),
        (OrthancEncoding.Latin5, CodedSet.Latin5, "ISO_IR 148"),
        (OrthancEncoding.Cyrillic, CodedSet.Cyrillic, "ISO_IR 144"),
        (OrthancEncoding.Windows1251, CodedSet.Windows1251, ""),
        (OrthancEncoding.Arabic, CodedSet.Arabic, "ISO_IR 127"),
        (OrthancEncoding.Greek, CodedSet.Greek, "ISO_IR 126"),
        (OrthancEncoding.Hebrew, CodedSet.Hebrew, "ISO_IR 138"),
        (OrthancEncoding.Thai, CodedSet.Thai, "ISO_IR 166"),
        (OrthancEncoding.Japanese, CodedSet.JisX0201, "ISO_IR 13"),
        (OrthancEncoding.JapaneseKanji, CodedSet.JisX0208, "ISO 2022 IR 87"),
        (OrthancEncoding.Korean, CodedSet.KsX1001, "ISO 2022 IR 149"),
        (OrthancEncoding.SimplifiedChinese, CodedSet.Gb2312, "ISO 2022 IR 58"),
        (OrthancEncoding.Chinese, CodedSet.Gb18030, "GB18030"),
    ];

    public static CodedSet CodedSetOf(OrthancEncoding encoding) => Table[(int)encoding].Set;

    /// <summary>The term to write; empty for Windows1251, which has none.</summary>
    public static string TermOf(OrthancEncoding encoding) => Table[(int)encoding].Term;

    public static OrthancEncoding OrthancEncodingOf(CodedSet set)
    {
        foreach ((OrthancEncoding encoding, CodedSet known, _) in Table)
        {
            if (known == set)
            {
                return encoding;
            }
        }

        return set switch
        {
            CodedSet.Latin9 => OrthancEncoding.Latin1,
            CodedSet.JisX0212 => OrthancEncoding.JapaneseKanji,
            CodedSet.Gbk => OrthancEncoding.Chinese,
            _ => OrthancEncoding.Ascii,
        };
    }

    /// <summary>The set of a term; None where it is unknown.</summary>
    /// <param name="withExtensions">Whether it is of the kind <c>ISO 2022 IR n</c>.</param>
    public static CodedSet Parse(ReadOnlySpan<char> term, out bool withExtensions)
    {
        withExtensions = false;
        Span<char> letters = stackalloc char[32];
        int count = 0;
        foreach (char c in term)
        {
            if (c is ' ' or '_' or '-')
            {
                continue;
            }

            if (count == letters.Length)
            {
                return CodedSet.None;
            }

            letters[count++] = char.ToUpperInvariant(c);
        }

        ReadOnlySpan<char> plain = letters[..count];
        switch (plain)
        {
            case "GB18030":
                return CodedSet.Gb18030;
            case "GBK":
                return CodedSet.Gbk;
            default:
                break;
        }

        if (plain.StartsWith("ISO2022IR"))
        {
            withExtensions = true;
            plain = plain["ISO2022IR".Length..];
        }
        else if (plain.StartsWith("ISOIR"))
        {
            plain = plain["ISOIR".Length..];
        }
        else
        {
            return CodedSet.None;
        }

        return plain switch
        {
            "6" => CodedSet.Ascii,
            "13" or "14" => CodedSet.JisX0201,
            "58" => CodedSet.Gb2312,
            "87" => CodedSet.JisX0208,
            "100" => CodedSet.Latin1,
            "101" => CodedSet.Latin2,
            "109" => CodedSet.Latin3,
            "110" => CodedSet.Latin4,
            "126" => CodedSet.Greek,
            "127" => CodedSet.Arabic,
            "138" => CodedSet.Hebrew,
            "144" => CodedSet.Cyrillic,
            "148" => CodedSet.Latin5,
            "149" => CodedSet.KsX1001,
            "159" => CodedSet.JisX0212,
            "166" => CodedSet.Thai,
            "192" => CodedSet.Utf8,
            "203" => CodedSet.Latin9,
            _ => CodedSet.None,
        };
    }
}
