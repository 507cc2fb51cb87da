using Edge.Core.Errors;
using Edge.Dimse.Protocol;

namespace Edge.Dimse;

/// <summary>What failed between two application entities; the subclass says how.</summary>
public abstract class DimseException(ErrorCode code, string detail, bool isTransient, Exception? inner = null) : EdgeException(code, detail, inner)
{
    /// <summary>The same request may succeed later without anybody changing a configuration: a forwarder tries again.</summary>
    public bool IsTransient { get; } = isTransient;
}

/// <summary>No transport connection: name not resolved, refused, unreachable, not in time, TLS failed.</summary>
public sealed class ConnectFailedException(string detail, Exception? inner = null) : DimseException(ErrorCode.NetworkProtocol, detail, true, inner);

/// <summary>The peer answered with A-ASSOCIATE-RJ.</summary>
public sealed class AssociationRejectedException(AssociationRejection rejection)
    : DimseException(ErrorCode.NetworkProtocol, $"Association rejected: {rejection}", rejection.Result == RejectResult.Transient)
{
    public AssociationRejection Rejection { get; } = rejection;
}

/// <summary>The association ended by A-ABORT, from either side.</summary>
public sealed class AssociationAbortedException(AssociationAbort abort, bool byPeer, string? why = null)
    : DimseException(ErrorCode.NetworkProtocol, $"Association aborted {(byPeer ? "by the peer" : "locally")}, {abort}{(why is null ? "" : ": " + why)}", true)
{
    public AssociationAbort Abort { get; } = abort;

    public bool ByPeer { get; } = byPeer;
}

/// <summary>The transport connection was lost or closed without release or abort.</summary>
public sealed class ConnectionLostException(string detail, Exception? inner = null) : DimseException(ErrorCode.NetworkProtocol, detail, true, inner);

/// <summary>The association was released; nothing more can be sent on it.</summary>
public sealed class AssociationReleasedException() : DimseException(ErrorCode.NetworkProtocol, "The association was released", true);

/// <summary>The peer did not answer, or did not take what was sent, in time. The association was aborted.</summary>
public sealed class DimseTimeoutException(string detail) : DimseException(ErrorCode.Timeout, detail, true);

/// <summary>No accepted presentation context for the SOP class in a usable transfer syntax: sending again will not help.</summary>
public sealed class ContextRefusedException(string abstractSyntax, string? transferSyntax)
    : DimseException(ErrorCode.NoPresentationContext, $"No accepted presentation context for {abstractSyntax}{(transferSyntax is null ? "" : " in transfer syntax " + transferSyntax)}", false)
{
    public string AbstractSyntax { get; } = abstractSyntax;

    public string? TransferSyntax { get; } = transferSyntax;
}

/// <summary>Bytes from the peer that are no PDU or message. The association is aborted with <see cref="Reason"/>.</summary>
public sealed class PduFormatException(AbortReason reason, string detail) : DimseException(ErrorCode.NetworkProtocol, detail, false)
{
    public AbortReason Reason { get; } = reason;
}

/// <summary>Thrown by a port (policy, handler, sink) to abort the association instead of answering, as Orthanc does for what is not permitted.</summary>
public sealed class AbortAssociationException(string why) : EdgeException(ErrorCode.ForbiddenAccess, why);
