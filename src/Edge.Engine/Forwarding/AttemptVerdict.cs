using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>Decides what becomes of a row after an attempt.</summary>
internal sealed class AttemptVerdict(ForwardingDestinationOptions options, RetrySchedule schedule)
{
    private const int LongestReason = 300;

    /// <summary>Whether the failure is the connection's or the destination's as a whole, not the instance's. An association that is rejected, even for good, is one: nobody parks a backlog because a title was mistyped.</summary>
    public static bool IsOutage(SendResult result) => result.IsFailure && result.DimseStatus is null
        && (result.Status == SendStatus.TransientFailure || result.Failure?.Code is ErrorCode.NetworkProtocol or ErrorCode.Timeout);

    public OutboxResult Of(OutboxRow row, SendResult result, DateTimeOffset now)
    {
        int status = result.DimseStatus ?? 0;
        return result.Status switch
        {
            SendStatus.Sent => new OutboxResult(row.Id, options.StorageCommitment && row.Kind == ForwardingRules.DicomKind ? OutboxState.Uncommitted : OutboxState.Delivered, status, "", now),
            // It is not there: nothing that follows a delivery may happen, and the operator sees why.
            SendStatus.Filtered => new OutboxResult(row.Id, OutboxState.Parked, 0, Reason(result), now),
            SendStatus.PermanentFailure when !IsOutage(result) => new OutboxResult(row.Id, OutboxState.Parked, status, Told(result), now),
            _ when IsTooOld(row, now) => new OutboxResult(row.Id, OutboxState.Parked, status, $"given up after {options.GiveUpAfter} hours: {Reason(result)}", now),
            _ when IsOutage(result) => new OutboxResult(row.Id, OutboxState.Pending, status, Reason(result), now),
            _ => Delayed(row, status, Told(result), now),
        };
    }

    /// <summary>The row alone waits; others go on.</summary>
    public OutboxResult Delayed(OutboxRow row, int status, string reason, DateTimeOffset now) =>
        new(row.Id, OutboxState.Pending, status, reason, now + schedule.After(row.Attempts));

    /// <summary>The reason as logs may have it.</summary>
    public static string Reason(SendResult result)
    {
        string text = result.Failure?.Message ?? (result.DimseStatus is { } status ? string.Create(CultureInfo.InvariantCulture, $"status {status:X4}H") : "no answer");
        return text.Length <= LongestReason ? text : text[..LongestReason];
    }

    /// <summary>The reason as the row keeps it, for the operator: with the peer's own words, which are for no log.</summary>
    private static string Told(SendResult result) => result.Comment.Length == 0 ? Reason(result) : $"{Reason(result)}: {result.Comment}";

    private bool IsTooOld(OutboxRow row, DateTimeOffset now) => options.GiveUpAfter > 0 && now - row.Created > TimeSpan.FromHours(options.GiveUpAfter);
}
