using Edge.Core.Memory;

namespace Edge.Dimse.Association;

/// <summary>What both sides of an association configure in the same way. A timeout of zero waits for ever.</summary>
/// <param name="MaximumPduLength">P-DATA-TF PDUs that the peer may send.</param>
/// <param name="Artim">For the A-ASSOCIATE-RQ to arrive and for the peer to close.</param>
/// <param name="Idle">Without progress as long while something of the peer is awaited the association is aborted.</param>
/// <param name="Send">How long the peer may refuse to take what is sent.</param>
/// <param name="MaximumIdentifierLength">The longest data set that is gathered in memory.</param>
internal sealed record UpperLayerSettings(
    int MaximumPduLength,
    TimeSpan Artim,
    TimeSpan Idle,
    TimeSpan Send,
    int MaximumIdentifierLength,
    ByteBudget Budget,
    IDimseLog Log,
    DimseMetrics Metrics);

/// <summary>What the upper layer tells its user.</summary>
internal enum IndicationKind : byte
{
    /// <summary>The association or its connection has ended, <see cref="UpperLayer.Fault"/> tells how.</summary>
    Ended,
    AssociateRequest,
    AssociateAccept,
    AssociateReject,
    Data,
    ReleaseRequest,
}

/// <summary>An indication; for data a piece of a fragment as it lies in the receive buffer.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Pdv">Data: the header of the fragment.</param>
/// <param name="Bytes">Data: valid until the next call.</param>
/// <param name="EndsFragment">Data: nothing of the fragment follows.</param>
/// <param name="Pdu">The decoded PDU of an associate indication.</param>
internal readonly record struct Indication(IndicationKind Kind, Protocol.PdvHeader Pdv = default, ReadOnlyMemory<byte> Bytes = default, bool EndsFragment = false, object? Pdu = null)
{
    /// <summary>The command or data set is complete.</summary>
    public bool EndsSet => EndsFragment && Pdv.IsLast;
}
