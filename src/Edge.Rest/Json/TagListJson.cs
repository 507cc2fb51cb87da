using System.Text.Json;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Rest.Json;

/// <summary>Writes the main tags of a resource as the index holds them, keys in alphabetical order, without a data set.</summary>
public static class TagListJson
{
    private const int MostTags = 256;

    public static void Write(Utf8JsonWriter writer, PackedTags tags, TagFormat format)
    {
        Span<uint> keys = stackalloc uint[MostTags];
        int count = 0;
        foreach (PackedTags.PackedTag entry in tags)
        {
            if (count == MostTags)
            {
                break;
            }

            // Insertion sort: a level has a few dozen tags at most.
            int at = count;
            while (at > 0 && Compare(entry.Tag, keys[at - 1], format) < 0)
            {
                keys[at] = keys[at - 1];
                at--;
            }

            keys[at] = entry.Tag;
            count++;
        }

        writer.WriteStartObject();
        Span<byte> number = stackalloc byte[9];
        for (int i = 0; i < count; i++)
        {
            DicomTag tag = new(keys[i]);
            tags.TryGetUtf8(tag.Value, out ReadOnlySpan<byte> value);
            ReadOnlySpan<byte> name = DicomDictionary.OrthancNameOf(tag);
            if (format == TagFormat.Simplified)
            {
                writer.WriteString(name, value);
                continue;
            }

            FormatNumber(tag, number);
            if (format == TagFormat.Short)
            {
                writer.WriteString(number, value);
                continue;
            }

            writer.WriteStartObject(number);
            writer.WriteString("Name"u8, name);
            writer.WriteString("Type"u8, "String"u8);
            writer.WriteString("Value"u8, value);
            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static int Compare(uint left, uint right, TagFormat format) => format == TagFormat.Simplified
        ? DicomDictionary.OrthancNameOf(new DicomTag(left)).SequenceCompareTo(DicomDictionary.OrthancNameOf(new DicomTag(right)))
        : left.CompareTo(right);

    private static void FormatNumber(DicomTag tag, Span<byte> destination)
    {
        for (int i = 0; i < 4; i++)
        {
            destination[i] = Hex(tag.Value >> (28 - (4 * i)));
            destination[i + 5] = Hex(tag.Value >> (12 - (4 * i)));
        }

        destination[4] = (byte)',';
    }

    private static byte Hex(uint value) => "0123456789abcdef"u8[(int)(value & 15)];
}
