using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Store.Index;

namespace Edge.Engine.Ingest;

/// <summary>What a modified or anonymized instance was made of.</summary>
/// <param name="IsAnonymization">Whether the metadata is <c>AnonymizedFrom</c>, else <c>ModifiedFrom</c>.</param>
/// <param name="Source">The identifiers of the instance it was made of.</param>
public sealed record Derivation(bool IsAnonymization, OrthancIdentifiers Source)
{
    /// <summary>The metadata of a level: where its resource came from; null where it is still the same. An instance always has it.</summary>
    public MetadataValue? MetadataOf(ResourceLevel level, OrthancIdentifiers target)
    {
        (string from, string to) = level switch
        {
            ResourceLevel.Patient => (Source.Patient, target.Patient),
            ResourceLevel.Study => (Source.Study, target.Study),
            ResourceLevel.Series => (Source.Series, target.Series),
            _ => (Source.Instance, ""),
        };
        return from == to ? null : new MetadataValue(IsAnonymization ? MetadataType.AnonymizedFrom : MetadataType.ModifiedFrom, from);
    }
}
