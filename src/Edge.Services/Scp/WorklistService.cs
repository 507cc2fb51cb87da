using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Query;
using Edge.Engine.Runtime;
using Edge.Engine.Scripting;

namespace Edge.Services.Scp;

/// <summary>C-FIND of the modality worklist (PS3.4 annex K).</summary>
public sealed class WorklistService(WorklistFolder worklist, RuntimeSettings settings, QueryFilters filters)
{
    public async ValueTask<DimseResponse> FindAsync(IncomingRequest request, IResponder responder, ModalityManufacturer manufacturer, CancellationToken ended)
    {
        TransferSyntax syntax = TransferSyntax.FindOrUnknown(request.Context.TransferSyntax);
        try
        {
            DataSet query = DicomReader.ReadDataSet(request.DataSet, syntax, new DicomReadOptions { DefaultEncoding = settings.DefaultEncoding });
            query = await filters.IncomingWorklistAsync(
                query, KnownPeers.TextOf(request), request.Association.CallingAeTitle, request.Association.CalledAeTitle, manufacturer, ended).ConfigureAwait(false);
            await foreach (WorklistAnswer answer in worklist.FindAsync(query, request.Association.CallingAeTitle, ended).ConfigureAwait(false))
            {
                if (answer.DataSet is null || responder.CancelRequested.IsCancellationRequested)
                {
                    return DimseStatus.Cancel;
                }

                await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = DicomWriter.ToArray(answer.DataSet, syntax) }).ConfigureAwait(false);
            }

            return DimseStatus.Success;
        }
        catch (EdgeException e) when (e is not Dimse.DimseException)
        {
            Log.Dicom.Warning($"Worklist C-FIND from {request.Association.CallingAeTitle} failed: {e.Message}");
            return DimseStatus.CannotUnderstand with { Comment = e.Detail };
        }
    }
}
