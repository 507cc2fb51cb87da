using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>What a destination is doing.</summary>
public enum DestinationActivity
{
    /// <summary>Nothing is due.</summary>
    Idle,

    Sending,

    /// <summary>The last connection failed; it is tried again after a while.</summary>
    BackingOff,

    /// <summary>Outside of its hours.</summary>
    Closed,

    /// <summary>An operator paused it.</summary>
    Paused,
}

/// <summary>A destination as the person on call sees it.</summary>
/// <param name="Counts">Its rows; zeros where it has none.</param>
/// <param name="SentLastMinute">Confirmed in the last sixty seconds.</param>
/// <param name="LastError">Without patient data; empty where nothing failed since the start.</param>
/// <param name="PausedBy">Who paused it; null unless it is paused.</param>
public sealed record DestinationStatus(string Name, DestinationActivity Activity, OutboxCounts Counts, long SentLastMinute, string LastError, DateTimeOffset? LastErrorAt,
    DateTimeOffset? LastSentAt, DateTimeOffset? NextAttempt, string? PausedBy);
