using System.Runtime.CompilerServices;

namespace Edge.Dicom.Tags;

/// <summary>What the bytes of a value representation are.</summary>
public enum VrKind : byte
{
    /// <summary>Items, delimiters, unknown.</summary>
    None,

    /// <summary>Text; numbers written as text (DS, IS) included.</summary>
    Text,

    /// <summary>Binary numbers of fixed size that are read as values (AT, FD, FL, SL, SS, SV, UL, US, UV).</summary>
    Number,

    /// <summary>Streams of bytes or words (OB, OD, OF, OL, OV, OW, UN).</summary>
    Bulk,

    /// <summary>A sequence of items (SQ).</summary>
    Sequence,
}

/// <summary>The fixed properties of each value representation (PS3.5 6.2, 7.1.2).</summary>
public static class VrInfo
{
    private const int Count = (int)Vr.UV + 1;

    private static ReadOnlySpan<byte> Codes =>
        "--AEASATCSDADSDTFDFLISLOLTOBODOFOLOVOWPNSHSLSQSSSTSVTMUCUIULUNURUSUTUV"u8;

    // One byte for each pair of letters A..Z: the Vr, or 0. Filled once; 676 bytes.
    private static readonly byte[] ByCode = BuildByCode();

    // bit 0: 32-bit length in explicit VR; bit 1: charset-dependent; bit 2: one value only (no backslash); bits 4..7: word size
    private static ReadOnlySpan<byte> Flags =>
    [
        0x00,
        /* AE */ 0x00, /* AS */ 0x00, /* AT */ 0x20, /* CS */ 0x00, /* DA */ 0x00, /* DS */ 0x00, /* DT */ 0x00,
        /* FD */ 0x80, /* FL */ 0x40, /* IS */ 0x00, /* LO */ 0x02, /* LT */ 0x06, /* OB */ 0x01, /* OD */ 0x81,
        /* OF */ 0x41, /* OL */ 0x41, /* OV */ 0x81, /* OW */ 0x21, /* PN */ 0x02, /* SH */ 0x02, /* SL */ 0x40,
        /* SQ */ 0x01, /* SS */ 0x20, /* ST */ 0x06, /* SV */ 0x81, /* TM */ 0x00, /* UC */ 0x03, /* UI */ 0x00,
        /* UL */ 0x40, /* UN */ 0x01, /* UR */ 0x05, /* US */ 0x20, /* UT */ 0x07, /* UV */ 0x81,
    ];

    private static ReadOnlySpan<byte> Kinds =>
    [
        0,
        1, 1, 2, 1, 1, 1, 1,
        2, 2, 1, 1, 1, 3, 3,
        3, 3, 3, 3, 1, 1, 2,
        4, 2, 1, 2, 1, 1, 1,
        2, 3, 1, 2, 1, 2,
    ];

    /// <summary>The VR of two bytes of a file; <see cref="Vr.None"/> where they name none.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vr FromBytes(byte first, byte second)
    {
        uint a = (uint)(first - 'A'), b = (uint)(second - 'A');
        return a < 26 && b < 26 ? (Vr)ByCode[(int)(a * 26 + b)] : Vr.None;
    }

    /// <summary>The VR of a two-letter code; <see cref="Vr.None"/> where it names none.</summary>
    public static Vr FromText(ReadOnlySpan<char> code) =>
        code.Length == 2 && code[0] < 128 && code[1] < 128 ? FromBytes((byte)code[0], (byte)code[1]) : Vr.None;

    /// <summary>The two ASCII letters of a VR.</summary>
    public static ReadOnlySpan<byte> Code(Vr vr) => Codes.Slice((int)vr * 2, 2);

    /// <summary>The two letters of a VR as text; <c>UN</c> for <see cref="Vr.None"/>.</summary>
    public static string Name(Vr vr) => Names[(int)vr];

    /// <summary>Whether explicit VR gives this VR a reserved word and a 32-bit length (PS3.5 table 7.1-1).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasLongLength(Vr vr) => (Flags[(int)vr] & 1) != 0;

    /// <summary>Whether (0008,0005) governs the text of this VR: LO LT PN SH ST UC UT.</summary>
    public static bool IsCharacterSetDependent(Vr vr) => (Flags[(int)vr] & 2) != 0;

    /// <summary>Whether a backslash is text and no delimiter: LT ST UT UR.</summary>
    public static bool IsSingleValued(Vr vr) => (Flags[(int)vr] & 4) != 0;

    /// <summary>The bytes swapped together between byte orders: 1 for text and bytes, 2, 4 or 8 (PS3.5 7.3). AT counts as 2.</summary>
    public static int WordSize(Vr vr) => Math.Max(1, Flags[(int)vr] >> 4);

    /// <summary>The bytes of one value of a binary number: 2, 4 or 8; 0 for everything else.</summary>
    public static int NumberSize(Vr vr) => vr == Vr.AT ? 4 : Kind(vr) == VrKind.Number ? WordSize(vr) : 0;

    /// <summary>The byte that makes an odd length even: a space for text, NUL for UI and binary.</summary>
    public static byte Padding(Vr vr) => Kind(vr) == VrKind.Text && vr != Vr.UI ? (byte)' ' : (byte)0;

    public static VrKind Kind(Vr vr) => (VrKind)Kinds[(int)vr];

    public static bool IsText(Vr vr) => Kinds[(int)vr] == (byte)VrKind.Text;

    private static readonly string[] Names = BuildNames();

    private static byte[] BuildByCode()
    {
        var table = new byte[26 * 26];
        for (int i = 1; i < Count; i++)
        {
            table[(Codes[i * 2] - 'A') * 26 + (Codes[i * 2 + 1] - 'A')] = (byte)i;
        }

        return table;
    }

    private static string[] BuildNames()
    {
        var names = new string[Count];
        names[0] = "UN";
        for (int i = 1; i < Count; i++)
        {
            names[i] = string.Create(2, i, static (chars, at) =>
            {
                chars[0] = (char)Codes[at * 2];
                chars[1] = (char)Codes[at * 2 + 1];
            });
        }

        return names;
    }
}
