using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Ports;
using Edge.Engine.Remote;

namespace Edge.Services.Scp;

/// <summary>Storage commitment, push model (PS3.4 annex J): what others ask us to commit, and what they report of what we asked.</summary>
public sealed class CommitmentService(CommitmentLookup lookup, CommitmentReports reports, KnownPeers peers, IModalityClient client)
{
    private const ushort RequestCommitment = 1;

    /// <summary>Reports that are still to be sent; one more request is refused.</summary>
    private const int MostOpen = 64;

    private int _open;

    /// <summary>N-ACTION: the result follows on an association of its own.</summary>
    public DimseResponse Request(IncomingRequest request)
    {
        if (request.Command.ActionTypeId != RequestCommitment)
        {
            return DimseStatus.NoSuchActionType;
        }

        string calling = request.Association.CallingAeTitle;
        if (peers.Entries(calling).FirstOrDefault() is not { } modality)
        {
            return DimseStatus.NotAuthorized with { Comment = "The calling AE title is unknown" };
        }

        string transaction;
        List<CommitmentItem> items;
        try
        {
            (transaction, items) = Read(request);
        }
        catch (EdgeException e)
        {
            Log.Dicom.Warning($"Storage commitment for {calling} refused: {e.Message}");
            return DimseStatus.InvalidArgumentValue with { Comment = e.Detail };
        }

        if (Interlocked.Increment(ref _open) > MostOpen)
        {
            Interlocked.Decrement(ref _open);
            return DimseStatus.ResourceLimitation;
        }

        _ = ReportAsync(modality, request.Association.CalledAeTitle, transaction, items);
        return new DimseResponse(DimseStatus.Success) { ActionTypeId = RequestCommitment };
    }

    /// <summary>N-EVENT-REPORT: the answer to a request of ours.</summary>
    public DimseResponse Receive(IncomingRequest request)
    {
        if (request.Command.EventTypeId is not (1 or 2))
        {
            return DimseStatus.NoSuchEventType;
        }

        try
        {
            (string transaction, List<CommitmentItem> items) = Read(request);
            if (!reports.Complete(transaction, aet => peers.SameTitle(aet, request.Association.CallingAeTitle), items))
            {
                Log.Dicom.Warning($"Storage commitment: {request.Association.CallingAeTitle} reports a transaction that was not asked of it");
            }

            return new DimseResponse(DimseStatus.Success) { EventTypeId = request.Command.EventTypeId };
        }
        catch (EdgeException e)
        {
            Log.Dicom.Warning($"Storage commitment: the report of {request.Association.CallingAeTitle} cannot be read: {e.Message}");
            return DimseStatus.InvalidArgumentValue with { Comment = e.Detail };
        }
    }

    private static (string TransactionUid, List<CommitmentItem> Items) Read(IncomingRequest request) =>
        CommitmentData.Read(DicomReader.ReadDataSet(request.DataSet.ToArray(), TransferSyntax.FindOrUnknown(request.Context.TransferSyntax)));

    private async Task ReportAsync(ModalityOptions modality, string localAet, string transaction, List<CommitmentItem> items)
    {
        await Task.Yield();
        try
        {
            List<CommitmentItem> answers = await lookup.CheckAsync(items).ConfigureAwait(false);
            await client.ReportCommitmentAsync(modality, new ModalityCall(localAet), transaction, answers).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Dicom.Warning($"Storage commitment: the report to {modality.Aet} failed: {e.Message}");
        }
        catch (Exception e)
        {
            Log.Dicom.Error($"Storage commitment: the report to {modality.Aet} failed", e);
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
