using System.Globalization;
using Edge.Core.Auditing;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;

namespace Edge.Services.Scp;

/// <summary>DICOM services whose queries and retrievals are in the audit log; what is stored by C-STORE is told by reception itself.</summary>
public sealed class AuditedServices(IDimseHandler services, AuditLog log) : IDimseHandler
{
    public ValueTask<DimseStatus> EchoAsync(IncomingRequest request, CancellationToken ended) => services.EchoAsync(request, ended);

    public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended) => services.BeginStoreAsync(request, ended);

    public async ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended)
    {
        string outcome = "aborted";
        try
        {
            DimseResponse? response = await services.HandleAsync(request, responder, ended).ConfigureAwait(false);
            outcome = response is null ? "no such service" : response.Status.Code.ToString("X4", CultureInfo.InvariantCulture);
            return response;
        }
        finally
        {
            (AuditAction action, string operation) = Describe(request.Command.Field);
            log.Write(new AuditEntry(
                action,
                request.Association.CallingAeTitle,
                request.Association.PeerAddress is { } peer ? KnownPeers.TextOf(peer.Address) : "",
                operation,
                request.Context.AbstractSyntax,
                request.Command.MoveDestination ?? (request.Command.Field == CommandField.CGetRequest ? request.Association.CallingAeTitle : ""),
                outcome));
        }
    }

    private static (AuditAction Action, string Operation) Describe(CommandField field) => field switch
    {
        CommandField.CFindRequest => (AuditAction.Query, "C-FIND"),
        CommandField.CMoveRequest => (AuditAction.Send, "C-MOVE"),
        CommandField.CGetRequest => (AuditAction.Send, "C-GET"),
        CommandField.NActionRequest => (AuditAction.Query, "N-ACTION"),
        CommandField.NEventReportRequest => (AuditAction.Receive, "N-EVENT-REPORT"),
        _ => (AuditAction.Change, field.ToString()),
    };
}
