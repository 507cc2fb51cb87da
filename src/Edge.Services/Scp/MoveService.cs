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
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.Store.Index;
using DicomServerOptions = Edge.Core.Options.DicomServerOptions;

namespace Edge.Services.Scp;

/// <summary>C-MOVE of the query/retrieve service (PS3.4 C.4.2).</summary>
public sealed class MoveService(DicomServerOptions options, RuntimeSettings settings, KnownPeers peers, RetrieveLookup lookup, OutgoingInstances outgoing, IDicomSender sender)
{
    /// <summary>Moves that are performed after their answer; one more is refused.</summary>
    private const int MostPutOff = 64;

    private int _putOff;

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
                : PutOff(destination, instances, how);
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
            answers.Count(result.Instance, result.IsSent, result.DimseStatus);
            await responder.SendPendingAsync(answers.Pending()).ConfigureAwait(false);
            if (responder.CancelRequested.IsCancellationRequested)
            {
                return answers.Final(isCancelled: true, 0);
            }
        }

        return answers.Final(isCancelled: false, allFailed: 0xB000);
    }

    /// <summary>Answers at once and sends afterwards (<c>SynchronousCMove</c> off).</summary>
    private DimseResponse PutOff(ModalityOptions destination, List<OutgoingInstance> instances, SendOptions how)
    {
        if (Interlocked.Increment(ref _putOff) > MostPutOff)
        {
            Interlocked.Decrement(ref _putOff);
            return DimseStatus.OutOfResources with { Comment = "Too many moves are under way" };
        }

        _ = SendLaterAsync(destination, instances, how);
        return RetrieveAnswers.AllPutOff(instances.Count);
    }

    private async Task SendLaterAsync(ModalityOptions destination, List<OutgoingInstance> instances, SendOptions how)
    {
        await Task.Yield();
        int sent = 0;
        try
        {
            await foreach (SendResult result in sender.SendAsync(destination, instances, how).ConfigureAwait(false))
            {
                sent += result.IsSent ? 1 : 0;
            }

            string outcome = $"C-MOVE to {destination.Aet}: {sent} of {instances.Count} instances were sent";
            if (sent == instances.Count)
            {
                Log.Dicom.Info(outcome);
            }
            else
            {
                Log.Dicom.Warning(outcome);
            }
        }
        catch (Exception e)
        {
            Log.Dicom.Error($"C-MOVE to {destination.Aet} ended after {sent} of {instances.Count} instances", e);
        }
        finally
        {
            Interlocked.Decrement(ref _putOff);
        }
    }
}
