using System.Text.Json;
using Edge.Core.Ids;
using Edge.Dicom.Tags;
using Edge.Engine.Modification.Deidentification;

namespace Edge.Engine.Modification;

/// <summary>A value to be put at a path: JSON as the request has it (text, data URI, or items).</summary>
public sealed record Replacement(TagPath Path, JsonElement Value);

/// <summary>
/// What a request to modify or anonymize asks for, checked. Immutable; made by <see cref="ModificationParser"/>, and made again from
/// <see cref="Source"/> after a restart.
/// </summary>
public sealed record ModificationRequest
{
    public required bool IsAnonymization { get; init; }

    /// <summary>The highest level whose identifier changes: it and all below get new UIDs.</summary>
    public required ResourceLevel Level { get; init; }

    /// <summary>The body of the request.</summary>
    public required JsonElement Source { get; init; }

    public IReadOnlyList<Replacement> Replacements { get; init; } = [];

    public IReadOnlyList<TagPath> Removals { get; init; } = [];

    public IReadOnlyList<TagPath> Keeps { get; init; } = [];

    public bool RemovePrivateTags { get; init; }

    public bool Force { get; init; }

    public bool KeepSource { get; init; } = true;

    /// <summary>Whether the request says <c>KeepSource: false</c> itself.</summary>
    public bool DropsSource => !KeepSource;

    public bool KeepLabels { get; init; }

    /// <summary>The owner of private tags that are given by number; null for <c>DefaultPrivateCreator</c>.</summary>
    public string? PrivateCreator { get; init; }

    /// <summary>The transfer syntax of the results; null for that of each source.</summary>
    public string? Transcode { get; init; }

    /// <summary>1 to 100; null for <c>DicomLossyTranscodingQuality</c>.</summary>
    public int? LossyQuality { get; init; }

    /// <summary>The profile of an anonymization.</summary>
    public DeidentificationProfile? Profile { get; init; }

    /// <summary>The options of the profile that keep attributes; only where <see cref="DeidentificationProfile.Conforms"/>.</summary>
    public RetainOptions Retained { get; init; }

    /// <summary>Whether the request adds to or takes from the profile, which the results then do not claim to follow.</summary>
    public bool DepartsFromProfile => Keeps.Count > 0 || Removals.Count > 0 || Replacements.Count > 0;

    /// <summary>The value for a tag of the data set itself; null where the request replaces none.</summary>
    public JsonElement? ReplacementOf(DicomTag tag)
    {
        foreach (Replacement replacement in Replacements)
        {
            if (replacement.Path.IsTop && replacement.Path.Last == tag)
            {
                return replacement.Value;
            }
        }

        return null;
    }

    public bool IsReplaced(DicomTag tag) => ReplacementOf(tag) is not null;

    /// <summary>Whether a tag of the data set itself is kept.</summary>
    public bool IsKept(DicomTag tag) => Contains(Keeps, tag);

    /// <summary>Whether a tag of the data set itself is removed.</summary>
    public bool IsRemoved(DicomTag tag) => Contains(Removals, tag);

    private static bool Contains(IReadOnlyList<TagPath> paths, DicomTag tag)
    {
        for (int i = 0; i < paths.Count; i++)
        {
            if (paths[i].IsTop && paths[i].Last == tag)
            {
                return true;
            }
        }

        return false;
    }
}
