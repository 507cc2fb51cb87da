namespace Edge.Core.Logging;

/// <summary>How much a category logs, in Orthanc's words (<c>/tools/log-level</c>).</summary>
public enum LogLevel
{
    /// <summary>Errors and warnings.</summary>
    Default,

    /// <summary>Also what is done.</summary>
    Verbose,

    /// <summary>Also every detail; may name patients.</summary>
    Trace,
}

/// <summary>How grave one message is; the numbers are those of syslog (RFC 5424 6.2.1).</summary>
public enum LogSeverity
{
    Error = 3,
    Warning = 4,
    Info = 6,
    Trace = 7,
}
