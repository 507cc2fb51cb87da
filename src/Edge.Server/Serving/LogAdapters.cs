using Edge.Core.Logging;
using Edge.Dimse.Association;
using Edge.Rest.Hosting;

namespace Edge.Server.Serving;

/// <summary>The HTTP face's log lines, in the category <c>http</c>.</summary>
internal sealed class HttpLog : IRestLog
{
    public bool IsEnabled(RestLogLevel level) => Log.Http.IsEnabled(SeverityOf(level));

    public void Write(RestLogLevel level, string message, Exception? failure = null) => Log.Http.Write(SeverityOf(level), message, failure);

    private static LogSeverity SeverityOf(RestLogLevel level) => level switch
    {
        RestLogLevel.Error => LogSeverity.Error,
        RestLogLevel.Warning => LogSeverity.Warning,
        RestLogLevel.Info => LogSeverity.Info,
        _ => LogSeverity.Trace,
    };
}

/// <summary>The DICOM network's log lines, in the category <c>dicom</c>.</summary>
internal sealed class DicomLog : IDimseLog
{
    public bool IsEnabled(DimseLogLevel level) => Log.Dicom.IsEnabled(SeverityOf(level));

    public void Write(DimseLogLevel level, string message) => Log.Dicom.Write(SeverityOf(level), message, null);

    private static LogSeverity SeverityOf(DimseLogLevel level) => level switch
    {
        DimseLogLevel.Error => LogSeverity.Error,
        DimseLogLevel.Warning => LogSeverity.Warning,
        DimseLogLevel.Information => LogSeverity.Info,
        _ => LogSeverity.Trace,
    };
}
