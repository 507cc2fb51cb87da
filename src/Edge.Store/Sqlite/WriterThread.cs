using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Store.Files;

namespace Edge.Store.Sqlite;

/// <summary>
/// The one thread that writes. Waiting requests share a transaction, each under its savepoint; bulk requests run in slices between
/// them. Only after the commit is anybody told.
/// </summary>
internal sealed class WriterThread : IDisposable
{
    private const int MaximumGroup = 128;

    /// <summary>Frames in the log after which it is copied into the index (4 KB each).</summary>
    private const int CheckpointFrames = 4000;

    private static readonly long BulkSlice = Stopwatch.Frequency / 50; // 20 ms
    private static readonly long BulkSliceUnderLoad = Stopwatch.Frequency / 200; // 5 ms

    private readonly Connection _connection;
    private readonly WriteSession _session;
    private readonly SpaceReserve _reserve;
    private readonly Action<IReadOnlyList<Guid>> _removed;
    private readonly Lock _gate = new();
    private readonly AutoResetEvent _wake = new(false);
    private readonly Thread _thread;
    private Queue<WriteRequest> _waiting = new();
    private readonly LinkedList<WriteRequest> _bulk = new();
    private bool _closed;
    private int _checkpointAt = CheckpointFrames;
    private long _heartbeat = Stopwatch.GetTimestamp();

    /// <param name="removed">Told after a commit which files have lost their rows.</param>
    public WriterThread(Connection connection, SpaceReserve reserve, Action<IReadOnlyList<Guid>> removed)
    {
        _connection = connection;
        _reserve = reserve;
        _removed = removed;
        connection.WatchLog();
        _session = new WriteSession(connection);
        _session.Load();
        _thread = new Thread(Serve, 1 << 20) { IsBackground = true, Name = "index-writer" };
        _thread.Start();
    }

    /// <summary>When the loop last turned or was idle (a <c>Stopwatch</c> time), for the watchdog.</summary>
    public long Heartbeat => Volatile.Read(ref _heartbeat);

    public Task<T> Write<TState, T>(TState state, Func<WriteSession, TState, T> body, CancellationToken cancellation, bool urgent = false)
    {
        WriteRequest<TState, T> request = new(state, body, urgent, cancellation);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _waiting.Enqueue(request);
        }

