using System.Globalization;
using Edge.Core.Errors;

namespace Edge.Dicom.Tags;

public readonly partial record struct DicomTag
{
    /// <summary>
    /// Reads a tag as Orthanc accepts it in requests: <c>gggg,eeee</c>, <c>gggg-eeee</c>, <c>ggggeeee</c> (hexadecimal, any case,
    /// surrounding spaces), <c>g,e</c> with fewer digits, or a keyword in exact case: the standard's, <c>RETIRED_</c> and the
    /// standard's, a private one, or one registered by the <c>Dictionary</c> option.
    /// </summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomTag tag) => TryParse(text, out tag, out _);

    /// <summary>As <see cref="TryParse(ReadOnlySpan{char}, out DicomTag)"/>; a private keyword also gives its creator, all else null.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out DicomTag tag, out string? privateCreator)
    {
        privateCreator = null;
        return TryParseNumber(text, out tag) || DicomDictionary.TryFindKeyword(text, out tag, out privateCreator);
    }

    /// <summary>As <see cref="TryParse(ReadOnlySpan{char}, out DicomTag)"/>, or Orthanc's error.</summary>
    /// <exception cref="EdgeException"><see cref="ErrorCode.UnknownDicomTag"/>, naming the text.</exception>
    public static DicomTag Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out DicomTag tag) ? tag : throw new EdgeException(ErrorCode.UnknownDicomTag, $"Unknown DICOM tag: \"{Shorten(text)}\"");

    /// <summary>Reads the hexadecimal forms alone.</summary>
    public static bool TryParseNumber(ReadOnlySpan<char> text, out DicomTag tag)
    {
        tag = default;
        text = text.Trim(' ');
        if (text.Length == 8 && text.IndexOfAny(',', '-') < 0)
        {
            if (IsHex(text) && uint.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint whole))
            {
                tag = new DicomTag(whole);
                return true;
            }

            return false;
        }

        int at = text.IndexOfAny(',', '-');
        if (at is < 1 or > 4 || !TryParseHalf(text[..at], out ushort group) || !TryParseHalf(text[(at + 1)..], out ushort element))
        {
            return false;
        }

        tag = new DicomTag(group, element);
        return true;
    }

    private static bool TryParseHalf(ReadOnlySpan<char> text, out ushort value)
    {
        value = 0;
        return text.Length is >= 1 and <= 4 && IsHex(text)
            && ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static bool IsHex(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiHexDigit(c))
            {
                return false;
            }
        }

        return true;
    }

    private static string Shorten(ReadOnlySpan<char> text) => text.Length <= 64 ? text.ToString() : string.Concat(text[..64], "...");
}
