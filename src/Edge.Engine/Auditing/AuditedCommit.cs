using Edge.Core.Auditing;
using Edge.Engine.Ingest;
using Edge.Store.Index;

namespace Edge.Engine.Auditing;

/// <summary>The last step of reception, with what it did in the audit log: the instance that came, and those that were recycled for it.</summary>
public sealed class AuditedCommit(IIngestStep step, AuditLog log) : IIngestStep
{
    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        bool goesOn = await step.RunAsync(item, cancellation).ConfigureAwait(false);
        if (item.Result is { } result)
        {
            IngestOrigin origin = item.Origin;
            string actor = origin.RemoteAet.Length > 0 ? origin.RemoteAet : origin.Username;
            log.Write(new AuditEntry(AuditAction.Receive, actor, origin.RemoteIp, origin.Kind.ToString(), result.Identifiers.Instance, "", result.Status.ToString()));
            foreach (DeletedResource deleted in result.Outcome?.Deleted ?? [])
            {
                log.Write(new AuditEntry(AuditAction.Delete, "recycling", "", "recycle", deleted.PublicId, "", "deleted"));
            }
        }

        return goesOn;
    }
}
