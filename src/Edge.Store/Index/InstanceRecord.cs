using Edge.Store.Files;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Index;

/// <summary>What is stored of one level when its resource is created; ignored where the resource exists already.</summary>
/// <param name="PublicId">Orthanc's identifier, 44 characters (<see cref="Core.Ids.ResourceId"/>).</param>
/// <param name="Tags">The main DICOM tags of this level.</param>
/// <param name="Metadata">Its metadata, without <c>LastUpdate</c>, which the index keeps itself.</param>
public sealed record LevelRecord(string PublicId, IReadOnlyList<MainTag> Tags, IReadOnlyList<MetadataValue> Metadata);

/// <summary>Where an instance came from.</summary>
/// <param name="Type">DICOM, REST, peer, watched folder, import, box…: a short lower-case word (<c>dicom</c>, <c>rest</c>, <c>peer</c>, <c>directory</c>, <c>import</c>, <c>box</c>, <c>user</c>, <c>scp</c>).</param>
/// <param name="Name">The AET, user, peer or folder.</param>
/// <param name="Id">The number of that source where it has one, else -1.</param>
public sealed record OriginRecord(string Type, string Name, long Id = -1);

/// <summary>Orthanc's limits on the store, 0 meaning none. Sizes are compared with the bytes really used on disk.</summary>
/// <param name="MaximumStorageSize">Bytes.</param>
/// <param name="MaximumPatientCount">Patients.</param>
/// <param name="Recycle">True: the least recently touched unprotected patient makes room. False: refuse.</param>
public sealed record StorageLimits(long MaximumStorageSize, long MaximumPatientCount, bool Recycle)
{
    public static readonly StorageLimits None = new(0, 0, true);
}

/// <summary>
/// Everything that one accepted instance writes, committed in one transaction. Its attachments are durable already;
/// from the call on they belong to the index, which removes them where the instance is not stored.
/// </summary>
public sealed record InstanceRecord
{
    public required LevelRecord Patient { get; init; }

    public required LevelRecord Study { get; init; }

    public required LevelRecord Series { get; init; }

    public required LevelRecord Instance { get; init; }

    public required IReadOnlyList<AttachmentRecord> Attachments { get; init; }

    public required OriginRecord Origin { get; init; }

    /// <summary>When it was received: change rows and <c>LastUpdate</c>.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary><c>OverwriteInstances</c>: an existing instance is deleted and stored again as new, else kept.</summary>
    public bool Overwrite { get; init; }

    public StorageLimits Limits { get; init; } = StorageLimits.None;

    /// <summary>One row per destination, inserted with the instance.</summary>
    public IReadOnlyList<OutboxRequest> Outbox { get; init; } = [];

    /// <summary>Rows inserted where the instance is stored already (rules that forward repeats); an existing row of the same destination is kept.</summary>
    public IReadOnlyList<OutboxRequest> OutboxIfAlreadyStored { get; init; } = [];

    /// <summary>The step of a job that this instance completes, committed with it.</summary>
    public JobCheckpoint? Checkpoint { get; init; }

    /// <summary>Further change rows, after Orthanc's own, e.g. <c>ModifiedStudy</c>.</summary>
    public IReadOnlyList<ChangeRequest> Changes { get; init; } = [];
}

/// <summary>What became of a stored instance.</summary>
public enum StoreStatus
{
    /// <summary>It is new, or has replaced the former one.</summary>
    Stored,

    /// <summary>It was there and stays as it was.</summary>
    AlreadyStored,

    /// <summary>Limits leave no room (<c>FullStorage</c>, 507, 0xA700).</summary>
    StorageFull,

    /// <summary>Limits leave no room, and what could be recycled waits for delivery.</summary>
    StorageFullOfUndelivered,
}

/// <summary>A resource that ceased to be, for events and logs.</summary>
public sealed record DeletedResource(Core.Ids.ResourceLevel Level, string PublicId);

/// <summary>The answer to one <see cref="InstanceRecord"/>; it is durable.</summary>
public sealed record StoreOutcome
{
    public required StoreStatus Status { get; init; }

    /// <summary>The row of the instance; of the existing one for <see cref="StoreStatus.AlreadyStored"/>; 0 if refused.</summary>
    public long InstanceId { get; init; }

    public bool NewPatient { get; init; }

    public bool NewStudy { get; init; }

    public bool NewSeries { get; init; }

    /// <summary>An instance of the same identifier was replaced.</summary>
    public bool Overwritten { get; init; }

    /// <summary>The series became complete with it.</summary>
    public bool CompletedSeries { get; init; }

    /// <summary>Slicebox's number of the image: survives overwriting.</summary>
    public long ImageId { get; init; }

    /// <summary>What was recycled or replaced to store it.</summary>
    public IReadOnlyList<DeletedResource> Deleted { get; init; } = [];

    /// <summary>Undelivered outbox rows that went with what was replaced.</summary>
    public IReadOnlyList<SettledOutbox> Settled { get; init; } = [];
}
