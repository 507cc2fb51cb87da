using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Engine.Scripting;
using Edge.Engine.Stability;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine;

/// <summary>Deletes resources, and tells of deliveries that went with them.</summary>
public sealed class ResourceDeletion(IResourceIndex index, StabilityMonitor stability, ScriptEvents? scripts = null)
{
    public async ValueTask<DeleteOutcome> DeleteAsync(ResourceLevel level, string publicId, CancellationToken cancellation = default)
    {
        DeleteOutcome outcome = await index.DeleteResourceAsync(publicId, level, cancellation).ConfigureAwait(false);
        Note(outcome);
        return outcome;
    }

    /// <summary>Deletes many of any level; unknown ids are skipped.</summary>
    public async ValueTask<DeleteOutcome> DeleteAsync(IReadOnlyList<string> publicIds, CancellationToken cancellation = default)
    {
        DeleteOutcome outcome = await index.DeleteResourcesAsync(publicIds, cancellation).ConfigureAwait(false);
        Note(outcome);
        return outcome;
    }

    /// <summary>Deletes instances that owe nothing to anybody; what came to owe something since it was looked at stays.</summary>
    public async ValueTask<DeleteOutcome> DeleteDeliveredAsync(IReadOnlyList<string> instances, CancellationToken cancellation = default)
    {
        DeleteOutcome outcome = await index.DeleteDeliveredAsync(instances, cancellation).ConfigureAwait(false);
        Note(outcome);
        return outcome;
    }

    private void Note(DeleteOutcome outcome)
    {
        foreach (DeletedResource deleted in outcome.Deleted)
        {
            stability.Forget(deleted.PublicId);
        }

        scripts?.Deleted(outcome.Deleted);
        foreach (SettledOutbox settled in outcome.Settled)
        {
            Log.Generic.Warning($"deleted instance {settled.InstancePublicId} had not been delivered to {settled.Destination}");
        }
    }
}