        _wake.Set();
        return request.Task;
    }

    public Task<TState> WriteBulk<TState>(TState state, Func<WriteSession, TState, long, bool> slice, CancellationToken cancellation, Action<TState>? rewind = null)
    {
        BulkRequest<TState> request = new(state, slice, rewind, cancellation);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _bulk.AddLast(request);
        }

        _wake.Set();
        return request.Task;
    }

    /// <summary>Finishes what waits, then ends the thread. The connection stays open.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
        }

        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Serve()
    {
        List<WriteRequest> group = new(MaximumGroup);
        while (true)
        {
            Volatile.Write(ref _heartbeat, Stopwatch.GetTimestamp());
            WriteRequest? bulk = null;
            bool closed;
            bool more;
            lock (_gate)
            {
                while (group.Count < MaximumGroup && _waiting.TryDequeue(out WriteRequest? request))
                {
                    group.Add(request);
                }

                if (_bulk.First is { } first)
                {
                    bulk = first.Value;
                    _bulk.RemoveFirst();
                }

                closed = _closed;
                more = _waiting.Count > 0;
            }

            group.RemoveAll(static r => r.TryCancel());
            if (group.Count > 0)
            {
                RunGroup(group);
            }

            if (bulk is not null && !bulk.TryCancel())
            {
                RunBulk(bulk, underLoad: group.Count > 0 || more);
            }

            if (group.Count == 0 && bulk is null)
            {
                if (closed)
                {
                    return;
                }

                if (!_wake.WaitOne(1000))
                {
                    _ = _reserve.Restore();
                }
            }
            else
            {
                CheckpointIfDue();
            }

            group.Clear();
        }
    }

    private void RunGroup(List<WriteRequest> group)
    {
        if (TryTransaction(group, out Exception? failure))
        {
            return;
        }

        if (group.Count == 1)
        {
            RunAgain(group, failure!);
            return;
        }

        // Whatever broke the transaction, one request's fault must not be the others'.
        List<WriteRequest> single = new(1);
        foreach (WriteRequest request in group)
        {
            single.Clear();
            single.Add(request);
            if (!TryTransaction(single, out failure))
            {
                RunAgain(single, failure!);
            }
        }
    }

    /// <summary>The last chance of a request that failed alone: the space reserve.</summary>
    private void RunAgain(List<WriteRequest> single, Exception failure)
    {
        if (!MayUseReserve(single[0], failure) || !TryTransaction(single, out failure!))
        {
            single[0].Fail(failure);
        }
    }

    private bool MayUseReserve(WriteRequest request, Exception failure) =>
        request.IsUrgent && failure is EdgeException { Code: ErrorCode.FullStorage } && _reserve.Release();

    /// <summary>Runs the requests in one transaction and commits. False: nothing of it is left, and nobody has been told.</summary>
    private bool TryTransaction(List<WriteRequest> group, out Exception? failure)
    {
        List<(WriteRequest Request, Exception Error)>? failed = null;
        failure = null;
        try
        {
            Execute("BEGIN IMMEDIATE");
            foreach (WriteRequest request in group)
            {
                if (group.Count == 1)
                {
                    request.Run(_session, long.MaxValue);
                    continue;
                }

                (Index.IndexTotals, int) mark = _session.Mark();
                Execute("SAVEPOINT request");
                try
                {
                    request.Run(_session, long.MaxValue);
                }
                catch (Exception e) when (_connection.InTransaction && !BreaksAll(e))
                {
                    Execute("ROLLBACK TO request");
                    _session.ReturnTo(mark);
                    (failed ??= []).Add((request, e));
                }

                Execute("RELEASE request");
            }

            Commit();
        }
        catch (Exception e)
        {
            Abandon();
            failure = e;
            return false;
        }

        foreach (WriteRequest request in group)
        {
            Exception? error = null;
            if (failed is not null)
            {
                foreach ((WriteRequest Request, Exception Error) entry in failed)
                {
                    error = ReferenceEquals(entry.Request, request) ? entry.Error : error;
                }
            }

            if (error is null)
            {
                request.Complete();
            }
            else
            {
                request.Fail(error);
            }
        }

        return true;
    }

    private void RunBulk(WriteRequest bulk, bool underLoad)
    {
        try
        {
            Execute("BEGIN IMMEDIATE");
            bool done = bulk.Run(_session, Stopwatch.GetTimestamp() + (underLoad ? BulkSliceUnderLoad : BulkSlice));
            Commit();
            Failpoint.Hit("index.bulk-slice");
            if (done)
            {
                bulk.Complete();
                return;
            }

            lock (_gate)
            {
                _bulk.AddLast(bulk);
            }
        }
        catch (Exception e)
        {
            Abandon();
            if (!MayUseReserve(bulk, e))
            {
                bulk.Fail(e);
                return;
            }

            bulk.Rewind();
            lock (_gate)
            {
                _bulk.AddLast(bulk);
            }
        }
    }

    private void Commit()
    {
        _session.BeforeCommit();
        Failpoint.Hit("index.before-commit");
        Execute("COMMIT");
        Failpoint.Hit("index.after-commit");
        if (_session.Removed.Count > 0)
        {
            _removed(_session.Removed.ToArray());
        }

        _session.AfterCommit();
    }

    private void Abandon()
    {
        try
        {
            if (_connection.InTransaction)
            {
                Execute("ROLLBACK");
            }

            _session.Load();
        }
        catch (EdgeException)
        {
            // The failure being handled is the one to report; the next transaction meets this one again.
            _session.Forget();
        }
    }

    private void CheckpointIfDue()
    {
        int frames = _connection.LogFrames;
        if (frames < _checkpointAt)
        {
            _checkpointAt = frames < CheckpointFrames ? CheckpointFrames : _checkpointAt;
            return;
        }

        // A reader may keep the log from starting anew: not a checkpoint per commit then.
        _checkpointAt = frames + (CheckpointFrames / 4);

        try
        {
            _ = _connection.Checkpoint(truncate: false);
        }
        catch (EdgeException)
        {
            // The log keeps everything; the next commit tries again, and reports what is wrong if it cannot write either.
        }
    }

    private void Execute(string sql)
    {
        using Statement statement = _connection.Prepare(sql);
        statement.Run();
    }

    /// <summary>Failures of the disk or the index: no request of the group can be trusted to have its rows.</summary>
    private static bool BreaksAll(Exception e) =>
        e is EdgeException { Code: ErrorCode.CannotWriteFile or ErrorCode.Database or ErrorCode.DatabaseUnavailable or ErrorCode.NotEnoughMemory }
        || (e is EdgeException { Code: ErrorCode.FullStorage } full && full.Message.Contains("SQLite", StringComparison.Ordinal));
}
