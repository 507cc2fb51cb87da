using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Query;
using Edge.Engine.Runtime;

namespace Edge.Services.Scp;

/// <summary>C-FIND of the query/retrieve service (PS3.4 C.4.1).</summary>
public sealed class FindService(DicomFind find, RuntimeSettings settings)
{
    /// <summary>Answers that are there already leave in one send; while one must be waited for, those before it are on their way.</summary>
    private static async ValueTask<bool> NextAsync(IAsyncEnumerator<DataSet> each, IResponder responder)
    {
        ValueTask<bool> next = each.MoveNextAsync();
        if (!next.IsCompleted)
        {
            await responder.FlushAsync().ConfigureAwait(false);
        }

        return await next.ConfigureAwait(false);
    }

    public async ValueTask<DimseResponse> FindAsync(IncomingRequest request, IResponder responder, bool ignoresVitrea, CancellationToken ended)
    {
        TransferSyntax syntax = TransferSyntax.FindOrUnknown(request.Context.TransferSyntax);
        try
        {
            DataSet identifier = DicomReader.ReadDataSet(request.DataSet, syntax, new DicomReadOptions { DefaultEncoding = settings.DefaultEncoding });
            DicomFindAnswers answers = await find.FindAsync(identifier, ignoresVitrea, ended).ConfigureAwait(false);
            IAsyncEnumerator<DataSet> each = answers.DataSets.GetAsyncEnumerator(ended);
            await using (each.ConfigureAwait(false))
            {
                while (await NextAsync(each, responder).ConfigureAwait(false))
                {
                    if (responder.CancelRequested.IsCancellationRequested)
                    {
                        return DimseStatus.Cancel;
                    }

                    await responder.HoldPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = DicomWriter.ToArray(each.Current, syntax) }).ConfigureAwait(false);
                }
            }

            return answers.IsCut ? DimseStatus.Cancel : DimseStatus.Success;
        }
        catch (EdgeException e) when (e is not Dimse.DimseException)
        {
            Log.Dicom.Warning($"C-FIND from {request.Association.CallingAeTitle} failed: {e.Message}");
            return DimseStatus.CannotUnderstand with { Comment = e.Detail };
        }
    }
}
