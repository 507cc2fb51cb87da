namespace Edge.Dimse.Protocol;

/// <summary>Whether asking again may help (PS3.8 9.3.4).</summary>
public enum RejectResult : byte
{
    Permanent = 1,
    Transient = 2,
}

/// <summary>Which part of the peer rejected (PS3.8 9.3.4).</summary>
public enum RejectSource : byte
{
    ServiceUser = 1,
    ServiceProviderAcse = 2,
    ServiceProviderPresentation = 3,
}

/// <summary>An A-ASSOCIATE-RJ: result, source, and a reason whose meaning depends on the source (PS3.8 9.3.4).</summary>
public sealed record AssociationRejection(RejectResult Result, RejectSource Source, byte Reason)
{
    public static readonly AssociationRejection NoReasonGiven = new(RejectResult.Permanent, RejectSource.ServiceUser, 1);

    public static readonly AssociationRejection ApplicationContextNotSupported = new(RejectResult.Permanent, RejectSource.ServiceUser, 2);

    public static readonly AssociationRejection CallingAeTitleNotRecognized = new(RejectResult.Permanent, RejectSource.ServiceUser, 3);

    public static readonly AssociationRejection CalledAeTitleNotRecognized = new(RejectResult.Permanent, RejectSource.ServiceUser, 7);

    public static readonly AssociationRejection ProtocolVersionNotSupported = new(RejectResult.Permanent, RejectSource.ServiceProviderAcse, 2);

    public static readonly AssociationRejection TemporaryCongestion = new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 1);

    public static readonly AssociationRejection LocalLimitExceeded = new(RejectResult.Transient, RejectSource.ServiceProviderPresentation, 2);

    /// <summary>The reason in words.</summary>
    public string ReasonText => (Source, Reason) switch
    {
        (RejectSource.ServiceUser, 1) => "no reason given",
        (RejectSource.ServiceUser, 2) => "application context name not supported",
        (RejectSource.ServiceUser, 3) => "calling AE title not recognized",
        (RejectSource.ServiceUser, 7) => "called AE title not recognized",
        (RejectSource.ServiceProviderAcse, 1) => "no reason given",
        (RejectSource.ServiceProviderAcse, 2) => "protocol version not supported",
        (RejectSource.ServiceProviderPresentation, 1) => "temporary congestion",
        (RejectSource.ServiceProviderPresentation, 2) => "local limit exceeded",
        _ => $"reason {Reason}",
    };

    public override string ToString() => $"{(Result == RejectResult.Transient ? "transient" : "permanent")}, source {(byte)Source}, {ReasonText}";
}
