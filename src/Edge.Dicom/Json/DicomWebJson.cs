using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Json;

/// <summary>
/// The DICOM JSON model (PS3.18 annex F) as Orthanc 1.12.11 answers it: bulk values inline, text in UTF-8 whatever the file's
/// <c>SpecificCharacterSet</c> says, decimal strings as strings (PS3.18 F.2.3.1), since numbers lose their digits.
/// </summary>
public static class DicomWebJson
{
    /// <summary>Writes the object of a data set. A value that was left in its source is loaded.</summary>
    public static void Write(Utf8JsonWriter writer, DataSet dataSet) => WriteObject(writer, dataSet, dataSet.CharacterSet);

    private static void WriteObject(Utf8JsonWriter writer, DataSet dataSet, SpecificCharacterSet characterSet)
    {
        writer.WriteStartObject();
        Span<byte> key = stackalloc byte[8];
        foreach (DicomElement found in dataSet.Ordered)
        {
            if (WebValues.IsLeftOut(found))
            {
                continue;
            }

            DicomElement element = WebValues.Known(dataSet, found);
            element.Tag.Value.TryFormat(key, out _, "X8", CultureInfo.InvariantCulture);
            writer.WriteStartObject(key);
            writer.WriteString("vr"u8, VrInfo.Code(element.Vr == Vr.None ? Vr.UN : element.Vr));
            WriteValue(writer, element, characterSet);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static void WriteValue(Utf8JsonWriter writer, DicomElement element, SpecificCharacterSet characterSet)
    {
        if (element.Items is { } items)
        {
            if (items.Count > 0)
            {
                writer.WriteStartArray("Value"u8);
                for (int i = 0; i < items.Count; i++)
                {
                    WriteObject(writer, items[i], characterSet);
                }

                writer.WriteEndArray();
            }
        }
        else if (element.Tag.IsPixelData || element.External is not null || IsInline(element.Vr))
        {
            if (element.Value.Length > 0 || element.Tag.IsPixelData || element.External is not null)
            {
                writer.WriteBase64String("InlineBinary"u8, WebValues.Bulk(element).Span);
            }
        }
        else if (VrInfo.IsText(element.Vr))
        {
            WriteTexts(writer, element, characterSet);
        }
        else if (ElementNumbers.Count(element) is var count and > 0)
        {
            writer.WriteStartArray("Value"u8);
            for (int i = 0; i < count; i++)
            {
                WriteNumber(writer, element, i);
            }

            writer.WriteEndArray();
        }
    }

    private static bool IsInline(Vr vr) => vr is Vr.OB or Vr.OW or Vr.UN or Vr.None or Vr.OV;

    private static void WriteTexts(Utf8JsonWriter writer, DicomElement element, SpecificCharacterSet characterSet)
    {
        string[] texts = WebValues.Texts(element, characterSet);
        if (texts.Length == 0)
        {
            return;
        }

        writer.WriteStartArray("Value"u8);
        foreach (string text in texts)
        {
            switch (element.Vr)
            {
                case Vr.PN:
                    WriteName(writer, PersonName.Parse(text));
                    break;
                case Vr.IS:
                    WriteInteger(writer, text);
                    break;
                case Vr.DS:
                    WriteString(writer, text.Trim(' '));
                    break;
                default:
                    WriteString(writer, text);
                    break;
            }
        }

        writer.WriteEndArray();
    }

    private static void WriteName(Utf8JsonWriter writer, PersonName name)
    {
        writer.WriteStartObject();
        if (name.Alphabetic.Length > 0)
        {
            writer.WriteString("Alphabetic"u8, name.Alphabetic);
        }

        if (name.Ideographic.Length > 0)
        {
            writer.WriteString("Ideographic"u8, name.Ideographic);
        }

        if (name.Phonetic.Length > 0)
        {
            writer.WriteString("Phonetic"u8, name.Phonetic);
        }

        writer.WriteEndObject();
    }

    private static void WriteString(Utf8JsonWriter writer, string text)
    {
        if (text.Length == 0)
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteStringValue(text);
        }
    }

    // What is no number is dropped, as Orthanc does.
    private static void WriteInteger(Utf8JsonWriter writer, string text)
    {
        string trimmed = text.Trim(' ');
        if (trimmed.Length == 0)
        {
            writer.WriteNullValue();
        }
        else if (long.TryParse(trimmed, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long integer))
        {
            writer.WriteNumberValue(integer);
        }
        else if (ElementNumbers.TryParseDouble(Encoding.UTF8.GetBytes(trimmed), out double number))
        {
            WriteReal(writer, number);
        }
    }

    private static void WriteNumber(Utf8JsonWriter writer, DicomElement element, int index)
    {
        switch (element.Vr)
        {
            case Vr.AT:
                writer.WriteStringValue(ElementNumbers.Tag(element.Value.Span.Slice(index * 4, 4), element.IsBigEndian).ToHexString());
                break;
            case Vr.FL or Vr.FD or Vr.OF or Vr.OD:
                ElementNumbers.TryReadDouble(element, index, out double real);
                WriteReal(writer, real);
                break;
            case Vr.UV:
                ReadOnlySpan<byte> wide = element.Value.Span.Slice(index * 8, 8);
                writer.WriteNumberValue(element.IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(wide) : BinaryPrimitives.ReadUInt64LittleEndian(wide));
                break;
            default:
                ElementNumbers.TryReadInteger(element, index, out long integer);
                writer.WriteNumberValue(integer);
                break;
        }
    }

    private static void WriteReal(Utf8JsonWriter writer, double value)
    {
        if (!double.IsFinite(value))
        {
            // JSON has no infinities.
            writer.WriteNullValue();
        }
        else if (value == Math.Floor(value) && Math.Abs(value) < 1L << 53)
        {
            writer.WriteNumberValue((long)value);
        }
        else
        {
            writer.WriteNumberValue(value);
        }
    }
}
