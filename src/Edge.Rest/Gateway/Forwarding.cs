using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Time;
using Edge.Engine.Forwarding;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Outbox;

namespace Edge.Rest.Gateway;

/// <summary>What is sent on, for the person on call: how it goes, and what can be done about it. Every act is logged with its user.</summary>
public sealed class Forwarding(ForwardingPump pump)
{
    private const int MostRows = 1000;
    private const int LongestBody = 64 * 1024;

    public Route[] Routes() =>
    [
        new("GET", "/edge/forwarding", StatusAsync, "How forwarding to each destination goes"),
        new("GET", "/edge/forwarding/{destination}/rows", RowsAsync, "Deliveries of a destination, oldest first: ?state=Parked|Pending|Sending|Uncommitted|Delivered&since=Id&limit=N"),
        new("POST", "/edge/forwarding/{destination}/pause", PauseAsync, "Send no more to a destination until it is resumed"),
        new("POST", "/edge/forwarding/{destination}/resume", ResumeAsync, "Send to a destination again"),
        new("POST", "/edge/forwarding/{destination}/retry", RetryAsync, "Try again at once: all parked deliveries, or {\"Id\": 1}, or {\"State\": \"Pending\"}"),
        new("POST", "/edge/forwarding/{destination}/drop", DropAsync, "Give up: {\"Id\": 1}, or {\"State\": \"Parked\"} or {\"State\": \"Pending\"} for all"),
    ];

