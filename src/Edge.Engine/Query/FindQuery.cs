using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>A search for local resources: what the index can answer, and the conditions that need the files.</summary>
public sealed class FindQuery
{
    private readonly List<TagConstraint> _indexed = [];
    private readonly List<(DicomTag Tag, TextConstraint Constraint)> _inFiles = [];
    private readonly List<MetadataConstraint> _metadata = [];

    public required ResourceLevel Level { get; init; }

    public long Since { get; init; }

    /// <summary>0: no limit.</summary>
    public long Limit { get; init; }

    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Whether labels were named at all, even as an empty list.</summary>
    public bool LabelsAsked { get; init; }

    public LabelsConstraint LabelsConstraint { get; init; }

    public string? ParentPatient { get; init; }

    public string? ParentStudy { get; init; }

    public string? ParentSeries { get; init; }

    public IReadOnlyList<FindOrder> OrderBy { get; init; } = [];

    /// <summary>Conditions on tags that the index does not hold; each candidate's file must be read.</summary>
    public IReadOnlyList<(DicomTag Tag, TextConstraint Constraint)> InFiles => _inFiles;

    /// <summary>A condition asks a resource for what only those below it have (the modality of a study): nothing can meet it, as in Orthanc.</summary>
    public bool IsImpossible { get; private set; }

    /// <summary>Adds a condition; an empty value is none.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange: a wildcard where the VR knows none.</exception>
    public void Add(DicomTag tag, string value, bool caseSensitive, MainTags mainTags)
    {
        if (TextConstraint.Parse(tag, DicomDictionary.VrOf(tag, null, out _), value, caseSensitive) is not { } constraint)
        {
            return;
        }

        if (tag == DicomTags.ModalitiesInStudy && Level == ResourceLevel.Study)
        {
            _indexed.Add(new TagConstraint(ResourceLevel.Study, tag.Value, constraint.Kind, constraint.Values, constraint.CaseSensitive));
        }
        else if (LevelOf(tag, mainTags) is { } level)
        {
            _indexed.Add(new TagConstraint(level, tag.Value, constraint.Kind, constraint.Values, constraint.CaseSensitive));
        }
        else if (IsOfChildren(tag, mainTags))
        {
            IsImpossible = true;
        }
        else
        {
            _inFiles.Add((tag, constraint));
        }
    }

    public void AddMetadata(int type, string value, bool caseSensitive)
    {
        if (TextConstraint.ParseMetadata(value, caseSensitive) is { } constraint)
        {
            _metadata.Add(new MetadataConstraint(type, constraint.Kind, constraint.Values, constraint.CaseSensitive));
        }
    }

    /// <summary>The level, the one asked for or above, whose main tags hold <paramref name="tag"/>; null where none does.</summary>
    public ResourceLevel? LevelOf(DicomTag tag, MainTags mainTags)
    {
        for (ResourceLevel level = Level; level >= ResourceLevel.Patient; level--)
        {
            if (mainTags.Contains(level, tag))
            {
                return level;
            }
        }

        return null;
    }

    private bool IsOfChildren(DicomTag tag, MainTags mainTags)
    {
        for (ResourceLevel below = Level + 1; below <= ResourceLevel.Instance; below++)
        {
            if (mainTags.Contains(below, tag))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The part that the index answers. Paging stays out of it where files decide.</summary>
    public FindRequest ToRequest() => new()
    {
        Level = Level,
        Tags = _indexed,
        Metadata = _metadata,
        Labels = Labels,
        LabelsConstraint = LabelsConstraint,
        LabelsAsked = LabelsAsked,
        ParentPatient = ParentPatient,
        ParentStudy = ParentStudy,
        ParentSeries = ParentSeries,
        OrderBy = OrderBy,
        Since = _inFiles.Count == 0 ? Since : 0,
        Limit = _inFiles.Count == 0 ? Limit : 0,
    };
}
