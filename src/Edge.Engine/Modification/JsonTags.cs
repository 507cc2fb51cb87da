using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Engine.Modification;

/// <summary>Puts values that a request gives as JSON into data sets: text by the VR of the tag, arrays of objects as sequences, data URIs as bytes.</summary>
/// <param name="privateCreator">The owner of private tags that are given by number; null or empty for none.</param>
/// <param name="interpretsUris">Whether a data URI is bytes where the VR is binary.</param>
public sealed class JsonTags(string? privateCreator, bool interpretsUris = true)
{
    /// <summary>Sequences nested deeper are refused, as on reading. JSON itself is limited to 64.</summary>
    private const int DeepestNesting = 60;

    /// <summary>Refuses what is neither text nor a list of objects.</summary>
    /// <exception cref="EdgeException">BadParameterType, UnknownDicomTag.</exception>
    public static void Check(DicomTag tag, JsonElement value) => Check(tag, value, 0);

    /// <summary>Sets a value. A private tag gets the creator of its block where there is none.</summary>
    /// <param name="creator">The owner of a private tag that was given by keyword; else null.</param>
    /// <exception cref="EdgeException">BadParameterType.</exception>
    public void Set(DataSet target, DicomTag tag, string? creator, JsonElement value)
    {
        string? owner = Own(target, tag, creator);
        Put(target, tag, owner, value);
    }

    /// <summary>All texts in a value that a character set must be able to express.</summary>
    public static bool CanEncode(SpecificCharacterSet characterSet, JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                string text = value.GetString()!;
                return Ascii.IsValid(text) || characterSet.CanEncode(text);
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    if (!CanEncode(characterSet, item))
                    {
                        return false;
                    }
                }

                return true;
            case JsonValueKind.Object:
                foreach (JsonProperty member in value.EnumerateObject())
                {
                    if (!CanEncode(characterSet, member.Value))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return true;
        }
    }

    private static void Check(DicomTag tag, JsonElement value, int depth)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return;
        }

        if (value.ValueKind != JsonValueKind.Array || depth > DeepestNesting)
        {
            throw Bad(tag);
        }

        foreach (JsonElement item in value.EnumerateArray())
        {
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw Bad(tag);
            }

            foreach (JsonProperty member in item.EnumerateObject())
            {
                Check(DicomTag.Parse(member.Name), member.Value, depth + 1);
            }
        }
    }

    /// <summary>Writes the owner of a private tag's block into the top data set, as Orthanc does; items inherit nothing (PS3.5 7.8.1), so there the VR alone follows.</summary>
    private string? Own(DataSet target, DicomTag tag, string? creator)
    {
        if (!tag.IsPrivateElement)
        {
            return null;
        }

        if (target.FindPrivateCreator(tag) is { } present)
        {
            return present;
        }

        string? owner = creator ?? privateCreator;
        if (string.IsNullOrEmpty(owner))
        {
            return null;
        }

        if (target.Parent is null)
        {
            target.SetString(tag.CreatorTag, owner, Vr.LO);
        }

        return owner;
    }

    private void Put(DataSet target, DicomTag tag, string? owner, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Array)
        {
            List<DataSet> items = new(value.GetArrayLength());
            foreach (JsonElement item in value.EnumerateArray())
            {
                items.Add(new DataSet());
            }

            // Items belong to the data set before they are filled, so that they inherit its character set.
            target.SetItems(tag, items);
            int at = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                DataSet inner = items[at++];
                foreach (JsonProperty member in item.EnumerateObject())
                {
                    if (!DicomTag.TryParse(member.Name, out DicomTag tagInside, out string? creatorInside))
                    {
                        throw new EdgeException(ErrorCode.UnknownDicomTag);
                    }

                    Set(inner, tagInside, creatorInside, member.Value);
                }
            }

            return;
        }

        if (value.ValueKind != JsonValueKind.String)
        {
            throw Bad(tag);
        }

        Vr vr = VrOf(target, tag, owner);
        string text = value.GetString()!;
        if (vr == Vr.SQ)
        {
            throw new EdgeException(ErrorCode.BadParameterType, $"The tag {tag} ({DicomDictionary.OrthancName(tag)}) is a sequence: its value must be a list of objects");
        }

        if (interpretsUris && VrInfo.Kind(vr) == VrKind.Bulk && DataUri.TryParse(text, out DataUri uri))
        {
            target.SetBytes(tag, uri.Content, vr);
            return;
        }

        target.SetString(tag, text, vr);
    }

    private static Vr VrOf(DataSet target, DicomTag tag, string? owner)
    {
        if (owner is null || target.FindPrivateCreator(tag) is not null)
        {
            return target.VrOf(tag);
        }

        Vr vr = DicomDictionary.VrOf(tag, owner, out _);
        return vr == Vr.None ? Vr.UN : vr;
    }

    private static EdgeException Bad(DicomTag tag) =>
        new(ErrorCode.BadParameterType, $"The value of tag {tag} ({DicomDictionary.OrthancName(tag)}) must be a string, or for a sequence a list of objects");
}
