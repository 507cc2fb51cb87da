using System.Collections.Concurrent;
using System.Text;

namespace Edge.Dicom.Text;

/// <summary>Conversions of each coded character set, made at first use. Bytes and characters without a counterpart are dropped, as Orthanc does.</summary>
internal static class CodedSets
{
    private static readonly ConcurrentDictionary<CodedSet, Encoding> Encodings = new();

    /// <summary>The conversion of a set whose bytes below 80 are ASCII. JIS X 0208 and 0212 stand in their EUC form.</summary>
    public static Encoding EncodingOf(CodedSet set) => Encodings.GetOrAdd(set, Create);

    /// <summary>Whether the set is one of 94x94 characters.</summary>
    public static bool IsDoubleByte(CodedSet set) => set is CodedSet.JisX0208 or CodedSet.JisX0212 or CodedSet.KsX1001 or CodedSet.Gb2312;

    /// <summary>The escape sequence that designates the set (PS3.3 tables C.12-3 and C.12-4), ESC included; of JIS X 0201 its katakana.</summary>
    public static ReadOnlySpan<byte> EscapeOf(CodedSet set) => set switch
    {
        CodedSet.Ascii => "\u001b(B"u8,
        CodedSet.Latin1 => "\u001b-A"u8,
        CodedSet.Latin2 => "\u001b-B"u8,
        CodedSet.Latin3 => "\u001b-C"u8,
        CodedSet.Latin4 => "\u001b-D"u8,
        CodedSet.Latin5 => "\u001b-M"u8,
        CodedSet.Latin9 => "\u001b-b"u8,
        CodedSet.Cyrillic => "\u001b-L"u8,
        CodedSet.Arabic => "\u001b-G"u8,
        CodedSet.Greek => "\u001b-F"u8,
        CodedSet.Hebrew => "\u001b-H"u8,
        CodedSet.Thai => "\u001b-T"u8,
        CodedSet.JisX0201 => "\u001b)I"u8,
        CodedSet.JisX0208 => "\u001b$B"u8,
        CodedSet.JisX0212 => "\u001b$(D"u8,
        CodedSet.KsX1001 => "\u001b$)C"u8,
        CodedSet.Gb2312 => "\u001b$)A"u8,
        _ => default,
    };

    /// <summary>The set that a sequence at the start of <paramref name="bytes"/> (ESC included) designates; None where it is no sequence of DICOM's.</summary>
    /// <param name="length">The bytes of the sequence.</param>
    /// <param name="isG1">Whether it designates G1.</param>
    public static CodedSet ReadEscape(ReadOnlySpan<byte> bytes, out int length, out bool isG1)
    {
        isG1 = false;
        length = 0;
        if (bytes.Length < 3)
        {
            return CodedSet.None;
        }

        length = 3;
        switch (bytes[1])
        {
            case (byte)'(':
                return bytes[2] switch { (byte)'B' => CodedSet.Ascii, (byte)'J' => CodedSet.JisX0201, _ => CodedSet.None };
            case (byte)')':
                isG1 = true;
                return bytes[2] is (byte)'I' ? CodedSet.JisX0201 : CodedSet.None;
            case (byte)'-':
                isG1 = true;
                return bytes[2] switch
                {
                    (byte)'A' => CodedSet.Latin1,
                    (byte)'B' => CodedSet.Latin2,
                    (byte)'C' => CodedSet.Latin3,
                    (byte)'D' => CodedSet.Latin4,
                    (byte)'M' => CodedSet.Latin5,
                    (byte)'b' => CodedSet.Latin9,
                    (byte)'L' => CodedSet.Cyrillic,
                    (byte)'G' => CodedSet.Arabic,
                    (byte)'F' => CodedSet.Greek,
                    (byte)'H' => CodedSet.Hebrew,
                    (byte)'T' => CodedSet.Thai,
                    _ => CodedSet.None,
                };
            case (byte)'$':
                if (bytes[2] is (byte)'B' or (byte)'@')
                {
                    return CodedSet.JisX0208;
                }

                if (bytes.Length < 4)
                {
                    return CodedSet.None;
                }

                length = 4;
                isG1 = bytes[2] == (byte)')';
                return (bytes[2], bytes[3]) switch
                {
                    ((byte)'(', (byte)'D') => CodedSet.JisX0212,
                    ((byte)')', (byte)'C') => CodedSet.KsX1001,
                    ((byte)')', (byte)'A') => CodedSet.Gb2312,
                    _ => CodedSet.None,
                };
            default:
                return CodedSet.None;
        }
    }

    private static Encoding Create(CodedSet set)
    {
        var drop = new DecoderReplacementFallback("");
        var lose = new EncoderReplacementFallback("");
        return set switch
        {
            CodedSet.Utf8 => new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            CodedSet.Latin1 => Encoding.GetEncoding(28591, lose, drop),
            CodedSet.Ascii or CodedSet.None => Encoding.GetEncoding(20127, lose, drop),
            _ => CodePagesEncodingProvider.Instance.GetEncoding(CodePageOf(set), lose, drop)
                ?? throw new InvalidOperationException($"no code page for {set}"),
        };
    }

    private static int CodePageOf(CodedSet set) => set switch
    {
        CodedSet.Latin2 => 28592,
        CodedSet.Latin3 => 28593,
        CodedSet.Latin4 => 28594,
        CodedSet.Latin5 => 28599,
        CodedSet.Latin9 => 28605,
        CodedSet.Cyrillic => 28595,
        CodedSet.Arabic => 28596,
        CodedSet.Greek => 28597,
        CodedSet.Hebrew => 28598,
        CodedSet.Thai => 874,
        CodedSet.Windows1251 => 1251,
        CodedSet.JisX0201 => 932,
        CodedSet.JisX0208 or CodedSet.JisX0212 => 20932,
        CodedSet.KsX1001 => 949,
        CodedSet.Gb2312 => 936,
        CodedSet.Gb18030 => 54936,
        CodedSet.Gbk => 936,
        _ => 20127,
    };
}
