using Edge.Core.Ids;

namespace Edge.Dimse.Protocol;

/// <summary>The user information item of A-ASSOCIATE-RQ and -AC with its sub-items (PS3.7 annex D.3.3, PS3.8 annex D).</summary>
public sealed record UserInformation
{
    /// <summary>The largest P-DATA-TF PDU that the sender of this item receives, in bytes after the PDU header; 0 is no limit.</summary>
    public uint MaximumPduLength { get; init; } = PduLimits.Default;

    public string ImplementationClassUid { get; init; } = Implementation.ClassUid;

    /// <summary>At most 16 characters; null when not sent.</summary>
    public string? ImplementationVersionName { get; init; } = Implementation.VersionName;

    public AsynchronousOperationsWindow? AsynchronousOperations { get; init; }

    public IReadOnlyList<RoleSelection> Roles { get; init; } = [];

    public IReadOnlyList<ExtendedNegotiation> ExtendedNegotiations { get; init; } = [];

    public IReadOnlyList<CommonExtendedNegotiation> CommonExtendedNegotiations { get; init; } = [];

    /// <summary>Sent by the requestor.</summary>
    public UserIdentity? UserIdentity { get; init; }

    /// <summary>Sent by the acceptor where a response was requested.</summary>
    public ReadOnlyMemory<byte>? UserIdentityResponse { get; init; }
}

/// <summary>Sub-item 53H (PS3.7 D.3.3.3): operations that may be outstanding; 0 is no limit. Without the item both are 1.</summary>
public sealed record AsynchronousOperationsWindow(ushort Invoked, ushort Performed);

/// <summary>Sub-item 54H (PS3.7 D.3.3.4): the roles of the association's requestor for a SOP class. Without the item it is SCU.</summary>
public sealed record RoleSelection(string SopClass, bool Scu, bool Scp);

/// <summary>Sub-item 56H (PS3.7 D.3.3.5): what the service class defines for the SOP class.</summary>
public sealed record ExtendedNegotiation(string SopClass, ReadOnlyMemory<byte> ApplicationInformation);

/// <summary>Sub-item 57H (PS3.7 D.3.3.6): the service class and the related general SOP classes of a SOP class.</summary>
public sealed record CommonExtendedNegotiation(string SopClass, string ServiceClass, IReadOnlyList<string> RelatedGeneralSopClasses);

/// <summary>The form of a user identity (PS3.7 D.3.3.7.1).</summary>
public enum UserIdentityType : byte
{
    UserName = 1,
    UserNameAndPasscode = 2,
    Kerberos = 3,
    Saml = 4,
    JsonWebToken = 5,
}

/// <summary>Sub-item 58H (PS3.7 D.3.3.7). Carries credentials: never log it.</summary>
/// <param name="Type">The form.</param>
/// <param name="ResponseRequested">The requestor wants sub-item 59H in the answer.</param>
/// <param name="Primary">User name (UTF-8), ticket, assertion or token.</param>
/// <param name="Secondary">The passcode (UTF-8), else empty.</param>
public sealed record UserIdentity(UserIdentityType Type, bool ResponseRequested, ReadOnlyMemory<byte> Primary, ReadOnlyMemory<byte> Secondary)
{
    public override string ToString() => $"UserIdentity {Type}";
}
