namespace Edge.Dimse.Messages;

/// <summary>A response: built by a handler to be sent, or received by the invoker of the operation.</summary>
public sealed record DimseResponse(DimseStatus Status)
{
    /// <summary>Identifier, attribute list or reply in the context's transfer syntax; empty where there is none.</summary>
    public ReadOnlyMemory<byte> DataSet { get; init; }

    public SubOperations? SubOperations { get; init; }

    /// <summary>Where it differs from the request's: N-CREATE that chose the instance.</summary>
    public string? AffectedSopInstanceUid { get; init; }

    /// <summary>N-EVENT-REPORT.</summary>
    public ushort? EventTypeId { get; init; }

    /// <summary>N-ACTION.</summary>
    public ushort? ActionTypeId { get; init; }

    /// <summary>Tags at fault, group in the upper 16 bits.</summary>
    public uint[]? OffendingElements { get; init; }

    /// <summary>Attribute Identifier List of some failures of the N-services.</summary>
    public uint[]? AttributeIdentifiers { get; init; }

    public ushort? ErrorId { get; init; }

    public static implicit operator DimseResponse(DimseStatus status) => new(status);
}

/// <summary>The counters of C-MOVE and C-GET responses (PS3.7 9.3.3, 9.3.4).</summary>
/// <param name="Remaining">Null in a final response that was not cancelled.</param>
public readonly record struct SubOperations(ushort? Remaining, ushort Completed, ushort Failed, ushort Warning);
