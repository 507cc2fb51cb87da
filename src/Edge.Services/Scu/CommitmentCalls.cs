using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Services.Scp;

namespace Edge.Services.Scu;

/// <summary>The two messages of storage commitment that we send (PS3.4 J.3.2, J.3.3).</summary>
internal static class CommitmentCalls
{
    private const string SopClass = UidRegistry.StorageCommitmentPushModel;

    private static readonly string[] Syntaxes = [DicomUids.ExplicitVrLittleEndian, DicomUids.ImplicitVrLittleEndian];

    /// <summary>N-ACTION as the user of the service.</summary>
    public static ValueTask RequestAsync(RemoteAssociations associations, ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation) => InvokeAsync(
        associations,
        modality,
        call,
        [],
        new CommandSet
        {
            Field = CommandField.NActionRequest,
            RequestedSopClassUid = SopClass,
            RequestedSopInstanceUid = UidRegistry.StorageCommitmentPushModelInstance,
            ActionTypeId = 1,
        },
        CommitmentData.Write(transactionUid, items),
        cancellation);

    /// <summary>N-EVENT-REPORT as its provider, who has to propose that role.</summary>
    public static ValueTask ReportAsync(RemoteAssociations associations, ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation) => InvokeAsync(
        associations,
        modality,
        call,
        [new RoleSelection(SopClass, Scu: false, Scp: true)],
        new CommandSet
        {
            Field = CommandField.NEventReportRequest,
            AffectedSopClassUid = SopClass,
            AffectedSopInstanceUid = UidRegistry.StorageCommitmentPushModelInstance,
            EventTypeId = items.All(static item => item.FailureReason == 0) ? (ushort)1 : (ushort)2,
        },
        CommitmentData.Write(transactionUid, items),
        cancellation);

    private static async ValueTask InvokeAsync(
        RemoteAssociations associations, ModalityOptions modality, ModalityCall call, RoleSelection[] roles, CommandSet command, DataSet data, CancellationToken cancellation)
    {
        await using ClientAssociation association = await associations.ConnectAsync(
            modality, call.LocalAet, associations.Timeout(modality, call.Timeout), [(SopClass, Syntaxes)], cancellation, roles: roles).ConfigureAwait(false);
        PresentationContext context = association.Association.Contexts.FirstOrDefault(static one => one.AbstractSyntax == SopClass)
            ?? throw new EdgeException(ErrorCode.NoStorageCommitmentHandler, $"The modality {modality.Aet} does not accept storage commitment");
        byte[] bytes = DicomWriter.ToArray(data, TransferSyntax.FindOrUnknown(context.TransferSyntax));
        DimseResponse response = await association.InvokeAsync(context, command, DataSetSource.From(bytes), cancellation).ConfigureAwait(false);
        await association.ReleaseAsync().ConfigureAwait(false);
        if (!response.Status.IsSuccess)
        {
            throw new EdgeException(ErrorCode.NetworkProtocol, $"Storage commitment: AET \"{modality.Aet}\" answered with DIMSE status 0x{response.Status.Code:X4}");
        }
    }
}
