using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Content;
using Edge.Engine.Jobs;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.Store.Index;
using DicomServerOptions = Edge.Core.Options.DicomServerOptions;

namespace Edge.Services.Scp;

/// <summary>C-MOVE of the query/retrieve service (PS3.4 C.4.2).</summary>
public sealed class MoveService(DicomServerOptions options, RuntimeSettings settings, KnownPeers peers, RetrieveLookup lookup, OutgoingInstances outgoing, IDicomSender sender, JobsEngine jobs)
{
    public async ValueTask<DimseResponse> MoveAsync(IncomingRequest request, IResponder responder, CancellationToken ended)
    {
        string originator = request.Association.CallingAeTitle;
        try
        {
            string target = request.Command.MoveDestination?.Trim() ?? "";
            ModalityOptions destination = settings.Modalities.All.Values.FirstOrDefault(entry => peers.SameTitle(entry.Aet, target))
                ?? throw new EdgeException(ErrorCode.UnknownModality, $"Unknown destination: \"{target}\"");
            TransferSyntax syntax = TransferSyntax.FindOrUnknown(request.Context.TransferSyntax);
            DataSet identifier = DicomReader.ReadDataSet(request.DataSet, syntax, new DicomReadOptions { DefaultEncoding = settings.DefaultEncoding });
            List<LookupHit> found = await lookup.FindAsync(identifier, all: false, demandsLevel: false, ended).ConfigureAwait(false);
            List<OutgoingInstance> instances = found.Count == 0
                ? throw new EdgeException(ErrorCode.UnknownResource, "Nothing here has the identifiers asked for")
                : await outgoing.OfAsync(found.ConvertAll(static hit => hit.PublicId), ended).ConfigureAwait(false);
            SendOptions how = new() { MoveOriginatorAet = originator, MoveOriginatorId = request.Command.MessageId };
            return options.SynchronousCMove
                ? await SendAsync(destination, instances, how, responder, syntax, ended).ConfigureAwait(false)
                : await PutOffAsync(destination, found, instances, how).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e is not DimseException)
        {
            Log.Dicom.Warning($"C-MOVE from {originator} failed: {e.Message}");
            return DimseStatus.CannotUnderstand with { Comment = e.Detail };
        }
    }

    private async ValueTask<DimseResponse> SendAsync(
        ModalityOptions destination, List<OutgoingInstance> instances, SendOptions how, IResponder responder, TransferSyntax syntax, CancellationToken ended)
    {
        RetrieveAnswers answers = new(instances.Count, syntax);
        await foreach (SendResult result in sender.SendAsync(destination, instances, how, ended).ConfigureAwait(false))
        {
            answers.Count(result.Instance, !result.IsFailure, result.Status == SendStatus.Filtered ? RetrieveAnswers.KeptBack : result.DimseStatus);
            if (answers.IsPendingDue())
            {
                await responder.SendPendingAsync(answers.Pending()).ConfigureAwait(false);
            }

            if (responder.CancelRequested.IsCancellationRequested)
            {
                return answers.Final(isCancelled: true, 0);
            }
        }

        return answers.Final(isCancelled: false, allFailed: 0xB000);
    }

    /// <summary>Answers once the job that sends is on disk (<c>SynchronousCMove</c> off).</summary>
    private async ValueTask<DimseResponse> PutOffAsync(ModalityOptions destination, List<LookupHit> found, List<OutgoingInstance> instances, SendOptions how)
    {
        ModalityStoreRequest store = new(
            destination,
            found.ConvertAll(static hit => hit.PublicId),
            instances.ConvertAll(static one => one.PublicId),
            how,
            destination.LocalAet.Length > 0 ? destination.LocalAet : options.DicomAet,
            Permissive: true,
            Description: "C-MOVE");
        await jobs.SubmitAsync(new ModalityStoreJob(store), new JobOrder()).ConfigureAwait(false);
        return RetrieveAnswers.AllPutOff(instances.Count);
    }
}
