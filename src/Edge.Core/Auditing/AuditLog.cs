using System.Buffers;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Metrics;
using Edge.Core.Options;

namespace Edge.Core.Auditing;

/// <summary>
/// Who read, changed, deleted and sent what, as JSON lines in files that are rotated. Nobody waits for it: entries queue for a thread of its own, and
/// what does not fit, or cannot be written, is counted (<c>edge_audit_lost_total</c>) and said in the log.
/// </summary>
public sealed class AuditLog : IDisposable
{
    private const int Capacity = 16 * 1024;
    private const int Batch = 512;
    private readonly object _gate = new();
    private readonly Queue<(DateTimeOffset At, AuditEntry Entry)> _queue = new();
    private readonly ArrayBufferWriter<byte> _lines = new(64 * 1024);
    private readonly AuditFile _file;
    private readonly TimeProvider _time;
    private readonly Thread _thread;
    private long _lost;
    private long _written;
    private long _told;
    private bool _closed;

    /// <exception cref="EdgeException">CannotWriteFile: the file cannot be opened.</exception>
    public AuditLog(AuditOptions options, MetricsRegistry? metrics = null, TimeProvider? time = null)
        : this(options.File ?? throw new ArgumentException("no file", nameof(options)), options.MaximumMB * 1024L * 1024, options.Files, metrics, time)
    {
    }

    internal AuditLog(string path, long maximum, int files, MetricsRegistry? metrics = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        try
        {
            _file = new AuditFile(path, maximum, files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.CannotWriteFile, $"The audit log {path} (Edge.Audit.File) cannot be opened: {e.Message}", e);
        }

        metrics?.Gauge("edge_audit_written_total", () => Written);
        metrics?.Gauge("edge_audit_lost_total", () => Lost);
        _thread = new Thread(Serve, 256 << 10) { IsBackground = true, Name = "audit" };
        _thread.Start();
    }

    /// <summary>Entries that were not written.</summary>
    public long Lost => Interlocked.Read(ref _lost);

    public long Written => Interlocked.Read(ref _written);

    /// <summary>The log that the options ask for; null for none.</summary>
    public static AuditLog? Open(AuditOptions options, MetricsRegistry? metrics = null) => string.IsNullOrEmpty(options.File) ? null : new AuditLog(options, metrics);

    /// <summary>Queues an entry. Never waits and never throws.</summary>
    public void Write(in AuditEntry entry)
    {
        lock (_gate)
        {
            if (_closed || _queue.Count >= Capacity)
            {
                Interlocked.Increment(ref _lost);
                return;
            }

            _queue.Enqueue((_time.GetUtcNow(), entry));
            if (_queue.Count == 1)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    /// <summary>Writes what is queued, and ends.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
        _file.Dispose();
    }

    private void Serve()
    {
        List<(DateTimeOffset At, AuditEntry Entry)> batch = new(Batch);
        while (Take(batch))
        {
            _lines.ResetWrittenCount();
            foreach ((DateTimeOffset at, AuditEntry entry) in batch)
            {
                Format(at, entry);
            }

            try
            {
                _file.Append(_lines.WrittenSpan);
                Interlocked.Add(ref _written, batch.Count);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Interlocked.Add(ref _lost, batch.Count);
                Log.Generic.Error("the audit log cannot be written", e);
            }

            TellLoss();
        }
    }

    /// <summary>Waits for entries. False: there will be none.</summary>
    private bool Take(List<(DateTimeOffset At, AuditEntry Entry)> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (_queue.Count == 0)
            {
                if (_closed)
                {
                    return false;
                }

                Monitor.Wait(_gate);
            }

            while (batch.Count < Batch && _queue.TryDequeue(out var next))
            {
                batch.Add(next);
            }

            return true;
        }
    }

    private void TellLoss()
    {
        long lost = Lost;
        if (lost > _told)
        {
            Log.Generic.Error($"{lost - _told} entries of the audit log were lost");
            _told = lost;
        }
    }

    private void Format(DateTimeOffset at, in AuditEntry entry)
    {
        using (Utf8JsonWriter json = new(_lines))
        {
            json.WriteStartObject();
            json.WriteString("time"u8, at.UtcDateTime);
            json.WriteString("action"u8, NameOf(entry.Action));
            json.WriteString("actor"u8, entry.Actor);
            json.WriteString("address"u8, entry.Address);
            json.WriteString("operation"u8, entry.Operation);
            json.WriteString("subject"u8, entry.Subject);
            if (entry.Peer.Length > 0)
            {
                json.WriteString("peer"u8, entry.Peer);
            }

            json.WriteString("outcome"u8, entry.Outcome);
            json.WriteEndObject();
        }

        _lines.Write("\n"u8);
    }

    private static string NameOf(AuditAction action) => action switch
    {
        AuditAction.Read => "read",
        AuditAction.Query => "query",
        AuditAction.Receive => "receive",
        AuditAction.Change => "change",
        AuditAction.Delete => "delete",
        _ => "send",
    };
}
