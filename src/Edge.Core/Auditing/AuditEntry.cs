namespace Edge.Core.Auditing;

/// <summary>What was done to data.</summary>
public enum AuditAction
{
    Read,

    /// <summary>Searched; what was asked for is not told, it may name patients.</summary>
    Query,

    /// <summary>An instance was received.</summary>
    Receive,

    Change,
    Delete,

    /// <summary>Given to another system.</summary>
    Send,
}

/// <summary>One line of the audit log.</summary>
/// <param name="Action">What was done.</param>
/// <param name="Actor">The user, AE title or part of the server that did it; empty where nobody said a name.</param>
/// <param name="Address">Of the actor's machine; empty for this server itself.</param>
/// <param name="Operation">The request or service, such as <c>GET</c> or <c>C-STORE</c>.</param>
/// <param name="Subject">A public id, or the path of a request without its query.</param>
/// <param name="Peer">Where it was sent to; empty unless it was.</param>
/// <param name="Outcome">A status of HTTP or DIMSE, or a word.</param>
public readonly record struct AuditEntry(AuditAction Action, string Actor, string Address, string Operation, string Subject, string Peer, string Outcome);
