namespace Edge.Dimse.Protocol;

/// <summary>Who aborted (PS3.8 9.3.8).</summary>
public enum AbortSource : byte
{
    ServiceUser = 0,
    ServiceProvider = 2,
}

/// <summary>Why the service provider aborted (PS3.8 9.3.8); not significant when the user did.</summary>
public enum AbortReason : byte
{
    NotSpecified = 0,
    UnrecognizedPdu = 1,
    UnexpectedPdu = 2,
    UnrecognizedPduParameter = 4,
    UnexpectedPduParameter = 5,
    InvalidPduParameterValue = 6,
}

/// <summary>An A-ABORT: source and reason.</summary>
public readonly record struct AssociationAbort(AbortSource Source, AbortReason Reason)
{
    /// <summary>Abort by the application on this side.</summary>
    public static AssociationAbort ByUser => new(AbortSource.ServiceUser, AbortReason.NotSpecified);

    public static AssociationAbort ByProvider(AbortReason reason) => new(AbortSource.ServiceProvider, reason);

    public override string ToString() => Source == AbortSource.ServiceUser ? "by the service user" : $"by the service provider, reason {(byte)Reason} ({Reason})";
}
