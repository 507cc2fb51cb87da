using System.Net;

namespace Edge.Dimse.Protocol;

/// <summary>An A-ASSOCIATE-RQ (PS3.8 9.3.2), and where it came from.</summary>
public sealed record AssociationRequest
{
    /// <summary>Without leading and trailing spaces; at most 16 characters.</summary>
    public required string CalledAeTitle { get; init; }

    /// <summary>Without leading and trailing spaces; at most 16 characters.</summary>
    public required string CallingAeTitle { get; init; }

    /// <summary>Bit 0 is version 1, the only one.</summary>
    public ushort ProtocolVersion { get; init; } = 1;

    public string ApplicationContext { get; init; } = DicomUids.ApplicationContext;

    /// <summary>At most <see cref="PduLimits.Contexts"/>; ids are odd and unique.</summary>
    public required IReadOnlyList<ProposedContext> Contexts { get; init; }

    public UserInformation UserInformation { get; init; } = new();

    /// <summary>Set by the server: the address of the peer. Not part of the PDU.</summary>
    public IPEndPoint? PeerAddress { get; init; }
}

/// <summary>An A-ASSOCIATE-AC (PS3.8 9.3.3).</summary>
public sealed record AssociationAccepted
{
    /// <summary>As in the request; to be ignored by its receiver.</summary>
    public required string CalledAeTitle { get; init; }

    /// <summary>As in the request; to be ignored by its receiver.</summary>
    public required string CallingAeTitle { get; init; }

    public ushort ProtocolVersion { get; init; } = 1;

    public string ApplicationContext { get; init; } = DicomUids.ApplicationContext;

    public required IReadOnlyList<ContextAnswer> Contexts { get; init; }

    public UserInformation UserInformation { get; init; } = new();
}
