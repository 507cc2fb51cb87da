using Edge.Core.Ids;
using Edge.Store.Outbox;

namespace Edge.Store.Index;

/// <summary><c>If-Match</c> and <c>CheckRevisions</c>, compared inside the writer.</summary>
/// <param name="CheckRevisions">The option: without <paramref name="Revision"/> a change of an existing item conflicts.</param>
/// <param name="Revision">From <c>If-Match</c>, else null.</param>
/// <param name="Md5">From <c>If-Match</c>, lower-case hexadecimal, else null.</param>
public sealed record RevisionCheck(bool CheckRevisions, long? Revision, string? Md5)
{
    /// <summary>Changes without looking: the server itself.</summary>
    public static readonly RevisionCheck None = new(false, null, null);
}

public enum EditStatus
{
    Done,

    /// <summary>No resource of this id and level.</summary>
    UnknownResource,

    /// <summary>The resource has no such item.</summary>
    NotFound,

    /// <summary>Error 43, HTTP 409.</summary>
    RevisionConflict,

    /// <summary>Limits leave no room for the attachment.</summary>
    StorageFull,
}

/// <summary>The answer to a change of a metadata or attachment.</summary>
public readonly record struct EditOutcome(EditStatus Status, long Revision);

/// <summary>The answer to a deletion.</summary>
public sealed record DeleteOutcome
{
    public required bool Found { get; init; }

    /// <summary>The closest ancestor that still has children, null if none remains.</summary>
    public (ResourceLevel Level, string PublicId)? RemainingAncestor { get; init; }

    /// <summary>Everything that went: instances first, patients last.</summary>
    public IReadOnlyList<DeletedResource> Deleted { get; init; } = [];

    /// <summary>Undelivered outbox rows that went with it.</summary>
    public IReadOnlyList<SettledOutbox> Settled { get; init; } = [];
}

/// <summary>The new main tags of a resource (reconstruct); the study's copy of the patient's tags where given. Metadata given is set, the rest kept.</summary>
public sealed record ReconstructRecord(string PublicId, ResourceLevel Level, IReadOnlyList<MainTag> Tags, IReadOnlyList<MainTag>? PatientTags, IReadOnlyList<MetadataValue> Metadata);

/// <summary>An account.</summary>
public sealed record UserRow(long Id, string Name, string Role, string PasswordHash);

/// <summary>A resource found by one of its identifiers (<c>/tools/lookup</c>).</summary>
public readonly record struct LookupHit(ResourceLevel Level, string PublicId);
