namespace Edge.Core.Configuration;

/// <summary>What is wrong with the DICOM identifiers of a configuration.</summary>
internal static class DicomText
{
    /// <summary>Null if it is an application entity title (PS3.5 6.2, VR AE), else what is wrong.</summary>
    public static string? FaultOfApplicationEntity(string text)
    {
        if (text.Length is 0 or > 16 || text.AsSpan().Trim(' ').IsEmpty)
        {
            return "expected an application entity title of 1 to 16 characters";
        }

        foreach (char c in text)
        {
            if (c is < ' ' or > '~' or '\\')
            {
                return "expected an application entity title without backslash, control characters and characters beyond ASCII";
            }
        }

        return null;
    }

    /// <summary>Null if it is a UID (PS3.5 9.1), or a pattern of one, else what is wrong.</summary>
    public static string? FaultOfUid(string text, bool mayHoldWildcards)
    {
        foreach (char c in text)
        {
            if (!char.IsAsciiDigit(c) && c != '.' && !(mayHoldWildcards && (c is '*' or '?')))
            {
                return mayHoldWildcards ? "expected a DICOM UID, in which * and ? are wildcards" : "expected a DICOM UID";
            }
        }

        return text.Length is > 0 and <= 64 ? null : "expected a DICOM UID of 1 to 64 characters";
    }
}
