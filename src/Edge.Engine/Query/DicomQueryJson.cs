using System.Text.Json;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Engine.Query;

/// <summary>Reads queries to modalities: objects of tags with texts, or with arrays of such objects for sequences.</summary>
public static class DicomQueryJson
{
    /// <summary>Deeper than any worklist.</summary>
    private const int MaximumDepth = 8;

    /// <summary>A data set of the tags given.</summary>
    /// <exception cref="EdgeException">400 (15) for wrong types, 500 (27) for unknown tags, 400 (5) for texts that are no value of the tag.</exception>
    public static DataSet Read(JsonElement query) => Read(query, 0);

    private static DataSet Read(JsonElement query, int depth)
    {
        if (query.ValueKind != JsonValueKind.Object || depth > MaximumDepth)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "A query must be a JSON object of DICOM tags");
        }

        DataSet dataSet = new() { DefaultEncoding = OrthancEncoding.Utf8 };
        foreach (JsonProperty member in query.EnumerateObject())
        {
            DicomTag tag = DicomTag.Parse(member.Name);
            switch (member.Value.ValueKind)
            {
                case JsonValueKind.String when tag != DicomTags.SpecificCharacterSet:
                    SetText(dataSet, tag, member.Value.GetString()!);
                    break;
                case JsonValueKind.String:
                    break; // the text of a request is UTF-8; what is sent says itself how it is encoded
                case JsonValueKind.Array:
                    List<DataSet> items = [];
                    foreach (JsonElement item in member.Value.EnumerateArray())
                    {
                        items.Add(Read(item, depth + 1));
                    }

                    dataSet.SetItems(tag, items);
                    break;
                default:
                    throw new EdgeException(ErrorCode.BadFileFormat, $"Tag \"{member.Name}\" must be associated with a string");
            }
        }

        return dataSet;
    }

    private static void SetText(DataSet dataSet, DicomTag tag, string text)
    {
        Vr vr = DicomDictionary.VrOf(tag, null, out _);
        vr = vr is Vr.None or Vr.UN ? Vr.LO : vr;
        if (vr == Vr.SQ)
        {
            dataSet.SetItems(tag, []);
        }
        else if (text.Length == 0)
        {
            dataSet.Set(new DicomElement(tag, vr, ReadOnlyMemory<byte>.Empty));
        }
        else
        {
            dataSet.SetString(tag, text, vr);
        }
    }
}
