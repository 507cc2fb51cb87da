using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Text;

/// <summary>Numbers in values, binary or text.</summary>
internal static class ElementNumbers
{
    /// <summary>The number of values.</summary>
    public static int Count(DicomElement element)
    {
        ReadOnlySpan<byte> value = element.Value.Span;
        if (SizeOf(element.Vr) is var size and > 0)
        {
            return value.Length / size;
        }

        ReadOnlySpan<byte> text = TextBytes.Prepared(value);
        return VrInfo.IsText(element.Vr) && text.Length > 0 ? text.Count((byte)'\\') + 1 : 0;
    }

    public static bool TryReadInteger(DicomElement element, int index, out long value)
    {
        value = 0;
        ReadOnlySpan<byte> bytes = element.Value.Span;
        int size = SizeOf(element.Vr);
        if (size == 0)
        {
            if (!TryGetText(element, index, out ReadOnlySpan<byte> text))
            {
                return false;
            }

            if (text.Length > 0 && text[0] == (byte)'+')
            {
                text = text[1..];
            }

            if (Utf8Parser.TryParse(text, out value, out int used) && used == text.Length)
            {
                return true;
            }

            // DS with a fraction of zeros is an integer still.
            if (TryParseDouble(text, out double number) && number == Math.Floor(number) && Math.Abs(number) < 1L << 53)
            {
                value = (long)number;
                return true;
            }

            return false;
        }

        if (index < 0 || index >= bytes.Length / size)
        {
            return false;
        }

        bytes = bytes.Slice(index * size, size);
        switch (element.Vr)
        {
            case Vr.FL or Vr.FD or Vr.OF or Vr.OD:
                double floating = Floating(element, bytes);
                value = double.IsFinite(floating) && Math.Abs(floating) < 1L << 53 ? (long)floating : 0;
                return double.IsFinite(floating) && value == floating;
            case Vr.UV or Vr.OV:
                ulong wide = element.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
                value = (long)wide;
                return wide <= long.MaxValue;
            default:
                value = Integer(element, bytes);
                return true;
        }
    }

    public static bool TryReadDouble(DicomElement element, int index, out double value)
    {
        value = 0;
        int size = SizeOf(element.Vr);
        if (size == 0)
        {
            return TryGetText(element, index, out ReadOnlySpan<byte> text) && TryParseDouble(text, out value);
        }

        ReadOnlySpan<byte> bytes = element.Value.Span;
        if (index < 0 || index >= bytes.Length / size)
        {
            return false;
        }

        bytes = bytes.Slice(index * size, size);
        value = element.Vr switch
        {
            Vr.FL or Vr.FD or Vr.OF or Vr.OD => Floating(element, bytes),
            Vr.UV or Vr.OV => element.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
            _ => Integer(element, bytes),
        };
        return true;
    }

    /// <summary>Reads a decimal string (DS, IS): surrounding spaces and a plus sign allowed.</summary>
    public static bool TryParseDouble(ReadOnlySpan<byte> text, out double value)
    {
        text = text.Trim((byte)' ');
        if (text.Length > 0 && text[0] == (byte)'+')
        {
            text = text[1..];
        }

        return double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out value)
            && double.IsFinite(value);
    }

    /// <summary>A number as DS: at most 16 characters, as exact as they allow.</summary>
    public static string DecimalString(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        for (int digits = 16; text.Length > 16 && digits > 0; digits--)
        {
            text = value.ToString("G" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        }

        return text;
    }

    /// <summary>The bytes of one number of a VR, of word streams too; 0 for text and bytes.</summary>
    internal static int SizeOf(Vr vr) => vr switch
    {
        Vr.OW => 2,
        Vr.OF or Vr.OL => 4,
        Vr.OD or Vr.OV => 8,
        _ => VrInfo.NumberSize(vr),
    };

    private static bool TryGetText(DicomElement element, int index, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (index < 0 || !(VrInfo.IsText(element.Vr) || element.Vr == Vr.UN) || element.Value.Length == 0)
        {
            return false;
        }

        ReadOnlySpan<byte> rest = TextBytes.Prepared(element.Value.Span);
        for (int i = 0; i < index; i++)
        {
            int next = rest.IndexOf((byte)'\\');
            if (next < 0)
            {
                return false;
            }

            rest = rest[(next + 1)..];
        }

        int end = rest.IndexOf((byte)'\\');
        text = (end < 0 ? rest : rest[..end]).Trim((byte)' ');
        return text.Length > 0;
    }

    private static double Floating(DicomElement element, ReadOnlySpan<byte> bytes) => (bytes.Length, element.IsBigEndian) switch
    {
        (4, false) => BinaryPrimitives.ReadSingleLittleEndian(bytes),
        (4, true) => BinaryPrimitives.ReadSingleBigEndian(bytes),
        (8, false) => BinaryPrimitives.ReadDoubleLittleEndian(bytes),
        _ => BinaryPrimitives.ReadDoubleBigEndian(bytes),
    };

    private static long Integer(DicomElement element, ReadOnlySpan<byte> bytes)
    {
        bool big = element.IsBigEndian;
        return element.Vr switch
        {
            Vr.SS => big ? BinaryPrimitives.ReadInt16BigEndian(bytes) : BinaryPrimitives.ReadInt16LittleEndian(bytes),
            Vr.US or Vr.OW => big ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes),
            Vr.SL => big ? BinaryPrimitives.ReadInt32BigEndian(bytes) : BinaryPrimitives.ReadInt32LittleEndian(bytes),
            Vr.UL or Vr.OL => big ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            Vr.AT => Tag(bytes, big).Value,
            _ => big ? BinaryPrimitives.ReadInt64BigEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes),
        };
    }

    /// <summary>An AT value: two 16-bit numbers, group first.</summary>
    internal static DicomTag Tag(ReadOnlySpan<byte> bytes, bool bigEndian) => bigEndian
        ? new DicomTag(BinaryPrimitives.ReadUInt16BigEndian(bytes), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]))
        : new DicomTag(BinaryPrimitives.ReadUInt16LittleEndian(bytes), BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]));
}
