using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Engine.Ingest;
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;

namespace Edge.Services.Scu;

/// <summary>C-ECHO, C-FIND, C-MOVE and C-GET at modalities.</summary>
public sealed class ModalityClient(RemoteAssociations associations, RuntimeSettings settings, IngestPipeline ingest) : IModalityClient
{
    /// <summary>A query with more answers than this is cancelled.</summary>
    private const int MostAnswers = 100_000;

    /// <summary>While instances are moved elsewhere a modality may be silent for long.</summary>
    private static readonly TimeSpan LeastRetrieveTimeout = TimeSpan.FromMinutes(10);

    private static readonly string[] Plain = [DicomUids.ExplicitVrLittleEndian, DicomUids.ImplicitVrLittleEndian];

    public async ValueTask EchoAsync(ModalityOptions modality, ModalityCall call, bool checksFind, CancellationToken cancellation)
    {
        string[] classes = checksFind ? [UidRegistry.Verification, UidRegistry.StudyRootFind, UidRegistry.PatientRootFind] : [UidRegistry.Verification];
        await using ClientAssociation association = await ConnectAsync(modality, call, classes, cancellation).ConfigureAwait(false);
        DimseStatus status = await association.EchoAsync(cancellation).ConfigureAwait(false);
        if (!status.IsSuccess)
        {
            throw new EdgeException(ErrorCode.NetworkProtocol, $"C-ECHO to AET {modality.Aet} was answered with status 0x{status.Code:x4}");
        }

        if (checksFind && association.Association.FindContext(UidRegistry.StudyRootFind) is null && association.Association.FindContext(UidRegistry.PatientRootFind) is null)
        {
            throw new EdgeException(ErrorCode.DicomFindUnavailable, $"The modality {modality.Aet} does not accept C-FIND");
        }

        await association.ReleaseAsync().ConfigureAwait(false);
    }

    public ValueTask<List<DataSet>> FindAsync(ModalityOptions modality, ModalityCall call, ResourceLevel level, DataSet query, CancellationToken cancellation)
    {
        query.SetString(DicomTags.QueryRetrieveLevel, QueryLevels.Name(level), Vr.CS);
        return FindAsync(modality, call, level == ResourceLevel.Patient ? UidRegistry.PatientRootFind : UidRegistry.StudyRootFind, query, cancellation);
    }

    public ValueTask<List<DataSet>> FindWorklistAsync(ModalityOptions modality, ModalityCall call, DataSet query, CancellationToken cancellation) =>
        FindAsync(modality, call, UidRegistry.ModalityWorklistFind, query, cancellation);

    public async IAsyncEnumerable<RetrieveOutcome> MoveAsync(ModalityOptions modality, ModalityCall call, string targetAet, IReadOnlyList<DataSet> identifiers, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await using ClientAssociation association = await ConnectAsync(modality, call, [UidRegistry.StudyRootMove], cancellation, LeastRetrieveTimeout).ConfigureAwait(false);
        PresentationContext context = association.Association.FindContext(UidRegistry.StudyRootMove)
            ?? throw new EdgeException(ErrorCode.DicomMoveUnavailable, $"The modality {modality.Aet} does not accept C-MOVE");
        foreach (DataSet identifier in identifiers)
        {
            CommandSet command = new() { Field = CommandField.CMoveRequest, AffectedSopClassUid = UidRegistry.StudyRootMove, Priority = Priority.Medium, MoveDestination = targetAet };
            DimseResponse final = await RetrieveAsync(association, context, command, identifier, cancellation).ConfigureAwait(false);
            yield return new RetrieveOutcome(final.Status.Code, []);
        }

        await association.ReleaseAsync().ConfigureAwait(false);
    }

