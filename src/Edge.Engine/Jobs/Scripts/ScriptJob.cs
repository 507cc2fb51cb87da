using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Engine.Content;
using Edge.Engine.Forwarding;
using Edge.Engine.Ports;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Jobs.Scripts;

/// <summary>
/// <c>SequenceOfOperations</c>: what one call of a script's callback asked for, operation by operation. Stored instances go to modalities and peers through the
/// durable outbox, like those of forwarding rules; the job waits for their delivery off its worker where a later operation is on the same instance
/// (to delete it, say). What does not go through the outbox is tried again until it succeeds or fails for good.
/// </summary>
public sealed class ScriptJob(IReadOnlyList<ScriptOperation> operations) : JobWork
{
    public const string TypeName = "SequenceOfOperations";

    /// <summary>The rule that outbox rows name.</summary>
    public const string OutboxRule = "Lua";

    private static readonly TimeSpan ShortestRetry = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(5);
    private int _at;
    private bool _isQueued;
    private int _attempts;

    /// <summary>What the operation before has made; null where it made nothing but passed on its input.</summary>
    private byte[]? _made;

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static ScriptJob FromRequest(EdgeEngine engine, JsonElement saved) => new(ScriptOperation.ReadAll(saved.RawOf("operations")));

    public override void WriteRequest(Utf8JsonWriter json)
    {
        json.WriteStartArray("operations"u8);
        foreach (ScriptOperation operation in operations)
        {
            operation.Fields.WriteTo(json);
        }

        json.WriteEndArray();
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteNumber("CountOperations"u8, operations.Count);
        json.WriteString("Description"u8, "Lua"u8);
    }

    public override void Restore(ReadOnlySpan<byte> cursor)
    {
        using JsonDocument saved = JsonDocument.Parse(cursor.ToArray());
        _at = saved.RootElement.GetProperty("at").GetInt32();
        _isQueued = saved.RootElement.GetProperty("queued").GetBoolean();
        _attempts = saved.RootElement.GetProperty("attempts").GetInt32();
    }

    public override async Task RunAsync(JobRun run)
    {
        int next = _at;
        while (next < operations.Count)
        {
            ScriptOperation operation = operations[next];
            if (operation.Id.Length > 0)
            {
                _made = null;
            }
            else if (_made is null)
            {
                throw new EdgeException(ErrorCode.BadSequenceOfCalls, $"The operation \"{operation.Kind}\" of a script has no input");
            }

            await RunAsync(run, operation, next).ConfigureAwait(false);
            next++;
            run.Report(next, operations.Count);

            // What was made lives in memory: after a restart its chain begins anew, with the same new UIDs.
            if (next == operations.Count || operations[next].Id.Length > 0)
            {
                (_at, _isQueued, _attempts) = (next, false, 0);
                await run.CheckpointAsync(Cursor()).ConfigureAwait(false);
            }
            else
            {
                run.Pass();
            }
        }
    }

    private async Task RunAsync(JobRun run, ScriptOperation operation, int number)
    {
        switch (operation.Kind)
        {
            case "store":
                await StoreAsync(run, operation, number).ConfigureAwait(false);
                break;
            case "peer":
                await SendToPeerAsync(run, operation, number).ConfigureAwait(false);
                break;
            case "modify":
                _made = await ScriptSteps.ModifyAsync(run, operation, number).ConfigureAwait(false);
                break;
            case "system":
                await ScriptSteps.CallSystemAsync(run, operation, _made).ConfigureAwait(false);
                break;
            case "delete" when _made is null:
                await ScriptSteps.DeleteAsync(run, operation.Id).ConfigureAwait(false);
                break;
            case "delete":
                break; // what was made was never stored
            default:
                throw new EdgeException(ErrorCode.NotImplemented, $"Scripts know no operation \"{operation.Kind}\"");
        }
    }

