namespace Edge.Dimse.Messages;

/// <summary>
/// The command set of a DIMSE message: the elements of group 0000H (PS3.7 annex E) as properties; an absent element is null.
/// Which are there depends on <see cref="Field"/>; <see cref="CommandSetCodec"/> reads and writes whatever is set.
/// </summary>
public sealed class CommandSet
{
    /// <summary>(0000,0100).</summary>
    public required CommandField Field { get; init; }

    /// <summary>(0000,0110): of a request.</summary>
    public ushort? MessageId { get; init; }

    /// <summary>(0000,0120): of a response, and of C-CANCEL.</summary>
    public ushort? MessageIdBeingRespondedTo { get; init; }

    /// <summary>A data set follows: (0000,0800) is not 0101H.</summary>
    public bool HasDataSet { get; init; }

    /// <summary>(0000,0002).</summary>
    public string? AffectedSopClassUid { get; init; }

    /// <summary>(0000,0003).</summary>
    public string? RequestedSopClassUid { get; init; }

    /// <summary>(0000,1000).</summary>
    public string? AffectedSopInstanceUid { get; init; }

    /// <summary>(0000,1001).</summary>
    public string? RequestedSopInstanceUid { get; init; }

    /// <summary>(0000,0700).</summary>
    public Priority? Priority { get; init; }

    /// <summary>(0000,0900).</summary>
    public ushort? Status { get; init; }

    /// <summary>(0000,0600), an AE title.</summary>
    public string? MoveDestination { get; init; }

    /// <summary>(0000,1030).</summary>
    public string? MoveOriginatorAeTitle { get; init; }

    /// <summary>(0000,1031).</summary>
    public ushort? MoveOriginatorMessageId { get; init; }

    /// <summary>(0000,1020).</summary>
    public ushort? RemainingSuboperations { get; init; }

    /// <summary>(0000,1021).</summary>
    public ushort? CompletedSuboperations { get; init; }

    /// <summary>(0000,1022).</summary>
    public ushort? FailedSuboperations { get; init; }

    /// <summary>(0000,1023).</summary>
    public ushort? WarningSuboperations { get; init; }

    /// <summary>(0000,0901): tags, group in the upper 16 bits.</summary>
    public uint[]? OffendingElements { get; init; }

    /// <summary>(0000,0902).</summary>
    public string? ErrorComment { get; init; }

    /// <summary>(0000,0903).</summary>
    public ushort? ErrorId { get; init; }

    /// <summary>(0000,1002).</summary>
    public ushort? EventTypeId { get; init; }

    /// <summary>(0000,1008).</summary>
    public ushort? ActionTypeId { get; init; }

    /// <summary>(0000,1005): tags, group in the upper 16 bits.</summary>
    public uint[]? AttributeIdentifiers { get; init; }

    /// <summary>The SOP class that the message is about, affected or requested.</summary>
    public string? SopClassUid => AffectedSopClassUid ?? RequestedSopClassUid;

    /// <summary>The SOP instance that the message is about, affected or requested.</summary>
    public string? SopInstanceUid => AffectedSopInstanceUid ?? RequestedSopInstanceUid;
}
