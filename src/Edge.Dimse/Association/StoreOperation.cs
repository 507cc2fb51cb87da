using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>A C-STORE to invoke (PS3.7 9.1.1): as SCU, or as the sub-operation of a C-GET.</summary>
public sealed record StoreOperation
{
    /// <summary>An accepted context of the SOP class; the data set is in its transfer syntax.</summary>
    public required PresentationContext Context { get; init; }

    public required string SopClassUid { get; init; }

    public required string SopInstanceUid { get; init; }

    public required DataSetSource DataSet { get; init; }

    public Priority Priority { get; init; } = Priority.Medium;

    /// <summary>Sub-operations of C-MOVE: who asked for it.</summary>
    public string? MoveOriginatorAeTitle { get; init; }

    /// <summary>Sub-operations of C-MOVE: the message id of the C-MOVE request.</summary>
    public ushort? MoveOriginatorMessageId { get; init; }
}