    private async ValueTask StatusAsync(RestRequest request)
    {
        IReadOnlyList<DestinationStatus> all = await pump.StatusAsync(request.Aborted).ConfigureAwait(false);
        await request.Json(all, static (json, statuses) =>
        {
            json.WriteStartArray();
            foreach (DestinationStatus status in statuses)
            {
                Write(json, status);
            }

            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private async ValueTask RowsAsync(RestRequest request)
    {
        OutboxState state = StateOf(request.Argument("state") ?? nameof(OutboxState.Parked));
        long since = request.Argument("since") is { } text ? Number(text) : 0;
        int limit = (int)Math.Clamp(request.Argument("limit") is { } most ? Number(most) : 100, 1, MostRows);
        List<OutboxRow> rows = await pump.RowsAsync(request.Param(0), state, since, limit, request.Aborted).ConfigureAwait(false);
        await request.Json(rows, static (json, found) =>
        {
            json.WriteStartArray();
            foreach (OutboxRow row in found)
            {
                Write(json, row);
            }

            json.WriteEndArray();
        }).ConfigureAwait(false);
    }

    private async ValueTask PauseAsync(RestRequest request)
    {
        await pump.PauseAsync(request.Param(0), UserOf(request)).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask ResumeAsync(RestRequest request)
    {
        await pump.ResumeAsync(request.Param(0), UserOf(request)).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask RetryAsync(RestRequest request)
    {
        (long? id, OutboxState? state) = await SelectionAsync(request).ConfigureAwait(false);
        string destination = request.Param(0);
        string user = UserOf(request);
        long count = 0;
        foreach (OutboxState each in StatesOf(id, state ?? OutboxState.Parked, state is not null))
        {
            count += await pump.RetryAsync(destination, id, each, user).ConfigureAwait(false);
        }

        await CountAsync(request, id, count).ConfigureAwait(false);
    }

    private async ValueTask DropAsync(RestRequest request)
    {
        (long? id, OutboxState? state) = await SelectionAsync(request).ConfigureAwait(false);
        if (id is null && state is null)
        {
            throw new EdgeException(ErrorCode.BadRequest, "What is to be dropped must be said: { \"Id\": ... } or { \"State\": \"Parked\" }");
        }

        string destination = request.Param(0);
        string user = UserOf(request);
        long count = 0;
        foreach (OutboxState each in StatesOf(id, state ?? OutboxState.Parked, state is not null))
        {
            count += (await pump.DropAsync(destination, id, each, user).ConfigureAwait(false)).Count;
        }

        await CountAsync(request, id, count).ConfigureAwait(false);
    }

    /// <summary>One row is looked for in both states that can be acted on, unless the request names one.</summary>
    private static OutboxState[] StatesOf(long? id, OutboxState state, bool isNamed) => id is not null && !isNamed ? [OutboxState.Parked, OutboxState.Pending] : [state];

    private static ValueTask CountAsync(RestRequest request, long? id, long count) => id is not null && count == 0
        ? throw new EdgeException(ErrorCode.UnknownResource, $"no delivery {id} that is parked or waits")
        : request.Json(count, static (json, changed) =>
        {
            json.WriteStartObject();
            json.WriteNumber("Count"u8, changed);
            json.WriteEndObject();
        });

    private static async ValueTask<(long? Id, OutboxState? State)> SelectionAsync(RestRequest request)
    {
        using JsonDocument? body = await request.ReadOptionalJsonAsync(LongestBody).ConfigureAwait(false);
        if (body is null)
        {
            return (null, null);
        }

        JsonElement fields = body.RootElement.AsObject();
        long id = fields.Integer("Id", 0);
        OutboxState? state = fields.OptionalText("State") is { } text ? StateOf(text) : null;
        return state is OutboxState.Sending or OutboxState.Delivered
            ? throw new EdgeException(ErrorCode.BadRequest, "The field \"State\" must be \"Parked\", \"Pending\" or \"Uncommitted\"")
            : (id > 0 ? id : null, state);
    }

    private static string UserOf(RestRequest request) => request.Username.Length > 0 ? $"user {request.Username}" : $"somebody at {request.RemoteIp}";

    private static OutboxState StateOf(string text) => text switch
    {
        nameof(OutboxState.Pending) => OutboxState.Pending,
        nameof(OutboxState.Sending) => OutboxState.Sending,
        nameof(OutboxState.Parked) => OutboxState.Parked,
        nameof(OutboxState.Uncommitted) => OutboxState.Uncommitted,
        nameof(OutboxState.Delivered) => OutboxState.Delivered,
        _ => throw new EdgeException(ErrorCode.BadRequest, $"\"{text}\" is not a state: expected Pending, Sending, Parked, Uncommitted or Delivered"),
    };

    private static long Number(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number
        : throw new EdgeException(ErrorCode.BadRequest, $"\"{text}\" is not a number");

    private static void Write(Utf8JsonWriter json, DestinationStatus status)
    {
        json.WriteStartObject();
        json.WriteString("Activity"u8, status.Activity.ToString());
        json.WriteNumber("Delivered"u8, status.Counts.Delivered);
        json.WriteString("LastError"u8, status.LastError);
        WriteTime(json, "LastErrorAt"u8, status.LastErrorAt);
        WriteTime(json, "LastSentAt"u8, status.LastSentAt);
        json.WriteString("Name"u8, status.Name);
        WriteTime(json, "NextAttempt"u8, status.NextAttempt);
        json.WriteNumber("OldestSeconds"u8, status.Counts.OldestOpen is { } oldest ? Math.Max(0, (long)(TimeProvider.System.GetUtcNow() - oldest).TotalSeconds) : 0);
        json.WriteNumber("Parked"u8, status.Counts.Parked);
        json.WriteString("PausedBy"u8, status.PausedBy ?? "");
        json.WriteNumber("Pending"u8, status.Counts.Pending);
        json.WriteNumber("Sending"u8, status.Counts.Sending);
        json.WriteNumber("SentLastMinute"u8, status.SentLastMinute);
        json.WriteNumber("Uncommitted"u8, status.Counts.Uncommitted);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, OutboxRow row)
    {
        json.WriteStartObject();
        json.WriteNumber("Attempts"u8, row.Attempts);
        WriteTime(json, "Created"u8, row.Created);
        json.WriteNumber("Id"u8, row.Id);
        json.WriteString("Instance"u8, row.InstancePublicId);
        json.WriteNumber("LastStatus"u8, row.LastStatus);
        WriteTime(json, "NotBefore"u8, row.NotBefore);
        json.WriteNumber("Priority"u8, row.Priority);
        json.WriteString("Reason"u8, row.Reason);
        json.WriteString("Rule"u8, row.Rule);
        json.WriteString("State"u8, row.State.ToString());
        json.WriteEndObject();
    }

    private static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, DateTimeOffset? time) => json.WriteString(name, time is { } at ? OrthancTime.Second(at) : "");
}
