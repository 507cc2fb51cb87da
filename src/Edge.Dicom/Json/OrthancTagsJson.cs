using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom.Json;

/// <summary>
/// Orthanc's JSON of tags: <c>/tags</c>, <c>/simplified-tags</c>, <c>/header</c>, <c>/module</c>. Keys in alphabetical order. The character set of the
/// top data set counts for the whole tree, as in Orthanc. ASCII text goes from the file to the output without a string between.
/// </summary>
public static class OrthancTagsJson
{
    /// <summary>How to make the writer: without escapes that JSON does not need.</summary>
    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes the object of a data set.</summary>
    public static void Write(Utf8JsonWriter writer, DataSet dataSet, TagFormat format, OrthancJsonOptions? options = null) =>
        WriteObject(writer, dataSet, format, options ?? OrthancJsonOptions.Default, dataSet.CharacterSet, isTop: true);

    /// <summary>Writes the members of that object, simplified, into one that the caller began.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, DataSet dataSet, OrthancJsonOptions? options = null) =>
        WriteByName(writer, dataSet, options ?? OrthancJsonOptions.Default, dataSet.CharacterSet, new CreatorCache(), isTop: true);

    /// <summary>Writes the object of group 0002 (<c>/instances/{id}/header</c>), binary values left out; an empty one where there is none.</summary>
    public static void WriteHeader(Utf8JsonWriter writer, DataSet? meta, TagFormat format)
    {
        var texts = new DataSet();
        if (meta is not null)
        {
            foreach (DicomElement element in meta)
            {
                if (VrInfo.Kind(element.Vr) is VrKind.Text or VrKind.Number)
                {
                    texts.Append(element);
                }
            }
        }

        WriteObject(writer, texts, format, OrthancJsonOptions.Default, SpecificCharacterSet.Of(OrthancEncoding.Latin1), isTop: true);
    }

    /// <summary>Writes one element as the value of a key that is written already: the node, or the bare value, of a format.</summary>
    public static void WriteElement(Utf8JsonWriter writer, DataSet dataSet, DicomElement element, TagFormat format, OrthancJsonOptions? options = null) =>
        WriteValue(writer, dataSet, element, format, options ?? OrthancJsonOptions.Default, Top(dataSet).CharacterSet, new CreatorCache());

    private static DataSet Top(DataSet dataSet)
    {
        while (dataSet.Parent is { } parent)
        {
            dataSet = parent;
        }

        return dataSet;
    }

    private static void WriteObject(Utf8JsonWriter writer, DataSet dataSet, TagFormat format, OrthancJsonOptions options, SpecificCharacterSet characterSet, bool isTop)
    {
        writer.WriteStartObject();
        var creators = new CreatorCache();
        if (format == TagFormat.Simplified)
        {
            WriteByName(writer, dataSet, options, characterSet, creators, isTop);
        }
        else
        {
            Span<byte> key = stackalloc byte[9];
            foreach (DicomElement element in dataSet.Ordered)
            {
                if (isTop && !IsGiven(element.Tag, options))
                {
                    continue;
                }

                element.Tag.WriteUtf8(key);
                writer.WritePropertyName(key);
                WriteValue(writer, dataSet, element, format, options, characterSet, creators);
            }
        }

        writer.WriteEndObject();
    }

    private static void WriteByName(Utf8JsonWriter writer, DataSet dataSet, OrthancJsonOptions options, SpecificCharacterSet characterSet, CreatorCache creators, bool isTop)
    {
        var named = new (string Name, DicomElement Element)[dataSet.Count];
        int count = 0;
        foreach (DicomElement element in dataSet.Ordered)
        {
            if (!isTop || IsGiven(element.Tag, options))
            {
                named[count++] = (DicomDictionary.OrthancName(element.Tag, creators.Of(dataSet, element.Tag)), element);
            }
        }

        Span<(string Name, DicomElement Element)> all = named.AsSpan(0, count);
        all.Sort(static (a, b) => string.CompareOrdinal(a.Name, b.Name) is var order and not 0 ? order : a.Element.Tag.CompareTo(b.Element.Tag));
        for (int i = 0; i < all.Length; i++)
        {
            // Of equal names the last in tag order stays.
            if (i + 1 < all.Length && string.Equals(all[i].Name, all[i + 1].Name, StringComparison.Ordinal))
            {
                continue;
            }

            writer.WritePropertyName(all[i].Name);
            WriteValue(writer, dataSet, all[i].Element, TagFormat.Simplified, options, characterSet, creators);
        }
    }

    // Orthanc stops reading at pixel data.
    private static bool IsGiven(DicomTag tag, OrthancJsonOptions options) =>
        (options.Whole || tag.Value <= 0x7FE00010) && (options.Only is null || options.Only.Contains(tag));

    private static void WriteValue(
        Utf8JsonWriter writer, DataSet dataSet, DicomElement element, TagFormat format, OrthancJsonOptions options, SpecificCharacterSet characterSet, CreatorCache creators)
    {
        if (element.Items is { } items)
        {
            if (format == TagFormat.Full)
            {
                writer.WriteStartObject();
                writer.WriteString("Name"u8, DicomDictionary.OrthancNameOf(element.Tag, creators.Of(dataSet, element.Tag)));
                writer.WriteString("Type"u8, "Sequence"u8);
                writer.WritePropertyName("Value"u8);
            }

            writer.WriteStartArray();
            for (int i = 0; i < items.Count; i++)
            {
                WriteObject(writer, items[i], format, options, characterSet, isTop: false);
            }

            writer.WriteEndArray();
            if (format == TagFormat.Full)
            {
                writer.WriteEndObject();
            }

            return;
        }

        bool limited = options.MaximumLength > 0 && options.IgnoreLength?.Contains(element.Tag) != true;
        int limit = limited ? options.MaximumLength : int.MaxValue;
        LeafKind kind = LeafText.Classify(dataSet, element, characterSet, limit, out ReadOnlySpan<byte> ascii, out string? text);
        if (format == TagFormat.Full)
        {
            string? creator = creators.Of(dataSet, element.Tag);
            writer.WriteStartObject();
            writer.WriteString("Name"u8, DicomDictionary.OrthancNameOf(element.Tag, creator));
            if (creator is not null)
            {
                writer.WriteString("PrivateCreator"u8, creator);
            }

            writer.WriteString("Type"u8, kind switch { LeafKind.Text => "String"u8, LeafKind.TooLong => "TooLong"u8, _ => "Null"u8 });
            writer.WritePropertyName("Value"u8);
        }

        if (kind != LeafKind.Text)
        {
            writer.WriteNullValue();
        }
        else if (text is not null)
        {
            writer.WriteStringValue(text);
        }
        else
        {
            writer.WriteStringValue(ascii);
        }

        if (format == TagFormat.Full)
        {
            writer.WriteEndObject();
        }
    }

    /// <summary>The owner of the private block last asked for: a block's elements follow each other.</summary>
    private sealed class CreatorCache
    {
        private DicomTag _block;
        private string? _creator;

        public string? Of(DataSet dataSet, DicomTag tag)
        {
            if (!tag.IsPrivateElement)
            {
                return null;
            }

            if (_block != tag.CreatorTag)
            {
                _block = tag.CreatorTag;
                _creator = dataSet.FindPrivateCreator(tag);
            }

            return _creator;
        }
    }
}
