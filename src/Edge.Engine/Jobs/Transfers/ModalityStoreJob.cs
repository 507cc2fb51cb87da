using System.Text.Json;
using Edge.Core.Configuration.Readers;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Remote;

namespace Edge.Engine.Jobs.Transfers;

/// <summary>What a <see cref="ModalityStoreJob"/> does; as it is saved.</summary>
/// <param name="Modality">The destination, with what the request overrides.</param>
/// <param name="Resources">The public ids that were asked for.</param>
/// <param name="Instances">The instances below them at the time of the request.</param>
/// <param name="LocalAet">The title that is used towards the modality.</param>
/// <param name="Permissive">Count failures instead of failing.</param>
/// <param name="CommitmentUid">The transaction in which the modality is asked afterwards for storage commitment of what was sent; null for none.</param>
public sealed record ModalityStoreRequest(
    ModalityOptions Modality,
    IReadOnlyList<string> Resources,
    IReadOnlyList<string> Instances,
    SendOptions How,
    string LocalAet,
    bool Permissive = false,
    string? CommitmentUid = null,
    string Description = "REST API");

/// <summary>
/// <c>DicomModalityStore</c>: sends instances to a modality by C-STORE. The worked example of a job: the request never changes, the cursor says
/// how many instances are through, and each answer of the modality is a step.
/// </summary>
public sealed class ModalityStoreJob(ModalityStoreRequest request) : JobWork
{
    public const string TypeName = "DicomModalityStore";
    private volatile TransferCursor _at = TransferCursor.Start;

    public override string Type => TypeName;

    /// <summary>Makes the job again from what <see cref="WriteRequest"/> wrote.</summary>
    public static ModalityStoreJob FromRequest(EdgeEngine engine, JsonElement saved) => new(new ModalityStoreRequest(
        ModalityReader.Parse("job", saved.RawOf("modality")),
        saved.TextsOf("resources"),
        saved.TextsOf("instances"),
        new SendOptions
        {
            LocalAet = saved.OptionalTextOf("callingAet"),
            Timeout = saved.GetProperty("timeout").GetInt32(),
            MoveOriginatorAet = saved.OptionalTextOf("moveAet"),
            MoveOriginatorId = saved.TryGetProperty("moveId", out JsonElement id) ? id.GetUInt16() : null,
        },
        saved.TextOf("localAet"),
        saved.GetProperty("permissive").GetBoolean(),
        saved.OptionalTextOf("commitment"),
        saved.TextOf("description")));

    public override void WriteRequest(Utf8JsonWriter json)
    {
        json.WritePropertyName("modality"u8);
        ModalityReader.Write(json, request.Modality);
        json.Texts("resources"u8, request.Resources);
        json.Texts("instances"u8, request.Instances);
        json.WriteString("callingAet"u8, request.How.LocalAet);
        json.WriteNumber("timeout"u8, request.How.Timeout);
        json.WriteString("moveAet"u8, request.How.MoveOriginatorAet);
        if (request.How.MoveOriginatorId is { } id)
        {
            json.WriteNumber("moveId"u8, id);
        }

        json.WriteString("localAet"u8, request.LocalAet);
        json.WriteBoolean("permissive"u8, request.Permissive);
        json.WriteString("commitment"u8, request.CommitmentUid);
        json.WriteString("description"u8, request.Description);
    }

    public override void WriteContent(Utf8JsonWriter json)
    {
        json.WriteString("Description"u8, request.Description);
        json.WriteNumber("FailedInstancesCount"u8, _at.Failed);
        json.WriteNumber("InstancesCount"u8, request.Instances.Count);
        json.WriteString("LocalAet"u8, request.LocalAet);
        if (request.How.MoveOriginatorAet is { } originator)
        {
            json.WriteString("MoveOriginatorAET"u8, originator);
            json.WriteNumber("MoveOriginatorID"u8, request.How.MoveOriginatorId ?? 0);
        }

        json.Texts("ParentResources"u8, request.Resources);
        json.WriteString("RemoteAet"u8, request.Modality.Aet);
        if (request.CommitmentUid is not null)
        {
            json.WriteString("StorageCommitmentTransactionUID"u8, request.CommitmentUid);
        }
    }

    public override void Restore(ReadOnlySpan<byte> cursor) => _at = TransferCursor.Parse(cursor);

    public override async Task RunAsync(JobRun run)
    {
        OutgoingInstances outgoing = new(run.Engine.Index, run.Engine.Attachments);
        List<OutgoingInstance?> instances = await outgoing.FindAsync(request.Instances, run.Cancellation).ConfigureAwait(false);
        while (_at.Done < instances.Count)
        {
            List<OutgoingInstance> group = There(instances, _at.Done);
            if (group.Count == 0)
            {
                await StepAsync(run, new EdgeException(ErrorCode.UnknownResource, $"The instance {request.Instances[_at.Done]} was deleted before it was sent"), isSent: false).ConfigureAwait(false);
                continue;
            }

            // A pause leaves the enumeration by its exception, which ends the association.
            await foreach (SendResult result in run.Engine.Sender.SendAsync(request.Modality, group, request.How, run.Cancellation).ConfigureAwait(false))
            {
                await StepAsync(run, result.IsFailure ? FailureOf(result) : null, result.IsSent).ConfigureAwait(false);
            }
        }

        if (request.CommitmentUid is { } transaction)
        {
            // Nobody can answer for what a filter kept back, or the modality refused.
            List<CommitmentItem> items = [.. instances.Where((one, i) => one is not null && _at.WasSent(i)).Select(static one => new CommitmentItem(one!.SopClassUid, one.SopInstanceUid))];
            if (items.Count == 0)
            {
                Log.Jobs.Warning($"job {run.JobId}: {request.Modality.Aet} is not asked for storage commitment, since nothing was sent to it");
                return;
            }

            await run.Engine.AskCommitmentAsync(request.Modality, new ModalityCall(request.How.LocalAet, request.How.Timeout > 0 ? request.How.Timeout : null), transaction, items, run.Cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The instances from a position on, up to one that is no longer there.</summary>
    private static List<OutgoingInstance> There(List<OutgoingInstance?> instances, int from)
    {
        List<OutgoingInstance> there = [];
        for (int i = from; i < instances.Count && instances[i] is { } instance; i++)
        {
            there.Add(instance);
        }

        return there;
    }

    private ValueTask StepAsync(JobRun run, EdgeException? failure, bool isSent)
    {
        if (failure is not null)
        {
            run.Cancellation.ThrowIfCancellationRequested(); // then it is no failure of the instance
            if (!request.Permissive)
            {
                throw failure;
            }
        }

        _at = _at.Next(isSent, failure is not null);
        run.Report(_at.Done, request.Instances.Count);
        return run.NoteAsync(_at.ToBytes());
    }

    private EdgeException FailureOf(SendResult result)
    {
        ErrorCode code = result.Failure?.Code ?? ErrorCode.NetworkProtocol;
        return new EdgeException(
            code == ErrorCode.CannotStoreInstance ? ErrorCode.NetworkProtocol : code,
            $"C-STORE SCU to AET \"{request.Modality.Aet}\": {result.Failure?.Message}",
            result.Failure)
        {
            Payload = result.Failure?.Payload,
        };
    }
}
