using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Jobs;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Remote;

namespace Edge.Services.Scp;

/// <summary>Storage commitment, push model (PS3.4 annex J): what others ask us to commit, and what they report of what we asked.</summary>
public sealed class CommitmentService(CommitmentReports reports, KnownPeers peers, JobsEngine jobs)
{
    private const ushort RequestCommitment = 1;

    /// <summary>N-ACTION: a job of its own looks and reports; it is on disk before we answer.</summary>
    public async ValueTask<DimseResponse> RequestAsync(IncomingRequest request)
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

        await jobs.SubmitAsync(new CommitmentJob(modality, request.Association.CalledAeTitle, transaction, items), new JobOrder()).ConfigureAwait(false);
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
}
