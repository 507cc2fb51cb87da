using Edge.Core.Ids;

namespace Edge.Store.Sqlite;

/// <summary>Public ids between their text of 44 characters and the 20 bytes kept in the index.</summary>
internal static class PublicId
{
    public const int Size = 20;

    /// <summary>False: not the shape of an id (the canonical one is lower-case), hence of no resource.</summary>
    public static bool TryParse(string text, Span<byte> bytes)
    {
        if (text is null || text.Length != ResourceId.Length)
        {
            return false;
        }

        int at = 0;
        for (int i = 0; i < text.Length; i += 2)
        {
            if (i % 9 == 8)
            {
                if (text[i] != '-')
                {
                    return false;
                }

                i--;
                continue;
            }

            // Groups have an even number of digits, so a pair never spans a dash.
            int high = Digit(text[i]);
            int low = Digit(text[i + 1]);
            if (high < 0 || low < 0)
            {
                return false;
            }

            bytes[at++] = (byte)((high << 4) | low);
        }

        return true;
    }

    public static string Format(ReadOnlySpan<byte> bytes)
    {
        Span<char> text = stackalloc char[ResourceId.Length];
        int at = 0;
        for (int i = 0; i < bytes.Length && i < Size; i++)
        {
            if (i > 0 && i % 4 == 0)
            {
                text[at++] = '-';
            }

            text[at++] = "0123456789abcdef"[bytes[i] >> 4];
            text[at++] = "0123456789abcdef"[bytes[i] & 15];
        }

        return new string(text[..at]);
    }

    private static int Digit(char c) => c switch
    {
        >= '0' and <= '9' => c - '0',
        >= 'a' and <= 'f' => c - 'a' + 10,
        _ => -1,
    };
}
