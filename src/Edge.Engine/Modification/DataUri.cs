using System.Buffers.Text;
using Edge.Core.Errors;

namespace Edge.Engine.Modification;

/// <summary>A <c>data:</c> URI with base64 content (RFC 2397).</summary>
public readonly record struct DataUri(string MediaType, byte[] Content)
{
    private const string Scheme = "data:";
    private const string Base64Mark = ";base64,";

    /// <summary>The longest media type that is looked for.</summary>
    private const int LongestHead = 256;

    /// <summary>Reads a URI; false where the text is none.</summary>
    /// <exception cref="EdgeException">BadFileFormat where what follows the head is not base64.</exception>
    public static bool TryParse(string text, out DataUri uri)
    {
        uri = default;
        if (!text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        int mark = text.AsSpan(0, Math.Min(text.Length, LongestHead)).IndexOf(Base64Mark, StringComparison.Ordinal);
        if (mark < 0)
        {
            return false;
        }

        ReadOnlySpan<char> coded = text.AsSpan(mark + Base64Mark.Length);
        byte[] bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(coded.Length + 3)];
        if (!Convert.TryFromBase64Chars(coded, bytes, out int written))
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The content of a data URI is not valid base64");
        }

        // A parameter such as a character set is no part of the type.
        string type = text[Scheme.Length..mark];
        int parameter = type.IndexOf(';', StringComparison.Ordinal);
        Array.Resize(ref bytes, written);
        uri = new DataUri((parameter < 0 ? type : type[..parameter]).Trim().ToLowerInvariant(), bytes);
        return true;
    }
}
