using System.Globalization;
using System.Runtime.CompilerServices;

namespace Edge.Dicom.Tags;

/// <summary>The tag of a data element: group and element number (PS3.5 7.1.1), ordered as in a data set.</summary>
/// <param name="Value">The group in the upper 16 bits, the element in the lower.</param>
public readonly partial record struct DicomTag(uint Value) : IComparable<DicomTag>, ISpanFormattable
{
    public DicomTag(ushort group, ushort element)
        : this((uint)group << 16 | element)
    {
    }

    public ushort Group => (ushort)(Value >> 16);

    public ushort Element => (ushort)Value;

    /// <summary>An odd group (PS3.5 7.8).</summary>
    public bool IsPrivate => (Value & 0x10000) != 0;

    /// <summary>A private creator element: (odd group, 0010-00FF).</summary>
    public bool IsPrivateCreator => IsPrivate && Element is >= 0x10 and <= 0xFF;

    /// <summary>A private element of a block: (odd group, 1000-FFFF).</summary>
    public bool IsPrivateElement => IsPrivate && Element >= 0x1000;

    /// <summary>The creator element of the block that a private element belongs to: (gggg,xxee) gives (gggg,00xx).</summary>
    public DicomTag CreatorTag => new(Group, (ushort)(Element >> 8));

    public bool IsGroupLength => (Value & 0xFFFF) == 0;

    public bool IsMeta => Value >> 16 == 2;

    /// <summary>An item, an item delimiter or a sequence delimiter (group FFFE).</summary>
    public bool IsItemOrDelimiter => Value >> 16 == 0xFFFE;

    /// <summary>PixelData, FloatPixelData or DoubleFloatPixelData (7FE0,0010/0008/0009).</summary>
    public bool IsPixelData
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Value >> 16 == 0x7FE0 && Value is 0x7FE00010 or 0x7FE00008 or 0x7FE00009;
    }

    public int CompareTo(DicomTag other) => Value.CompareTo(other.Value);

    public static bool operator <(DicomTag left, DicomTag right) => left.Value < right.Value;

    public static bool operator >(DicomTag left, DicomTag right) => left.Value > right.Value;

    public static bool operator <=(DicomTag left, DicomTag right) => left.Value <= right.Value;

    public static bool operator >=(DicomTag left, DicomTag right) => left.Value >= right.Value;

    /// <summary><c>gggg,eeee</c> in lower case: Orthanc's notation.</summary>
    public override string ToString() => string.Create(9, Value, static (chars, value) => Write(chars, value, ','));

    /// <summary><c>gggg-eeee</c> in lower case.</summary>
    public string ToDashString() => string.Create(9, Value, static (chars, value) => Write(chars, value, '-'));

    /// <summary>Eight hexadecimal digits in upper case: DICOMweb's notation (PS3.18 F.2.2).</summary>
    public string ToHexString() => Value.ToString("X8", CultureInfo.InvariantCulture);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < 9)
        {
            return false;
        }

        Write(destination, Value, ',');
        charsWritten = 9;
        return true;
    }

    /// <summary>Writes <c>gggg?eeee</c> as nine ASCII bytes.</summary>
    public void WriteUtf8(Span<byte> destination, byte separator = (byte)',')
    {
        ReadOnlySpan<byte> digits = "0123456789abcdef"u8;
        uint value = Value;
        destination[8] = digits[(int)(value & 15)];
        destination[7] = digits[(int)(value >> 4 & 15)];
        destination[6] = digits[(int)(value >> 8 & 15)];
        destination[5] = digits[(int)(value >> 12 & 15)];
        destination[4] = separator;
        destination[3] = digits[(int)(value >> 16 & 15)];
        destination[2] = digits[(int)(value >> 20 & 15)];
        destination[1] = digits[(int)(value >> 24 & 15)];
        destination[0] = digits[(int)(value >> 28)];
    }

    private static void Write(Span<char> chars, uint value, char separator)
    {
        for (int i = 8; i >= 0; i--)
        {
            if (i == 4)
            {
                chars[i] = separator;
                continue;
            }

            chars[i] = "0123456789abcdef"[(int)(value & 15)];
            value >>= 4;
        }
    }
}
