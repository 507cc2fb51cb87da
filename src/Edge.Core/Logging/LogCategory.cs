using System.Runtime.CompilerServices;

namespace Edge.Core.Logging;

/// <summary>
/// A topic of the log whose level is switched on its own, at run time. Interpolated messages cost nothing while their severity is off:
/// <c>Log.Http.Trace($"{method} {path}")</c> evaluates neither.
/// </summary>
public sealed class LogCategory
{
    private volatile int _level;

    internal LogCategory(string name) => Name = name;

    /// <summary>The name in <c>/tools/log-level-{name}</c> and <c>--verbose-{name}</c>.</summary>
    public string Name { get; }

    public LogLevel Level
    {
        get => (LogLevel)_level;
        set => _level = (int)value;
    }

    /// <summary>Whether a message of that severity is written.</summary>
    public bool IsEnabled(LogSeverity severity) => severity switch
    {
        LogSeverity.Error or LogSeverity.Warning => true,
        LogSeverity.Info => _level >= (int)LogLevel.Verbose,
        _ => _level >= (int)LogLevel.Trace,
    };

    /// <summary>Something failed that somebody must look at.</summary>
    public void Error(string message, Exception? exception = null) => Write(LogSeverity.Error, message, exception);

    /// <summary>Something is odd; the server goes on.</summary>
    public void Warning(string message, Exception? exception = null) => Write(LogSeverity.Warning, message, exception);

    /// <summary>What is done; from level verbose.</summary>
    public void Info(string message) => Write(LogSeverity.Info, message, null);

    /// <inheritdoc cref="Info(string)"/>
    public void Info([InterpolatedStringHandlerArgument("")] ref InfoText text) => Finish(LogSeverity.Info, ref text.Text);

    /// <summary>Every detail; from level trace. The only severity that may name patients.</summary>
    public void Trace(string message) => Write(LogSeverity.Trace, message, null);

    /// <inheritdoc cref="Trace(string)"/>
    public void Trace([InterpolatedStringHandlerArgument("")] ref TraceText text) => Finish(LogSeverity.Trace, ref text.Text);

    /// <summary>Writes one message if its severity is on: for adapters of other logging interfaces.</summary>
    public void Write(LogSeverity severity, ReadOnlySpan<char> message, Exception? exception)
    {
        if (IsEnabled(severity))
        {
            Log.Writer.Write(severity, Name, message, exception);
        }
    }

    private void Finish(LogSeverity severity, ref LogText text)
    {
        if (text.IsEnabled)
        {
            Log.Writer.Write(severity, Name, text.Written, null);
            text.Free();
        }
    }
}
