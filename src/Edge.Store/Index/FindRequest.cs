using Edge.Core.Ids;

namespace Edge.Store.Index;

/// <summary>How a value is compared (facts: matching semantics of C-FIND and <c>/tools/find</c>).</summary>
public enum MatchKind
{
    /// <summary>Equal to <see cref="TagConstraint.Values"/>[0].</summary>
    Equal,

    /// <summary>Equal to any of the values.</summary>
    List,

    /// <summary><c>*</c> and <c>?</c> over the whole value.</summary>
    Wildcard,

    /// <summary>Between Values[0] and Values[1] as text, bounds included; an empty bound is open.</summary>
    Range,
}

/// <summary>A condition on a main DICOM tag of the index. A resource without the tag does not match.</summary>
/// <param name="Level">The level that holds the tag: the level asked for or one above; below it nothing matches,
/// except <c>ModalitiesInStudy</c> (0008,0061) at study level, which looks at the series.</param>
/// <param name="CaseSensitive">False: both sides upper-cased with accents.</param>
public sealed record TagConstraint(ResourceLevel Level, uint Tag, MatchKind Kind, IReadOnlyList<string> Values, bool CaseSensitive);

/// <summary>A condition on a metadata of the resource asked for.</summary>
public sealed record MetadataConstraint(int Type, MatchKind Kind, IReadOnlyList<string> Values, bool CaseSensitive);

/// <summary>How <see cref="FindRequest.Labels"/> is meant.</summary>
public enum LabelsConstraint
{
    All,
    Any,

    /// <summary>None of them; with no labels given (<see cref="FindRequest.LabelsAsked"/>): resources without any label.</summary>
    None,
}

/// <summary>One key of the order: a main tag (of the level or above) or a metadata. Resources without it come last, in either direction.</summary>
/// <param name="Numeric">Compare as numbers where both are.</param>
public sealed record FindOrder(uint? Tag, int? Metadata, ResourceLevel Level, bool Descending, bool Numeric = false);

/// <summary>A search in the index alone.</summary>
public sealed record FindRequest
{
    public required ResourceLevel Level { get; init; }

    public IReadOnlyList<TagConstraint> Tags { get; init; } = [];

    public IReadOnlyList<MetadataConstraint> Metadata { get; init; } = [];

    public IReadOnlyList<string> Labels { get; init; } = [];

    public LabelsConstraint LabelsConstraint { get; init; }

    /// <summary>The request names labels at all: an empty list then means something under <see cref="LabelsConstraint.None"/> (1.12.11).</summary>
    public bool LabelsAsked { get; init; }

    /// <summary>Only descendants of this patient, study and series (public ids); unknown ids match nothing.</summary>
    public string? ParentPatient { get; init; }

    public string? ParentStudy { get; init; }

    public string? ParentSeries { get; init; }

    /// <summary>Empty: the order of creation.</summary>
    public IReadOnlyList<FindOrder> OrderBy { get; init; } = [];

    public long Since { get; init; }

    /// <summary>0: no limit.</summary>
    public long Limit { get; init; }
}

/// <summary>One answer.</summary>
public readonly record struct FoundResource(long Id, string PublicId);
