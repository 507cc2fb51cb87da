using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Core.Errors;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Text;

/// <summary>Values as text and text as values.</summary>
internal static class ElementText
{
    /// <summary>A value as text: prepared as Orthanc does; numbers joined by backslashes; null for sequences, bulk and what is not in memory.</summary>
    public static string? Read(DataSet dataSet, DicomElement element)
    {
        if (element.Items is not null || element.Fragments is not null || element.External is not null)
        {
            return null;
        }

        Vr vr = element.Vr;
        if (vr == Vr.UN)
        {
            vr = dataSet.VrOf(element.Tag);
            return VrInfo.IsText(vr) ? dataSet.CharacterSet.Decode(TextBytes.PreparedUnknown(element.Value.Span), vr) : null;
        }

        if (VrInfo.IsText(vr))
        {
            ReadOnlySpan<byte> bytes = TextBytes.Prepared(element.Value.Span);
            return bytes.Length == 0 ? "" : dataSet.CharacterSet.Decode(bytes, vr);
        }

        return VrInfo.Kind(vr) == VrKind.Number ? Numbers(element) : null;
    }

    /// <summary>The bytes of a text as a value of a VR, padded to an even length, little endian.</summary>
    /// <exception cref="EdgeException">BadParameterType, naming the tag.</exception>
    public static byte[] Encode(SpecificCharacterSet characterSet, Vr vr, string text, DicomTag tag)
    {
        if (VrInfo.IsText(vr))
        {
            byte[] bytes = VrInfo.IsCharacterSetDependent(vr) || !Ascii.IsValid(text) ? characterSet.Encode(text, vr) : Encoding.ASCII.GetBytes(text);
            return TextBytes.Padded(bytes, VrInfo.Padding(vr));
        }

        if (ElementNumbers.SizeOf(vr) > 0)
        {
            return EncodeNumbers(vr, text, tag);
        }

        // Bulk: bytes that are given as text.
        return vr == Vr.SQ ? throw Bad(tag, vr) : TextBytes.Padded(characterSet.Encode(text), 0);
    }

    /// <summary>Binary numbers as decimal text joined by backslashes; tags as <c>gggg,eeee</c>.</summary>
    public static string Numbers(DicomElement element)
    {
        int count = ElementNumbers.Count(element);
        if (count == 1)
        {
            return Number(element, 0);
        }

        var text = new StringBuilder();
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                text.Append('\\');
            }

            text.Append(Number(element, i));
        }

        return text.ToString();
    }

    private static string Number(DicomElement element, int index)
    {
        switch (element.Vr)
        {
            case Vr.FL or Vr.FD or Vr.OF or Vr.OD:
                ElementNumbers.TryReadDouble(element, index, out double number);
                return DicomNumber.Format(number);
            case Vr.AT:
                return ElementNumbers.Tag(element.Value.Span.Slice(index * 4, 4), element.IsBigEndian).ToString();
            case Vr.UV or Vr.OV:
                ReadOnlySpan<byte> wide = element.Value.Span.Slice(index * 8, 8);
                return (element.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(wide) : BinaryPrimitives.ReadUInt64LittleEndian(wide)).ToString(CultureInfo.InvariantCulture);
            default:
                ElementNumbers.TryReadInteger(element, index, out long value);
                return value.ToString(CultureInfo.InvariantCulture);
        }
    }

    private static byte[] EncodeNumbers(Vr vr, string text, DicomTag tag)
    {
        if (text.Length == 0)
        {
            return [];
        }

        string[] parts = text.Split('\\');
        int size = ElementNumbers.SizeOf(vr);
        var bytes = new byte[parts.Length * size];
        for (int i = 0; i < parts.Length; i++)
        {
            Span<byte> target = bytes.AsSpan(i * size, size);
            ReadOnlySpan<char> part = parts[i].AsSpan().Trim(' ');
            bool good = true;
            switch (vr)
            {
                case Vr.AT:
                    good = DicomTag.TryParse(part, out DicomTag value);
                    BinaryPrimitives.WriteUInt16LittleEndian(target, value.Group);
                    BinaryPrimitives.WriteUInt16LittleEndian(target[2..], value.Element);
                    break;
                case Vr.FL or Vr.OF:
                    good = float.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out float single);
                    BinaryPrimitives.WriteSingleLittleEndian(target, single);
                    break;
                case Vr.FD or Vr.OD:
                    good = double.TryParse(part, NumberStyles.Float, CultureInfo.InvariantCulture, out double real);
                    BinaryPrimitives.WriteDoubleLittleEndian(target, real);
                    break;
                case Vr.US or Vr.OW:
                    good = ushort.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out ushort us);
                    BinaryPrimitives.WriteUInt16LittleEndian(target, us);
                    break;
                case Vr.SS:
                    good = short.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out short ss);
                    BinaryPrimitives.WriteInt16LittleEndian(target, ss);
                    break;
                case Vr.UL or Vr.OL:
                    good = uint.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out uint ul);
                    BinaryPrimitives.WriteUInt32LittleEndian(target, ul);
                    break;
                case Vr.SL:
                    good = int.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out int sl);
                    BinaryPrimitives.WriteInt32LittleEndian(target, sl);
                    break;
                case Vr.UV or Vr.OV:
                    good = ulong.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out ulong uv);
                    BinaryPrimitives.WriteUInt64LittleEndian(target, uv);
                    break;
                default:
                    good = long.TryParse(part, NumberStyles.Integer, CultureInfo.InvariantCulture, out long sv);
                    BinaryPrimitives.WriteInt64LittleEndian(target, sv);
                    break;
            }

            if (!good)
            {
                throw Bad(tag, vr);
            }
        }

        return bytes;
    }

    private static EdgeException Bad(DicomTag tag, Vr vr) => new(ErrorCode.BadParameterType, $"Not a value of VR {VrInfo.Name(vr)} for tag {tag}");
}
