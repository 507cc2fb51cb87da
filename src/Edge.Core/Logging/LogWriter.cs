using Edge.Core.Options;

namespace Edge.Core.Logging;

/// <summary>
/// Writes log lines to a stream from a thread of its own, so that a reader that stalls never stalls the server.
/// Lines wait in a buffer of fixed size; what does not fit is dropped, counted and reported.
/// </summary>
public sealed class LogWriter : IDisposable
{
    private const int BufferSize = 128 * 1024;

    private readonly Stream _output;
    private readonly LogLineFormatter _formatter;
    private readonly TimeProvider _clock;
    private readonly object _gate = new();
    private byte[] _pending = new byte[BufferSize];
    private byte[] _spare = new byte[BufferSize];
    private int _pendingLength;
    private long _lost;
    private bool _isWriting;
    private bool _isStarted;
    private bool _isClosed;

    /// <param name="output">Where lines go; disposed with the writer.</param>
    /// <param name="format">Text or one JSON object per line.</param>
    /// <param name="isJournal">Whether systemd's journal reads it: lines then begin with <c>&lt;priority&gt;</c> and bear no time (sd-daemon(3)).</param>
    /// <param name="clock">The clock of the time stamps.</param>
    public LogWriter(Stream output, LogFormat format, bool isJournal = false, TimeProvider? clock = null)
    {
        _output = output;
        _formatter = new LogLineFormatter(format, isJournal);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>A writer to standard error, in the journal's form if the journal reads it.</summary>
    public static LogWriter ToStandardError(LogFormat format)
    {
        LogWriter writer = new(Console.OpenStandardError(), format, IsReadByJournal());
        AppDomain.CurrentDomain.ProcessExit += (_, _) => writer.Flush(TimeSpan.FromSeconds(1));
        return writer;
    }

    /// <summary>Adds one line; never waits.</summary>
    public void Write(LogSeverity severity, string category, ReadOnlySpan<char> message, Exception? exception)
    {
        if (message.Length > LogText.MaximumLength)
        {
            message = message[..LogText.MaximumLength];
        }

        string trace = exception is null ? "" : Describe(exception, severity);
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            int needed = LogLineFormatter.MaximumSize(category.Length, message.Length, trace);
            if (needed > BufferSize - _pendingLength)
            {
                _lost++;
                return;
            }

            _pendingLength += _formatter.Format(_pending.AsSpan(_pendingLength), _clock.GetUtcNow(), severity, category, message, trace);
            if (!_isStarted)
            {
                _isStarted = true;
                new Thread(Run) { IsBackground = true, Name = "log" }.Start();
            }

            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Waits until all lines are written, or that long.</summary>
    /// <returns>Whether they are.</returns>
    public bool Flush(TimeSpan atMost)
    {
        long start = _clock.GetTimestamp();
        lock (_gate)
        {
            while (_pendingLength > 0 || _isWriting)
            {
                TimeSpan left = atMost - _clock.GetElapsedTime(start);
                if (left <= TimeSpan.Zero || !Monitor.Wait(_gate, left))
                {
                    return _pendingLength == 0 && !_isWriting;
                }
            }

            return true;
        }
    }

    public void Dispose()
    {
        Flush(TimeSpan.FromSeconds(1));
        lock (_gate)
        {
            _isClosed = true;
            Monitor.PulseAll(_gate);
            if (_isWriting)
            {
                return; // the stream is stalled; its thread disposes it when it comes back
            }
        }

        _output.Dispose();
    }

    private static bool IsReadByJournal()
    {
        // JOURNAL_STREAM is inherited by children whose standard error is something else: compare the inode (systemd.exec(5)).
        string? announced = Environment.GetEnvironmentVariable("JOURNAL_STREAM");
        int colon = announced?.IndexOf(':') ?? -1;
        return colon > 0 && new FileInfo("/proc/self/fd/2").LinkTarget == $"socket:[{announced![(colon + 1)..]}]";
    }

    private static string Describe(Exception exception, LogSeverity severity)
    {
        string text = severity == LogSeverity.Error ? exception.ToString() : $"{exception.GetType().Name}: {exception.Message}";
        return text.Length <= LogText.MaximumLength ? text : text[..LogText.MaximumLength];
    }

    private void Run()
    {
        while (true)
        {
            int length;
            lock (_gate)
            {
                _isWriting = false;
                Monitor.PulseAll(_gate);
                while (_pendingLength == 0 && !_isClosed)
                {
                    Monitor.Wait(_gate);
                }

                if (_isClosed)
                {
                    return;
                }

                ReportLost();
                (_pending, _spare) = (_spare, _pending);
                length = _pendingLength;
                _pendingLength = 0;
                _isWriting = true;
            }

            try
            {
                _output.Write(_spare.AsSpan(0, length));
                _output.Flush();
            }
            catch (IOException)
            {
                // The log is where failures are told; its own can only be counted.
                lock (_gate)
                {
                    _lost++;
                }
            }

            lock (_gate)
            {
                if (_isClosed)
                {
                    _output.Dispose();
                    return;
                }
            }
        }
    }

    private void ReportLost()
    {
        if (_lost == 0)
        {
            return;
        }

        string message = $"{_lost} log lines were lost: they came faster than they could be written";
        if (LogLineFormatter.MaximumSize(7, message.Length, "") <= BufferSize - _pendingLength)
        {
            _pendingLength += _formatter.Format(_pending.AsSpan(_pendingLength), _clock.GetUtcNow(), LogSeverity.Warning, "generic", message, "");
            _lost = 0;
        }
    }
}
