using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine.Forwarding;
using Edge.Engine.Stability;
using Edge.Store.Index;
using Edge.Store.Outbox;
using Edge.Core.Ids;

namespace Edge.Engine.Ingest;

/// <summary>Commits the row set, what it owes to destinations included; from its answer on, the instance survives everything.</summary>
/// <param name="forwarding">Says what is sent on.</param>
/// <param name="queued">Told of the deliveries that were queued.</param>
public sealed class CommitStep(
    IResourceIndex index, RecordBuilder records, StabilityMonitor stability, StorageOptions options, ForwardingRules? forwarding = null, Action<IReadOnlyList<OutboxRequest>>? queued = null) : IIngestStep
{
    private readonly StorageLimits _limits = LimitsOf(options);

    /// <summary>The limits that the options set.</summary>
    public static StorageLimits LimitsOf(StorageOptions options) => new(
        options.MaximumStorageSize * 1024L * 1024,
        options.MaximumPatientCount,
        options.MaximumStorageMode == MaximumStorageMode.Recycle);

    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        (IReadOnlyList<OutboxRequest> stored, IReadOnlyList<OutboxRequest> repeated) = forwarding?.Select(item) ?? ([], []);
        InstanceRecord record = records.Build(item, item.Overwrite ?? options.OverwriteInstances, _limits) with { Outbox = stored, OutboxIfAlreadyStored = repeated, Checkpoint = item.Checkpoint };
        // The file belongs to the index from here on: a client that goes away must not leave it without a row.
        StoreOutcome outcome = await index.StoreInstanceAsync(record, CancellationToken.None).ConfigureAwait(false);
        IngestStatus status = outcome.Status switch
        {
            StoreStatus.Stored => IngestStatus.Success,
            StoreStatus.AlreadyStored => IngestStatus.AlreadyStored,
            _ => IngestStatus.StorageFull,
        };
        item.Result = new IngestResult(status, item.Identifiers!, outcome, DetailOf(outcome.Status));
        foreach (DeletedResource deleted in outcome.Deleted)
        {
            stability.Forget(deleted.PublicId);
        }

        foreach (SettledOutbox settled in outcome.Settled)
        {
            Log.Jobs.Warning($"the former version of instance {settled.InstancePublicId} had not been delivered to {settled.Destination} when it was replaced or recycled");
        }

        if (status != IngestStatus.StorageFull)
        {
            queued?.Invoke(status == IngestStatus.Success ? stored : repeated);
        }

        if (status == IngestStatus.Success)
        {
            stability.Touch(ResourceLevel.Series, item.Identifiers!.Series);
            stability.Touch(ResourceLevel.Study, item.Identifiers.Study);
            stability.Touch(ResourceLevel.Patient, item.Identifiers.Patient);
        }

        return false;
    }

    private static string? DetailOf(StoreStatus status) => status switch
    {
        StoreStatus.StorageFull => "The storage area has reached its limit and no patient can be recycled",
        StoreStatus.StorageFullOfUndelivered => "The storage area has reached its limit and everything that could be recycled waits for delivery",
        _ => null,
    };
}