    private async Task StoreAsync(JobRun run, ScriptOperation operation, int number)
    {
        string name = operation.Text("modality") ?? "";
        ModalityOptions modality = run.Engine.Settings.Modalities.Find(name) ?? throw new EdgeException(ErrorCode.InexistentItem, $"No modality with symbolic name: {name}");
        string? localAet = operation.Text("localAet");
        bool isInstance = _made is null && await run.Engine.Index.ReadAsync(operation.Id, static (reader, id) => reader.Find(id, ResourceLevel.Instance) is not null, run.Cancellation).ConfigureAwait(false);
        if (isInstance && localAet is null)
        {
            await QueueAsync(run, operation, ForwardingRules.DicomKind, name, number).ConfigureAwait(false);
            return;
        }

        // The outbox holds stored instances, and sends under our own title.
        List<OutgoingInstance> instances = _made is not null
            ? [OutgoingInstances.OfFile(_made)]
            : await new OutgoingInstances(run.Engine.Index, run.Engine.Attachments).OfAsync([operation.Id], run.Cancellation).ConfigureAwait(false);
        await foreach (SendResult result in run.Engine.Sender.SendAsync(modality, instances, new SendOptions { LocalAet = localAet }, run.Cancellation).ConfigureAwait(false))
        {
            if (result.Status == SendStatus.TransientFailure)
            {
                await RetryAsync(run).ConfigureAwait(false);
            }
            else if (result.IsFailure)
            {
                throw new EdgeException(ErrorCode.NetworkProtocol, $"C-STORE SCU to AET \"{modality.Aet}\": {result.Failure?.Message}", result.Failure);
            }
        }
    }

    /// <summary>Hands an instance to the outbox, and waits for its delivery if something is done with it afterwards.</summary>
    private async Task QueueAsync(JobRun run, ScriptOperation operation, string kind, string destination, int number)
    {
        OutboxRequest request = new(kind, destination, 0, OutboxRule);
        if (!_isQueued)
        {
            // What was delivered already is not sent again: the row stands for this version of the instance.
            if (!await run.Engine.Index.EnqueueAsync(operation.Id, request, run.Cancellation).ConfigureAwait(false)
                && await RowAsync(run, operation.Id, destination).ConfigureAwait(false) is { State: OutboxState.Parked } former)
            {
                await run.Engine.Index.RetryOutboxAsync(destination, former.Id, OutboxState.Parked, run.Cancellation).ConfigureAwait(false);
            }

            run.Engine.WakeForwarding([request]);
            _isQueued = true;
        }

        if (!operations.Skip(number + 1).Any(later => later.Id.Length == 0 || later.Id == operation.Id))
        {
            return;
        }

        switch (await RowAsync(run, operation.Id, destination).ConfigureAwait(false))
        {
            case { State: OutboxState.Delivered }:
                return;
            case null:
                throw new EdgeException(ErrorCode.CanceledJob, $"The delivery of {operation.Id} to {destination} was dropped");
            case { State: OutboxState.Parked } parked:
                throw new EdgeException(ErrorCode.NetworkProtocol, $"The delivery of {operation.Id} to {destination} has failed: {parked.Reason}");
            default:
                await RetryAsync(run).ConfigureAwait(false);
                break;
        }
    }

    private static ValueTask<OutboxRow?> RowAsync(JobRun run, string instance, string destination) => run.Engine.Index.ReadAsync(
        (instance, destination),
        static (reader, q) => reader.Find(q.instance, ResourceLevel.Instance) is { } row ? reader.OutboxOfInstance(row.Id).Find(sent => sent.Destination == q.destination) : null,
        run.Cancellation);

    private async Task SendToPeerAsync(JobRun run, ScriptOperation operation, int number)
    {
        string name = operation.Text("peer") ?? "";
        PeerOptions peer = run.Engine.Settings.Peers.Find(name) ?? throw new EdgeException(ErrorCode.InexistentItem, $"No peer with symbolic name: {name}");
        if (_made is null)
        {
            await QueueAsync(run, operation, ForwardingRules.PeerKind, name, number).ConfigureAwait(false);
            return;
        }

        try
        {
            using IPeerConnection connection = run.Engine.PeerConnector.Connect(peer, 0);
            MemoryStream stream = new(_made, writable: false);
            await using (stream.ConfigureAwait(false))
            {
                await connection.StoreInstanceAsync(stream, OutgoingInstances.OfFile(_made).SopInstanceUid, compress: false, run.Cancellation).ConfigureAwait(false);
            }
        }
        catch (EdgeException e) when (e.Code == ErrorCode.NetworkProtocol)
        {
            await RetryAsync(run).ConfigureAwait(false);
        }
    }

    /// <summary>Notes the attempt and leaves the worker for a while, twice as long each time.</summary>
    private async Task RetryAsync(JobRun run)
    {
        TimeSpan delay = ShortestRetry * Math.Pow(2, Math.Min(_attempts, 20));
        _attempts++;
        await run.CheckpointAsync(Cursor()).ConfigureAwait(false);
        throw new JobRetryException(delay < LongestRetry ? delay : LongestRetry);
    }

    private byte[] Cursor() => JobBody.ObjectOf(json =>
    {
        json.WriteNumber("at"u8, _at);
        json.WriteBoolean("queued"u8, _isQueued);
        json.WriteNumber("attempts"u8, _attempts);
    });
}
