using System.Buffers;
using System.Text;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Text;

/// <summary>Text with ISO 2022 escape sequences (PS3.5 6.1.2.4, 6.1.2.5).</summary>
internal static class CodeExtensions
{
    private const byte Escape = 0x1B;

    /// <param name="fallback">What an undesignated G1 is taken for.</param>
    public static string Decode(ReadOnlySpan<byte> bytes, CodedSet fallback, Vr vr)
    {
        var text = new StringBuilder(bytes.Length);
        CodedSet g0 = CodedSet.Ascii, g1 = fallback;
        int start = 0, at = 0;
        while (at < bytes.Length)
        {
            byte b = bytes[at];
            if (b == Escape)
            {
                CodedSet set = CodedSets.ReadEscape(bytes[at..], out int length, out bool isG1);
                if (set != CodedSet.None)
                {
                    Append(text, bytes[start..at], g0, g1);
                    if (isG1)
                    {
                        g1 = set;
                    }
                    else
                    {
                        g0 = set;
                    }

                    at += length;
                    start = at;
                    continue;
                }

                at++;
            }
            else if (CodedSets.IsDoubleByte(g0) && b is > 0x20 and < 0x7F)
            {
                // A delimiter inside such a run is half of a character.
                at += 2;
            }
            else if (IsDelimiter(b, vr))
            {
                Append(text, bytes[start..at], g0, g1);
                text.Append((char)b);
                at++;
                start = at;
                g0 = CodedSet.Ascii;
                g1 = fallback;
            }
            else
            {
                // Trail bytes of G1 are above 7F: nothing there looks like a delimiter.
                at++;
            }
        }

        Append(text, bytes[start..Math.Min(at, bytes.Length)], g0, g1);
        return text.ToString();
    }

    public static byte[] Encode(string text, CodedSet[] sets, Vr vr)
    {
        var output = new ArrayBufferWriter<byte>(text.Length * 2 + 16);
        CodedSet initialG1 = CodedSets.IsDoubleByte(sets[0]) ? CodedSet.Ascii : sets[0];
        CodedSet g0 = CodedSet.Ascii, g1 = initialG1;
        Span<byte> coded = stackalloc byte[8];
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (rune.IsAscii)
            {
                if (g0 != CodedSet.Ascii)
                {
                    output.Write(ReturnTo(sets[0]));
                    g0 = CodedSet.Ascii;
                }

                coded[0] = (byte)rune.Value;
                output.Write(coded[..1]);
                if (IsDelimiter(coded[0], vr))
                {
                    g1 = initialG1;
                }

                continue;
            }

            if (CodedSets.IsDoubleByte(g0) && TryEncode(rune, g0, coded, out int length))
            {
                output.Write(coded[..length]);
                continue;
            }

            if (g1 != CodedSet.Ascii && TryEncode(rune, g1, coded, out length))
            {
                if (g0 != CodedSet.Ascii)
                {
                    output.Write(ReturnTo(sets[0]));
                    g0 = CodedSet.Ascii;
                }

                output.Write(coded[..length]);
                continue;
            }

            foreach (CodedSet set in sets)
            {
                if (set == CodedSet.Ascii || !TryEncode(rune, set, coded, out length))
                {
                    continue;
                }

                if (set is CodedSet.JisX0208 or CodedSet.JisX0212)
                {
                    g0 = set;
                }
                else
                {
                    if (g0 != CodedSet.Ascii)
                    {
                        output.Write(ReturnTo(sets[0]));
                        g0 = CodedSet.Ascii;
                    }

                    g1 = set;
                }

                output.Write(CodedSets.EscapeOf(set));
                output.Write(coded[..length]);
                break;
            }
        }

        if (g0 != CodedSet.Ascii)
        {
            output.Write(ReturnTo(sets[0]));
        }

        return output.WrittenSpan.ToArray();
    }

    // The G0 of value 1: romaji where that is ISO 2022 IR 13 (PS3.5 H.3.2), else ASCII.
    private static ReadOnlySpan<byte> ReturnTo(CodedSet first) => first == CodedSet.JisX0201 ? "\u001b(J"u8 : "\u001b(B"u8;

    // PS3.5 6.1.2.5.3: control characters but ESC, the backslash between values, and in PN the delimiters of components and groups.
    private static bool IsDelimiter(byte b, Vr vr) => b switch
    {
        Escape => false,
        < 0x20 => true,
        (byte)'\\' => !VrInfo.IsSingleValued(vr),
        (byte)'^' or (byte)'=' => vr == Vr.PN,
        _ => false,
    };

    private static void Append(StringBuilder text, ReadOnlySpan<byte> run, CodedSet g0, CodedSet g1)
    {
        if (run.Length == 0)
        {
            return;
        }

        if (!CodedSets.IsDoubleByte(g0))
        {
            // JIS X 0208 and 0212 are never G1 in DICOM: bytes above 7F are then what an EUC writer left.
            text.Append(g1 == CodedSet.Ascii ? Encoding.Latin1.GetString(run) : CodedSets.EncodingOf(g1).GetString(run));
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(run.Length);
        int count = 0;
        for (int i = 0; i < run.Length; i++)
        {
            if (run[i] <= 0x20 || run[i] >= 0x7F)
            {
                rented[count++] = run[i];
            }
            else if (i + 1 < run.Length)
            {
                // EUC: both high; in code page 20932 the second byte of JIS X 0212 stays low.
                rented[count++] = (byte)(run[i] | 0x80);
                i++;
                rented[count++] = g0 == CodedSet.JisX0212 ? (byte)(run[i] & 0x7F) : (byte)(run[i] | 0x80);
            }
        }

        text.Append(CodedSets.EncodingOf(g0).GetString(rented, 0, count));
        ArrayPool<byte>.Shared.Return(rented);
    }

    // One character in a set, as it stands in G0 (JIS X 0208, 0212) or G1.
    private static bool TryEncode(Rune rune, CodedSet set, Span<byte> coded, out int length)
    {
        Span<char> chars = stackalloc char[2];
        int units = rune.EncodeToUtf16(chars);
        if (units != 1 || CodedSets.EncodingOf(set).GetByteCount(chars[..1]) > coded.Length)
        {
            length = 0;
            return false;
        }

        length = CodedSets.EncodingOf(set).GetBytes(chars[..1], coded);
        switch (set)
        {
            case CodedSet.JisX0208:
                if (length != 2 || coded[0] < 0xA1 || coded[1] < 0xA1)
                {
                    return false;
                }

                coded[0] &= 0x7F;
                coded[1] &= 0x7F;
                return true;
            case CodedSet.JisX0212:
                if (length != 2 || coded[0] < 0xA1 || coded[1] >= 0x80)
                {
                    return false;
                }

                coded[0] &= 0x7F;
                return true;
            case CodedSet.KsX1001 or CodedSet.Gb2312:
                // The code pages hold more than the standards: those have both bytes above A0.
                return length == 2 && coded[0] >= 0xA1 && coded[1] >= 0xA1;
            case CodedSet.JisX0201:
                return length == 1 && coded[0] is >= 0xA1 and <= 0xDF;
            default:
                return length == 1 && coded[0] >= 0x80;
        }
    }
}
