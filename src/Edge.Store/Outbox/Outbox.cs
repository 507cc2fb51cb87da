namespace Edge.Store.Outbox;

/// <summary>An instance to be sent somewhere.</summary>
/// <param name="Kind">What sort of destination, e.g. <c>dicom</c>, <c>peer</c>, <c>box</c>.</param>
/// <param name="Destination">Its symbolic name.</param>
/// <param name="Priority">Higher is sent first.</param>
/// <param name="Rule">The rule that asked for it, for the operator.</param>
public sealed record OutboxRequest(string Kind, string Destination, int Priority = 0, string Rule = "", DateTimeOffset? NotBefore = null);

public enum OutboxState
{
    /// <summary>Waits for its time.</summary>
    Pending = 0,

    /// <summary>Claimed by the pump; pending again after a restart.</summary>
    Sending = 1,

    /// <summary>Given up until an operator retries or drops it.</summary>
    Parked = 2,

    /// <summary>Confirmed by the destination; kept while the instance exists.</summary>
    Delivered = 3,

    /// <summary>Taken by the destination, which has not answered for it yet (storage commitment). Owed as if it had not been sent.</summary>
    Uncommitted = 4,
}

/// <summary>One instance on its way to one destination. (Instance row, destination) is unique, so each version has its own.</summary>
public sealed record OutboxRow(long Id, long InstanceId, string InstancePublicId, long SeriesId, string Kind, string Destination, string Rule, int Priority,
    OutboxState State, int Attempts, int LastStatus, string Reason, DateTimeOffset Created, DateTimeOffset NotBefore, DateTimeOffset Updated);

/// <summary>The backlog of one destination.</summary>
public sealed record OutboxCounts(string Destination, long Pending, long Sending, long Parked, long Delivered, DateTimeOffset? OldestOpen, long Uncommitted = 0);

/// <summary>How an attempt ended.</summary>
/// <param name="State"><see cref="OutboxState.Delivered"/>, <see cref="OutboxState.Uncommitted"/>, <see cref="OutboxState.Pending"/> (again, not before <paramref name="NotBefore"/>) or <see cref="OutboxState.Parked"/>.</param>
public sealed record OutboxResult(long Id, OutboxState State, int LastStatus, string Reason, DateTimeOffset NotBefore);

/// <summary>An undelivered row that went because its instance was deleted or replaced, or because an operator dropped it.</summary>
public sealed record SettledOutbox(long Id, string InstancePublicId, string Destination, OutboxState State);
