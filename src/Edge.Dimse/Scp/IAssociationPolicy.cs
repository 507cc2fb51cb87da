using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scp;

/// <summary>Port: decides who may open an association and with what. Called once for each A-ASSOCIATE-RQ that the provider itself can accept (version, application context).</summary>
public interface IAssociationPolicy
{
    /// <summary>May throw <see cref="AbortAssociationException"/>; another exception rejects, transient, with the log telling why.</summary>
    ValueTask<AssociationDecision> DecideAsync(AssociationRequest request, CancellationToken cancellation);
}

/// <summary>An <see cref="AssociationAcceptance"/> or an <see cref="AssociationRefusal"/>.</summary>
public abstract record AssociationDecision
{
    /// <param name="reason">For the log of this side: what would have to be otherwise.</param>
    public static AssociationDecision Reject(AssociationRejection rejection, string reason = "") => new AssociationRefusal(rejection, reason);
}

/// <summary>Answered with A-ASSOCIATE-RJ.</summary>
/// <param name="Rejection">What the peer is told.</param>
/// <param name="Reason">What the log is told; may be empty.</param>
public sealed record AssociationRefusal(AssociationRejection Rejection, string Reason = "") : AssociationDecision;

/// <summary>Answered with A-ASSOCIATE-AC.</summary>
public sealed record AssociationAcceptance : AssociationDecision
{
    /// <summary>An answer for each context; those proposed and missing here are refused (abstract syntax not supported).</summary>
    public required IReadOnlyList<ContextAnswer> Contexts { get; init; }

    /// <summary>Accepted roles of the requestor; only for SOP classes whose roles it proposed, and never more than it proposed.</summary>
    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    /// <summary>Sub-items 56H of the answer.</summary>
    public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

    /// <summary>Sub-item 59H, sent where the requestor asked for it.</summary>
    public ReadOnlyMemory<byte>? UserIdentityResponse { get; init; }

    /// <summary>Whatever the handlers shall find in <see cref="Association.NegotiatedAssociation.State"/>.</summary>
    public object? State { get; init; }
}
