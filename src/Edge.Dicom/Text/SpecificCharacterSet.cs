using System.Text;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Text;

/// <summary>
/// What (0008,0005) says of text (PS3.3 C.12.1.1.2, PS3.5 6.1): one character set, or several with the code extensions of ISO 2022.
/// Decoding is tolerant as Orthanc's: an unknown term counts as ASCII, an undesignated G1 as the first set that was named. Immutable.
/// </summary>
public sealed class SpecificCharacterSet
{
    private static readonly SpecificCharacterSet?[] Single = new SpecificCharacterSet?[(int)OrthancEncoding.Chinese + 1];

    private readonly CodedSet[] _sets;
    private readonly CodedSet _first;

    private SpecificCharacterSet(string value, CodedSet[] sets, bool hasExtensions)
    {
        Value = value;
        _sets = sets;
        HasExtensions = hasExtensions;
        _first = CodedSet.Ascii;
        foreach (CodedSet set in sets)
        {
            if (set != CodedSet.Ascii && _first == CodedSet.Ascii)
            {
                _first = set;
            }
        }

        Encoding = CharacterSetTerms.OrthancEncodingOf(_first);
    }

    /// <summary>The text of (0008,0005): terms joined by backslashes; empty for the default repertoire, or where an encoding has no term.</summary>
    public string Value { get; }

    /// <summary>Whether ISO 2022 escape sequences are read and written.</summary>
    public bool HasExtensions { get; }

    /// <summary>Orthanc's name of the first set.</summary>
    public OrthancEncoding Encoding { get; }

    /// <summary>Whether bytes are UTF-8.</summary>
    public bool IsUtf8 => _first == CodedSet.Utf8;

    /// <summary>ISO_IR 192.</summary>
    public static SpecificCharacterSet Utf8 { get; } = Of(OrthancEncoding.Utf8);

    /// <summary>The set of one of Orthanc's encodings, with its first term as <see cref="Value"/>.</summary>
    public static SpecificCharacterSet Of(OrthancEncoding encoding)
    {
        if (Single[(int)encoding] is { } known)
        {
            return known;
        }

        CodedSet set = CharacterSetTerms.CodedSetOf(encoding);
        return Single[(int)encoding] = new SpecificCharacterSet(
            CharacterSetTerms.TermOf(encoding), [set], encoding is OrthancEncoding.JapaneseKanji or OrthancEncoding.Korean or OrthancEncoding.SimplifiedChinese);
    }

    /// <summary>The set that the bytes of (0008,0005) name; <paramref name="defaultEncoding"/> where they are empty.</summary>
    public static SpecificCharacterSet FromValue(ReadOnlySpan<byte> value, OrthancEncoding defaultEncoding)
    {
        value = TextBytes.Prepared(value);
        Span<char> chars = stackalloc char[128];
        if (value.Length > chars.Length)
        {
            value = value[..chars.Length];
        }

        for (int i = 0; i < value.Length; i++)
        {
            chars[i] = (char)value[i];
        }

        return FromValue(chars[..value.Length], defaultEncoding);
    }

    /// <summary>The set that terms joined by backslashes name; <paramref name="defaultEncoding"/> where all are empty.</summary>
    public static SpecificCharacterSet FromValue(ReadOnlySpan<char> value, OrthancEncoding defaultEncoding)
    {
        if (value.Trim(" \\").Length == 0)
        {
            return Of(defaultEncoding);
        }

        if (value.IndexOf('\\') < 0)
        {
            CodedSet single = CharacterSetTerms.Parse(value, out bool withExtensions);
            if (!withExtensions && single != CodedSet.None && CharacterSetTerms.OrthancEncodingOf(single) is var encoding
                && CharacterSetTerms.CodedSetOf(encoding) == single && value.Trim(' ').SequenceEqual(CharacterSetTerms.TermOf(encoding)))
            {
                return Of(encoding);
            }

            return new SpecificCharacterSet(value.Trim(' ').ToString(), [single == CodedSet.None ? CodedSet.Ascii : single], withExtensions);
        }

        var sets = new List<CodedSet>();
        foreach (Range range in value.Split('\\'))
        {
            ReadOnlySpan<char> term = value[range].Trim(' ');
            CodedSet set = term.Length == 0 ? CodedSet.Ascii : CharacterSetTerms.Parse(term, out _);
            if (sets.Count < 16)
            {
                sets.Add(set == CodedSet.None ? CodedSet.Ascii : set);
            }
        }

        // Sets that use all bytes themselves cannot be extended (PS3.3 C.12.1.1.2): alone they stand.
        int whole = sets.FindIndex(set => set is CodedSet.Utf8 or CodedSet.Gb18030 or CodedSet.Gbk);
        return whole >= 0
            ? new SpecificCharacterSet(value.Trim(' ').ToString(), [sets[whole]], false)
            : new SpecificCharacterSet(value.Trim(' ').ToString(), [.. sets], true);
    }

    /// <summary>Whether the standard defines each of the terms in a value of (0008,0005) (PS3.3 C.12.1.1.2); an empty one is the default repertoire.</summary>
    public static bool IsDefined(string value)
    {
        foreach (string term in value.Split('\\'))
        {
            if (term.Trim(' ').Length > 0 && CharacterSetTerms.Parse(term.Trim(' '), out _) == CodedSet.None)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Decodes a value. Nothing is trimmed; backslashes stay.</summary>
    /// <param name="vr">Decides which delimiters end a code extension: <c>^</c> and <c>=</c> of PN, the backslash of all but LT, ST and UT.</param>
    public string Decode(ReadOnlySpan<byte> bytes, Vr vr = Vr.LO)
    {
        if (TextBytes.IsPlainAscii(bytes) && _first != CodedSet.Ascii)
        {
            return System.Text.Encoding.ASCII.GetString(bytes);
        }

        if (HasExtensions)
        {
            return CodeExtensions.Decode(bytes, _first, vr);
        }

        return _first == CodedSet.Ascii ? DecodeAscii(bytes) : CodedSets.EncodingOf(_first).GetString(bytes);
    }

    /// <summary>Encodes text. Characters that no set has are lost, as in Orthanc: see <see cref="CanEncode"/>.</summary>
    public byte[] Encode(string text, Vr vr = Vr.LO)
    {
        if (HasExtensions && text.Contains('\u001b', StringComparison.Ordinal))
        {
            // An escape in the text would be one in the file.
            text = text.Replace("\u001b", "", StringComparison.Ordinal);
        }

        if (Ascii.IsValid(text))
        {
            return System.Text.Encoding.ASCII.GetBytes(text);
        }

        return HasExtensions ? CodeExtensions.Encode(text, _sets, vr) : CodedSets.EncodingOf(_first).GetBytes(text);
    }

    /// <summary>Whether encoding and decoding gives the text again.</summary>
    public bool CanEncode(string text) => string.Equals(Decode(Encode(text, Vr.LT), Vr.LT), text, StringComparison.Ordinal);

    public override string ToString() => Value.Length > 0 ? Value : Encoding.ToString();

    // What Orthanc leaves of text whose character set it does not know.
    private static string DecodeAscii(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        foreach (byte b in bytes)
        {
            if (b is >= 0x20 and < 0x7F or (byte)'\t' or (byte)'\n' or (byte)'\r' or 0x0C)
            {
                text.Append((char)b);
            }
        }

        return text.ToString();
    }
}
