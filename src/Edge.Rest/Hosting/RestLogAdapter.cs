using Microsoft.Extensions.Logging;

namespace Edge.Rest.Hosting;

/// <summary>Hands Kestrel's log lines to <see cref="IRestLog"/>; its per-request chatter stays below the trace level.</summary>
internal sealed class RestLogAdapter(IRestLog log) : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning && log.IsEnabled(Translate(logLevel));

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            log.Write(Translate(logLevel), $"HTTP server: {formatter(state, exception)}", exception);
        }
    }

    public void Dispose()
    {
    }

    private static RestLogLevel Translate(LogLevel level) => level >= LogLevel.Error ? RestLogLevel.Error : RestLogLevel.Warning;
}
