using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Memory;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.Engine.Scripting;
using Edge.Engine.Transcoding;
using Edge.Services.Scu;
using Edge.Store.Index;

namespace Edge.Services.Scp;

/// <summary>C-GET of the query/retrieve service (PS3.4 C.4.3): the instances come back on the association that asked for them.</summary>
public sealed class GetService(RuntimeSettings settings, RetrieveLookup lookup, OutgoingInstances outgoing, OutgoingStoreFilter filter, Transcoder transcoder, ByteBudget budget)
{
    /// <param name="mayRecode">Instances may be sent in another transfer syntax than they are stored in.</param>
    public async ValueTask<DimseResponse> GetAsync(IncomingRequest request, IResponder responder, bool mayRecode, CancellationToken ended)
    {
        List<OutgoingInstance> instances;
        TransferSyntax syntax = TransferSyntax.FindOrUnknown(request.Context.TransferSyntax);
        try
        {
            DataSet identifier = DicomReader.ReadDataSet(request.DataSet, syntax, new DicomReadOptions { DefaultEncoding = settings.DefaultEncoding });
            List<LookupHit> found = await lookup.FindAsync(identifier, all: true, demandsLevel: true, ended).ConfigureAwait(false);
            instances = found.Count == 0
                ? throw new EdgeException(ErrorCode.UnknownResource, "Something asked for is not stored here")
                : await outgoing.OfAsync(found.ConvertAll(static hit => hit.PublicId), ended).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e is not DimseException)
        {
            Log.Dicom.Warning($"C-GET from {request.Association.CallingAeTitle} failed: {e.Message}");
            return DimseStatus.CannotUnderstand with { Comment = e.Detail };
        }

        RetrieveAnswers answers = new(instances.Count, syntax);
        await using ReadAhead ahead = new(budget);
        for (int i = 0; i < instances.Count; i++)
        {
            OutgoingInstance instance = instances[i];
            if (responder.CancelRequested.IsCancellationRequested)
            {
                return answers.Final(isCancelled: true, 0);
            }

            ushort? status = await MayLeaveAsync(request.Association, instance, ended).ConfigureAwait(false) switch
            {
                true => await StoreAsync(request.Association, responder, instance, i + 1 < instances.Count ? instances[i + 1] : null, ahead, mayRecode, ended).ConfigureAwait(false),
                false => RetrieveAnswers.KeptBack,
                null => null,
            };
            answers.Count(instance, status is { } code && SendStatuses.IsStored(code), status);
            if (answers.IsPendingDue())
            {
                await responder.SendPendingAsync(answers.Pending()).ConfigureAwait(false);
            }

        }

        return answers.Final(isCancelled: false, allFailed: 0xA702);
    }

    /// <summary>What the filter of the scripts says; null where it failed.</summary>
    private async ValueTask<bool?> MayLeaveAsync(NegotiatedAssociation association, OutgoingInstance instance, CancellationToken ended)
    {
        try
        {
            return await filter.AllowsAsync(instance, association.CallingAeTitle, association.PeerAddress is { } peer ? KnownPeers.TextOf(peer.Address) : "", ended).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e is not DimseException)
        {
            Log.Dicom.Warning($"C-GET from {association.CallingAeTitle}: {e.Message}");
            return null;
        }
    }

    /// <summary>One sub-operation; null where the instance cannot be sent.</summary>
    private async ValueTask<ushort?> StoreAsync(NegotiatedAssociation association, IResponder responder, OutgoingInstance instance, OutgoingInstance? next, ReadAhead ahead, bool mayRecode, CancellationToken ended)
    {
        if (SendPlan.Choose(association.Contexts, instance, null, mayRecode) is not { } context)
        {
            Log.Dicom.Warning($"C-GET from {association.CallingAeTitle}: no accepted presentation context for {instance.SopClassUid} in {instance.TransferSyntaxUid}");
            return null;
        }

        try
        {
            if (context.TransferSyntax == instance.TransferSyntaxUid)
            {
                InstanceSource source = await ahead.TakeAsync(instance, ended).ConfigureAwait(false);
                await using (source.ConfigureAwait(false))
                {
                    if (next is not null && SendPlan.Choose(association.Contexts, next, null, mayRecode) is { } its && its.TransferSyntax == next.TransferSyntaxUid)
                    {
                        ahead.Begin(next, ended);
                    }

                    return await StoreAsync(responder, context, instance, source).ConfigureAwait(false);
                }
            }

            byte[] recoded = await transcoder.EncodeDataSetAsync(instance, TransferSyntax.FindOrUnknown(context.TransferSyntax), ended).ConfigureAwait(false);
            return await StoreAsync(responder, context, instance, DataSetSource.From(recoded)).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e is not DimseException)
        {
            Log.Dicom.Warning($"C-GET from {association.CallingAeTitle}: {e.Message}");
            return null;
        }
    }

    private static async ValueTask<ushort?> StoreAsync(IResponder responder, PresentationContext context, OutgoingInstance instance, DataSetSource source) =>
        (await responder.StoreAsync(new StoreOperation { Context = context, SopClassUid = instance.SopClassUid, SopInstanceUid = instance.SopInstanceUid, DataSet = source }).ConfigureAwait(false)).Status.Code;
}
