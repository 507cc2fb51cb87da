using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>How much the server logs, as a whole and per category.</summary>
public sealed class LogLevels
{
    private const int LongestName = 1 << 20;

    public Route[] Routes() =>
    [
        new("GET", "/tools/log-level", static request => request.Text(Name(Log.Level)), "Get main log level"),
        new("PUT", "/tools/log-level", static request => PutAsync(request, null), "Set main log level"),
        new("GET", "/tools/log-level-generic", static request => request.Text(Name(Log.Generic.Level)), "Get log level for `generic`"),
        new("PUT", "/tools/log-level-generic", static request => PutAsync(request, Log.Generic), "Set log level for `generic`"),
        new("GET", "/tools/log-level-plugins", static request => request.Text(Name(Log.Plugins.Level)), "Get log level for `plugins`"),
        new("PUT", "/tools/log-level-plugins", static request => PutAsync(request, Log.Plugins), "Set log level for `plugins`"),
        new("GET", "/tools/log-level-http", static request => request.Text(Name(Log.Http.Level)), "Get log level for `http`"),
        new("PUT", "/tools/log-level-http", static request => PutAsync(request, Log.Http), "Set log level for `http`"),
        new("GET", "/tools/log-level-sqlite", static request => request.Text(Name(Log.Sqlite.Level)), "Get log level for `sqlite`"),
        new("PUT", "/tools/log-level-sqlite", static request => PutAsync(request, Log.Sqlite), "Set log level for `sqlite`"),
        new("GET", "/tools/log-level-dicom", static request => request.Text(Name(Log.Dicom.Level)), "Get log level for `dicom`"),
        new("PUT", "/tools/log-level-dicom", static request => PutAsync(request, Log.Dicom), "Set log level for `dicom`"),
        new("GET", "/tools/log-level-jobs", static request => request.Text(Name(Log.Jobs.Level)), "Get log level for `jobs`"),
        new("PUT", "/tools/log-level-jobs", static request => PutAsync(request, Log.Jobs), "Set log level for `jobs`"),
        new("GET", "/tools/log-level-lua", static request => request.Text(Name(Log.Lua.Level)), "Get log level for `lua`"),
        new("PUT", "/tools/log-level-lua", static request => PutAsync(request, Log.Lua), "Set log level for `lua`"),
    ];

    private static async ValueTask PutAsync(RestRequest request, LogCategory? category)
    {
        LogLevel level = (await request.ReadTextAsync(LongestName).ConfigureAwait(false)).Trim() switch
        {
            "default" => LogLevel.Default,
            "verbose" => LogLevel.Verbose,
            "trace" => LogLevel.Trace,
            _ => throw new EdgeException(ErrorCode.ParameterOutOfRange, "A log level is \"default\", \"verbose\" or \"trace\""),
        };
        if (category is null)
        {
            Log.Level = level;
        }
        else
        {
            category.Level = level;
        }

        await request.EmptyText().ConfigureAwait(false);
    }

    private static string Name(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Verbose => "verbose",
        _ => "default",
    };
}
