using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Query;

/// <summary>The identifier of a C-FIND, read: the level, the conditions, the keys to answer (PS3.4 C.4.1).</summary>
public sealed class DicomFindRequest
{
    private readonly List<RequestedKey> _keys = [];

    private DicomFindRequest(ResourceLevel level, string levelText, FindQuery query)
    {
        Level = level;
        LevelText = levelText;
        Query = query;
    }

    public ResourceLevel Level { get; }

    /// <summary>(0008,0052) as it was asked, which answers repeat.</summary>
    public string LevelText { get; }

    public FindQuery Query { get; }

    /// <summary>What answers hold beside level, character set and title.</summary>
    public IReadOnlyList<RequestedKey> Keys => _keys;

    /// <summary>Reads an identifier.</summary>
    /// <param name="ignoresVitrea">The invoker is of the manufacturer Vitrea: (5653,0010) is no condition.</param>
    /// <param name="limit">The most resources to look for; 0 for all.</param>
    /// <exception cref="EdgeException">ParameterOutOfRange: no level or an unknown one, or a wildcard where the VR knows none.</exception>
    public static DicomFindRequest Read(DataSet identifier, MainTags mainTags, IndexingOptions options, bool ignoresVitrea, int limit)
    {
        string levelText = identifier.GetString(DicomTags.QueryRetrieveLevel)?.Trim() ?? "";
        ResourceLevel level = QueryLevels.Parse(levelText) ?? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The query has no known level: \"{levelText}\"");
        DicomFindRequest request = new(level, levelText, new FindQuery { Level = level, Limit = limit });
        foreach (DicomElement element in identifier)
        {
            DicomTag tag = element.Tag;
            // Command and meta elements are no keys of a query.
            if (tag.Group < 0x0008 || tag.IsGroupLength || tag == DicomTags.QueryRetrieveLevel || tag == DicomTags.SpecificCharacterSet || tag == DicomTags.RetrieveAETitle)
            {
                continue;
            }

            string? creator = identifier.FindPrivateCreator(tag);
            request._keys.Add(new RequestedKey(tag, creator, VrOf(element, creator), tag.IsPrivateCreator ? identifier.GetString(tag) : null));
            if (element.IsSequence || tag == DicomTags.TimezoneOffsetFromUTC || tag.IsPrivateCreator || IsVitrea(tag, ignoresVitrea) || IsComputed(tag, level)
                || identifier.GetString(tag)?.Trim(' ', '\0') is not { Length: > 0 } value)
            {
                continue;
            }

            bool caseSensitive = element.Vr != Vr.PN || options.CaseSensitivePN;
            request.Query.Add(tag, value, caseSensitive, mainTags);
        }

        return request;
    }

    /// <summary>Counters and lists that are worked out are answered, not matched; ModalitiesInStudy of studies alone is both.</summary>
    private static bool IsComputed(DicomTag tag, ResourceLevel level) =>
        tag.Value is 0x00201200 or 0x00201202 or 0x00201204 or 0x00201206 or 0x00201208 or 0x00201209 or 0x00080062 or 0x00080056
        || (tag == DicomTags.ModalitiesInStudy && level != ResourceLevel.Study);

    private static bool IsVitrea(DicomTag tag, bool ignores) => ignores && tag.Value == 0x56530010;

    /// <summary>The dictionary's VR; of what it does not know, the one in which the key came.</summary>
    private static Vr VrOf(DicomElement element, string? creator)
    {
        if (element.IsSequence)
        {
            return Vr.SQ;
        }

        Vr known = DicomDictionary.VrOf(element.Tag, creator, out _);
        return known is Vr.None or Vr.UN ? element.Vr : known;
    }
}

/// <summary>A key that answers hold.</summary>
/// <param name="Creator">Of a private element, the owner of its block in the query; null without.</param>
/// <param name="Own">The value of a key that answers repeat: private creators.</param>
public sealed record RequestedKey(DicomTag Tag, string? Creator, Vr Vr, string? Own);
