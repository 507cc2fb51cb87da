using System.Text.Json;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Modification.Deriving;

namespace Edge.Engine.Jobs;

/// <summary>The types of jobs that survive a restart, and how each is made again from what <see cref="JobWork.WriteRequest"/> wrote. One line per type.</summary>
public static class JobTypes
{
    private static readonly Dictionary<string, Func<EdgeEngine, JsonElement, JobWork>> Restorers = new(StringComparer.Ordinal)
    {
        [ModalityStoreJob.TypeName] = ModalityStoreJob.FromRequest,
        [ResourceModificationJob.TypeName] = ResourceModificationJob.FromRequest,
        [SplitStudyJob.TypeName] = SplitStudyJob.FromRequest,
        [MergeStudyJob.TypeName] = MergeStudyJob.FromRequest,
        [PeerStoreJob.TypeName] = PeerStoreJob.FromRequest,
        [RetrieveJob.MoveTypeName] = RetrieveJob.FromRequest,
        [RetrieveJob.GetTypeName] = RetrieveJob.FromRequest,
        [CommitmentJob.TypeName] = CommitmentJob.FromRequest,
    };

    /// <summary>Makes a work again; null for a type that this version does not know.</summary>
    /// <exception cref="Core.Errors.EdgeException">What it needs is gone, such as a peer that is no longer configured.</exception>
    public static JobWork? Restore(EdgeEngine engine, string type, JsonElement request) => Restorers.TryGetValue(type, out var restorer) ? restorer(engine, request) : null;
}