    public async IAsyncEnumerable<RetrieveOutcome> GetAsync(
        ModalityOptions modality, ModalityCall call, IReadOnlyList<DataSet> identifiers, IReadOnlyList<string> sopClasses, [EnumeratorCancellation] CancellationToken cancellation)
    {
        GetReceiver receiver = new(ingest, modality);
        await using GetAssociations open = new(associations, modality, call, StorageClasses.ToPropose(sopClasses), settings.TransferSyntaxes.Uids, receiver, Longer(associations.Timeout(modality, call.Timeout)));
        foreach (DataSet identifier in identifiers)
        {
            // What an association has no context for fails there, and is asked for again on the next.
            GetOutcome outcome = new();
            for (int i = 0; i < open.Count && !outcome.IsComplete; i++)
            {
                ClientAssociation association = await open.AtAsync(i, cancellation).ConfigureAwait(false);
                PresentationContext context = association.Association.FindContext(UidRegistry.StudyRootGet)
                    ?? throw new EdgeException(ErrorCode.NoCGetHandler, $"The modality {modality.Aet} does not accept C-GET");
                CommandSet command = new() { Field = CommandField.CGetRequest, AffectedSopClassUid = UidRegistry.StudyRootGet, Priority = Priority.Medium };
                outcome.Add(await RetrieveAsync(association, context, command, identifier, cancellation).ConfigureAwait(false));
            }

            yield return new RetrieveOutcome(outcome.Status, receiver.TakeReceived());
        }

        await open.ReleaseAsync().ConfigureAwait(false);
    }

    public ValueTask RequestCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation) =>
        CommitmentCalls.RequestAsync(associations, modality, call, transactionUid, items, cancellation);

    public ValueTask ReportCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation) =>
        CommitmentCalls.ReportAsync(associations, modality, call, transactionUid, items, cancellation);

    private async ValueTask<List<DataSet>> FindAsync(ModalityOptions modality, ModalityCall call, string sopClass, DataSet query, CancellationToken cancellation)
    {
        await using ClientAssociation association = await ConnectAsync(modality, call, [sopClass], cancellation).ConfigureAwait(false);
        PresentationContext context = association.Association.FindContext(sopClass)
            ?? throw new EdgeException(ErrorCode.DicomFindUnavailable, $"The modality {modality.Aet} does not accept C-FIND ({sopClass})");
        TransferSyntax syntax = TransferSyntax.FindOrUnknown(context.TransferSyntax);
        DicomReadOptions reading = new() { DefaultEncoding = settings.DefaultEncoding };
        CommandSet command = new() { Field = CommandField.CFindRequest, AffectedSopClassUid = sopClass, Priority = Priority.Medium };
        List<DataSet> answers = [];
        DimseStatus status = DimseStatus.Success;
        await foreach (DimseResponse response in association.StreamAsync(context, command, DataSetSource.From(DicomWriter.ToArray(query, syntax)), cancellation).ConfigureAwait(false))
        {
            status = response.Status;
            if (status.IsPending && answers.Count < MostAnswers)
            {
                answers.Add(DicomReader.ReadDataSet(response.DataSet, syntax, reading));
            }
        }

        await association.ReleaseAsync().ConfigureAwait(false);
        // A limit on its answers is a success too.
        return status.Class is DimseStatusClass.Success or DimseStatusClass.Cancel
            ? answers
            : throw Refused("C-FIND", modality, status.Code);
    }

    /// <summary>The final response.</summary>
    private static async ValueTask<DimseResponse> RetrieveAsync(ClientAssociation association, PresentationContext context, CommandSet command, DataSet identifier, CancellationToken cancellation)
    {
        byte[] bytes = DicomWriter.ToArray(identifier, TransferSyntax.FindOrUnknown(context.TransferSyntax));
        DimseResponse final = DimseStatus.Success;
        await foreach (DimseResponse response in association.StreamAsync(context, command, DataSetSource.From(bytes), cancellation).ConfigureAwait(false))
        {
            final = response;
        }

        return final;
    }

    /// <summary>The failure of a request that a modality answered with a status.</summary>
    public static EdgeException Refused(string operation, ModalityOptions modality, ushort status) => new(
        ErrorCode.NetworkProtocol, $"{operation} SCU to AET \"{modality.Aet}\" has failed with DIMSE status 0x{status:X4}")
    {
        HttpStatus = status == 0xC000 ? 422 : null,
        Payload = ErrorPayload.Dimse(status),
    };

    private ValueTask<ClientAssociation> ConnectAsync(ModalityOptions modality, ModalityCall call, string[] sopClasses, CancellationToken cancellation, TimeSpan? least = null)
    {
        TimeSpan timeout = associations.Timeout(modality, call.Timeout);
        return associations.ConnectAsync(
            modality,
            call.LocalAet,
            timeout,
            [.. sopClasses.Select(static uid => (uid, (IReadOnlyList<string>)Plain))],
            cancellation,
            least is null ? timeout : Longer(timeout));
    }

    private static TimeSpan Longer(TimeSpan timeout) => timeout == TimeSpan.Zero || timeout > LeastRetrieveTimeout ? timeout : LeastRetrieveTimeout;
}
