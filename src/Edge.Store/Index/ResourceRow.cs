using Edge.Core.Ids;
using Edge.Store.Files;

namespace Edge.Store.Index;

/// <summary>One resource as the index holds it.</summary>
public sealed class ResourceRow
{
    /// <summary>The row: ascending in the order of creation, never used again.</summary>
    public required long Id { get; init; }

    public required ResourceLevel Level { get; init; }

    public required string PublicId { get; init; }

    /// <summary>The row of the parent, 0 for patients.</summary>
    public required long ParentId { get; init; }

    public required PackedTags Tags { get; init; }

    /// <summary>Studies: the patient's tags as they were when the study was created. Empty at other levels.</summary>
    public PackedTags PatientTags { get; init; }

    /// <summary>All metadata, <c>LastUpdate</c> included.</summary>
    public required PackedMetadata Metadata { get; init; }

    /// <summary>Instances: Slicebox's number of the image.</summary>
    public long ImageId { get; init; }
}

/// <summary>What to fetch beside the resources themselves, for many of them in few statements.</summary>
[Flags]
public enum ExpandParts
{
    None = 0,
    Children = 1,
    Parent = 2,
    Labels = 4,
    Attachments = 8,

    /// <summary>Series: the <c>IndexInSeries</c> of its instances, from which the status follows.</summary>
    InstanceIndexes = 16,

    /// <summary>Patients: protection.</summary>
    Protection = 32,

    /// <summary>Number of descendants of each level.</summary>
    Counts = 64,

    /// <summary>Studies: distinct modalities of their series, sorted.</summary>
    Modalities = 128,

    /// <summary>Studies: distinct SOP classes of their instances, sorted.</summary>
    SopClasses = 256,

    /// <summary>The rows of the ancestors (for requested tags).</summary>
    Ancestors = 512,
}

/// <summary>One resource with what <see cref="ExpandParts"/> asked for; the rest is null.</summary>
public sealed class ExpandedResource
{
    public required ResourceRow Row { get; init; }

    public string? ParentPublicId { get; set; }

    /// <summary>Public ids of the direct children, in the order of creation.</summary>
    public List<string>? Children { get; set; }

    /// <summary>Sorted.</summary>
    public List<string>? Labels { get; set; }

    public List<AttachmentRow>? Attachments { get; set; }

    /// <summary>Series: one entry per instance in the order of creation, null where it has none.</summary>
    public List<string?>? InstanceIndexes { get; set; }

    public bool IsProtected { get; set; }

    public ResourceCounts Counts { get; set; }

    public List<string>? Modalities { get; set; }

    public List<string>? SopClasses { get; set; }

    /// <summary>Parent first, patient last.</summary>
    public List<ResourceRow>? Ancestors { get; set; }
}

/// <summary>Numbers of resources per level, below one resource or in the whole index.</summary>
public readonly record struct ResourceCounts(long Patients, long Studies, long Series, long Instances);

/// <summary>Sizes in bytes. Plain: the data; logical: as <c>compressed-data</c> serves it (differs under <c>StorageCompression</c>); stored: really used on disk.</summary>
public readonly record struct StorageSizes(long Plain, long Logical, long Stored);

/// <summary>The whole index in numbers.</summary>
public readonly record struct IndexTotals(ResourceCounts Counts, StorageSizes Sizes);

/// <summary>One resource in numbers: <paramref name="All"/> over every attachment of its subtree, <paramref name="Dicom"/> over the DICOM files alone.</summary>
public readonly record struct ResourceStatistics(ResourceCounts Counts, StorageSizes All, StorageSizes Dicom);

/// <summary>An attachment of a resource.</summary>
public sealed record AttachmentRow(long ResourceId, AttachmentRecord File, long Revision);
