using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>Finds what the identifier of a C-MOVE or C-GET names (PS3.4 C.4.2, C.4.3).</summary>
public sealed class RetrieveLookup(IResourceIndex index)
{
    /// <summary>The resources named; empty where nothing is.</summary>
    /// <param name="identifier">With (0008,0052), or without: then the lowest key that has a value decides, the accession number being one of a study, as some viewers expect.</param>
    /// <param name="all">Every identifier of a list must be known, else nothing is found.</param>
    /// <exception cref="EdgeException">ParameterOutOfRange: an unknown level, or no identifier at all.</exception>
    public ValueTask<List<LookupHit>> FindAsync(DataSet identifier, bool all, bool demandsLevel, CancellationToken cancellation)
    {
        string? levelText = identifier.GetString(DicomTags.QueryRetrieveLevel)?.Trim();
        ResourceLevel level = levelText is { Length: > 0 }
            ? QueryLevels.Parse(levelText) ?? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown level of a retrieval: \"{levelText}\"")
            : demandsLevel ? throw new EdgeException(ErrorCode.ParameterOutOfRange, "The retrieval has no level") : LowestKey(identifier);
        DicomTag tag = QueryLevels.Key(level);
        string[] values = Values(identifier, tag);
        if (level == ResourceLevel.Study && Values(identifier, DicomTags.AccessionNumber) is { Length: > 0 } accessions)
        {
            (tag, values) = (DicomTags.AccessionNumber, accessions);
        }

        return values.Length == 0
            ? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The retrieval at level {QueryLevels.Name(level)} names nothing")
            : index.ReadAsync((level, tag, values, all), static (reader, q) => Find(reader, q.level, q.tag, q.values, q.all), cancellation);
    }

    private static List<LookupHit> Find(IIndexReader reader, ResourceLevel level, DicomTag tag, string[] values, bool all)
    {
        List<LookupHit> found = [];
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (string value in values)
        {
            List<LookupHit> hits = reader.Lookup(level, tag.Value, value);
            if (hits.Count == 0 && all)
            {
                return [];
            }

            foreach (LookupHit hit in hits)
            {
                if (seen.Add(hit.PublicId))
                {
                    found.Add(hit);
                }
            }
        }

        return found;
    }

    private static ResourceLevel LowestKey(DataSet identifier)
    {
        for (ResourceLevel level = ResourceLevel.Instance; level >= ResourceLevel.Patient; level--)
        {
            if (Values(identifier, QueryLevels.Key(level)).Length > 0 || (level == ResourceLevel.Study && Values(identifier, DicomTags.AccessionNumber).Length > 0))
            {
                return level;
            }
        }

        throw new EdgeException(ErrorCode.ParameterOutOfRange, "The retrieval has neither level nor identifier");
    }

    private static string[] Values(DataSet identifier, DicomTag tag) => [.. identifier.GetStrings(tag).Where(static value => value.Length > 0)];
}
