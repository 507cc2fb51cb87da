using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;

namespace Edge.Rest.Json;

/// <summary>
/// Escapes as Orthanc's JSON library does: quotes, backslashes, control and non-ASCII characters, and nothing else. The
/// framework's default would also escape characters such as &lt; and +, which are frequent in DICOM values.
/// </summary>
public sealed class OrthancJsonEncoder : JavaScriptEncoder
{
    public static readonly OrthancJsonEncoder Instance = new();

    private const string Plain = " !#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";
    private static readonly SearchValues<char> PlainChars = SearchValues.Create(Plain);
    private static readonly SearchValues<byte> PlainBytes = SearchValues.Create(Encoding.ASCII.GetBytes(Plain));

    private OrthancJsonEncoder()
    {
    }

    /// <summary>A surrogate pair: twice <c>\uXXXX</c>.</summary>
    public override int MaxOutputCharactersPerInputCharacter => 12;

    public override int FindFirstCharacterToEncodeUtf8(ReadOnlySpan<byte> utf8Text) => utf8Text.IndexOfAnyExcept(PlainBytes);

    public override unsafe int FindFirstCharacterToEncode(char* text, int textLength) => new ReadOnlySpan<char>(text, textLength).IndexOfAnyExcept(PlainChars);

    public override bool WillEncode(int unicodeScalar) => unicodeScalar is < ' ' or '"' or '\\' or >= 0x7f;

    public override unsafe bool TryEncodeUnicodeScalar(int unicodeScalar, char* buffer, int bufferLength, out int numberOfCharactersWritten)
    {
        Span<char> output = new(buffer, bufferLength);
        char shortForm = unicodeScalar switch
        {
            '"' => '"',
            '\\' => '\\',
            '\b' => 'b',
            '\f' => 'f',
            '\n' => 'n',
            '\r' => 'r',
            '\t' => 't',
            _ => '\0',
        };
        Span<char> units = stackalloc char[2];
        int needed = shortForm != 0 ? 2 : 6 * new Rune(unicodeScalar).EncodeToUtf16(units);
        if (!WillEncode(unicodeScalar))
        {
            needed = 1;
        }

        numberOfCharactersWritten = 0;
        if (needed > bufferLength)
        {
            return false;
        }

        numberOfCharactersWritten = needed;
        if (needed == 1)
        {
            output[0] = (char)unicodeScalar;
        }
        else if (shortForm != 0)
        {
            output[0] = '\\';
            output[1] = shortForm;
        }
        else
        {
            for (int i = 0; i < needed / 6; i++)
            {
                Escape(units[i], output[(6 * i)..]);
            }
        }

        return true;
    }

    private static void Escape(char unit, Span<char> output)
    {
        output[0] = '\\';
        output[1] = 'u';
        for (int digit = 0; digit < 4; digit++)
        {
            output[2 + digit] = "0123456789abcdef"[(unit >> (12 - (4 * digit))) & 15];
        }
    }
}
