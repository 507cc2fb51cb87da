using System.Globalization;
using System.Text;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Json;

/// <summary>The Native DICOM Model (PS3.19 A.1) as XML, UTF-8, bulk values inline.</summary>
public static class DicomWebXml
{
    private const string NameSpace = "http://dicom.nema.org/PS3.19/models/NativeDICOM";

    /// <summary>Writes the document of a data set. A value that was left in its source is loaded.</summary>
    public static void Write(Stream destination, DataSet dataSet)
    {
        using var writer = new StreamWriter(destination, new UTF8Encoding(false), 16384, leaveOpen: true);
        writer.Write("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<NativeDicomModel xmlns=\"" + NameSpace + "\">");
        WriteAttributes(writer, dataSet, dataSet.CharacterSet);
        writer.Write("</NativeDicomModel>\n");
    }

    private static void WriteAttributes(StreamWriter writer, DataSet dataSet, SpecificCharacterSet characterSet)
    {
        foreach (DicomElement found in dataSet.Ordered)
        {
            if (WebValues.IsLeftOut(found))
            {
                continue;
            }

            DicomElement element = WebValues.Known(dataSet, found);
            string? creator = dataSet.FindPrivateCreator(element.Tag);
            writer.Write($"<DicomAttribute tag=\"{element.Tag.ToHexString()}\" vr=\"{VrInfo.Name(element.Vr)}\"");
            WriteXmlAttribute(writer, "keyword", Encoding.UTF8.GetString(DicomDictionary.KeywordOf(element.Tag, creator)));
            WriteXmlAttribute(writer, "privateCreator", creator ?? "");
            writer.Write('>');
            WriteValue(writer, element, characterSet);
            writer.Write("</DicomAttribute>");
        }
    }

    private static void WriteValue(StreamWriter writer, DicomElement element, SpecificCharacterSet characterSet)
    {
        if (element.Items is { } items)
        {
            for (int i = 0; i < items.Count; i++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"<Item number=\"{i + 1}\">"));
                WriteAttributes(writer, items[i], characterSet);
                writer.Write("</Item>");
            }
        }
        else if (element.Tag == DicomTags.SpecificCharacterSet)
        {
            WriteText(writer, 1, "ISO_IR 192");
        }
        else if (element.External is not null || element.Tag.IsPixelData || element.Vr is Vr.OB or Vr.OW or Vr.UN or Vr.OV or Vr.None)
        {
            ReadOnlyMemory<byte> bulk = WebValues.Bulk(element);
            if (bulk.Length > 0)
            {
                writer.Write("<InlineBinary>");
                WriteBase64(writer, bulk.Span);
                writer.Write("</InlineBinary>");
            }
        }
        else if (element.Vr == Vr.PN)
        {
            WriteNames(writer, WebValues.Texts(element, characterSet));
        }
        else
        {
            string[] texts = VrInfo.IsText(element.Vr) ? WebValues.Texts(element, characterSet) : NumberTexts(element);
            for (int i = 0; i < texts.Length; i++)
            {
                if (texts[i].Length > 0)
                {
                    WriteText(writer, i + 1, texts[i]);
                }
            }
        }
    }

    private static string[] NumberTexts(DicomElement element)
    {
        if (ElementNumbers.Count(element) == 0)
        {
            return [];
        }

        string[] texts = ElementText.Numbers(element).Split('\\');
        return element.Vr == Vr.AT ? Array.ConvertAll(texts, text => text.Replace(",", "").ToUpperInvariant()) : texts;
    }

    private static void WriteNames(StreamWriter writer, string[] names)
    {
        for (int i = 0; i < names.Length; i++)
        {
            PersonName name = PersonName.Parse(names[i]);
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"<PersonName number=\"{i + 1}\">"));
            WriteGroup(writer, "Alphabetic", name.Alphabetic);
            WriteGroup(writer, "Ideographic", name.Ideographic);
            WriteGroup(writer, "Phonetic", name.Phonetic);
            writer.Write("</PersonName>");
        }
    }

    private static void WriteGroup(StreamWriter writer, string element, string group)
    {
        if (group.Length == 0)
        {
            return;
        }

        string[] components = PersonName.Components(group);
        string[] names = ["FamilyName", "GivenName", "MiddleName", "NamePrefix", "NameSuffix"];
        writer.Write($"<{element}>");
        for (int i = 0; i < names.Length; i++)
        {
            if (components[i].Length > 0)
            {
                writer.Write($"<{names[i]}>");
                WriteEscaped(writer, components[i]);
                writer.Write($"</{names[i]}>");
            }
        }

        writer.Write($"</{element}>");
    }

    private static void WriteText(StreamWriter writer, int number, string text)
    {
        writer.Write(string.Create(CultureInfo.InvariantCulture, $"<Value number=\"{number}\">"));
        WriteEscaped(writer, text);
        writer.Write("</Value>");
    }

    private static void WriteXmlAttribute(StreamWriter writer, string name, string value)
    {
        if (value.Length > 0)
        {
            writer.Write($" {name}=\"");
            WriteEscaped(writer, value);
            writer.Write('"');
        }
    }

    private static void WriteBase64(StreamWriter writer, ReadOnlySpan<byte> bytes)
    {
        Span<char> chars = stackalloc char[4096];
        while (bytes.Length > 0)
        {
            int count = Math.Min(bytes.Length, 3072);
            Convert.TryToBase64Chars(bytes[..count], chars, out int written);
            writer.Write(chars[..written]);
            bytes = bytes[count..];
        }
    }

    // XML 1.0 2.2: control characters have no place in a document, escaped or not.
    private static void WriteEscaped(StreamWriter writer, string text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            switch (c)
            {
                case '&':
                    writer.Write("&amp;");
                    break;
                case '<':
                    writer.Write("&lt;");
                    break;
                case '>':
                    writer.Write("&gt;");
                    break;
                case '"':
                    writer.Write("&quot;");
                    break;
                case '\r':
                    writer.Write("&#13;");
                    break;
                case < ' ' when c is not ('\t' or '\n'):
                case '\uFFFE' or '\uFFFF':
                    break;
                default:
                    if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                    {
                        writer.Write(c);
                        writer.Write(text[++i]);
                    }
                    else
                    {
                        writer.Write(char.IsSurrogate(c) ? '\uFFFD' : c);
                    }

                    break;
            }
        }
    }
}
