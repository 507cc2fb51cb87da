using System.Collections.Concurrent;
using Edge.Store.Index;
using Edge.Core.Threads;

namespace Edge.Store.Sqlite;

/// <summary>Reader threads, and callers that only peek; each query on a connection of its own inside one read transaction: a consistent view that ends with the query, so that the log can be copied back.</summary>
internal sealed class ReaderPool : IDisposable
{
    private readonly ThreadCrew _crew;
    private readonly ConcurrentBag<Connection> _connections = [];
    private readonly Func<Connection> _open;
    private readonly TimeSpan _timeout;
    private readonly int _mostPeeks;
    private int _peeks;
    private volatile bool _closed;

    public ReaderPool(string path, int threads, int cacheBytes, TimeSpan timeout)
    {
        _open = () => Connection.Open(path, readOnly: true, create: false, cacheBytes);
        _timeout = timeout;
        _mostPeeks = threads;
        _crew = new ThreadCrew("index-reader", threads);
    }

    public ValueTask<T> ReadAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation) =>
        new(_crew.RunAsync((Pool: this, State: state, Query: query), static s => s.Pool.Read(s.State, s.Query), cancellation));

    /// <summary>Runs the query on the caller's thread while fewer callers than reader threads do so, else on a reader thread.</summary>
    public ValueTask<T> PeekAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation)
    {
        if (cancellation.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellation);
        }

        bool here = Interlocked.Increment(ref _peeks) <= _mostPeeks && !_closed;
        try
        {
            return here ? ValueTask.FromResult(Read(state, query)) : ReadAsync(state, query, cancellation);
        }
        catch (Exception e)
        {
            return ValueTask.FromException<T>(e);
        }
        finally
        {
            Interlocked.Decrement(ref _peeks);
        }
    }

    /// <summary>Runs outside a transaction and without time bound: checks and copies.</summary>
    public ValueTask<T> RunAsync<TState, T>(TState state, Func<Connection, TState, T> work, CancellationToken cancellation) =>
        new(_crew.RunAsync((Pool: this, State: state, Work: work), static s =>
        {
            Connection db = s.Pool.Take();
            try
            {
                db.Bound(null);
                return s.Work(db, s.State);
            }
            finally
            {
                s.Pool._connections.Add(db);
            }
        }, cancellation));

    public void Dispose()
    {
        // Who peeks counts himself before he looks whether it is closed.
        _closed = true;
        Interlocked.MemoryBarrier();
        SpinWait.SpinUntil(() => Volatile.Read(ref _peeks) == 0);
        _crew.Dispose();
        while (_connections.TryTake(out Connection? connection))
        {
            connection.Dispose();
        }
    }

    private Connection Take() => _connections.TryTake(out Connection? db) ? db : _open();

    private T Read<TState, T>(TState state, Func<IIndexReader, TState, T> query)
    {
        Connection db = Take();
        try
        {
            db.Bound(_timeout);
            Execute(db, "BEGIN");
            try
            {
                return query(new SqliteReader(db), state);
            }
            finally
            {
                db.Bound(null);
                Execute(db, "COMMIT");
            }
        }
        finally
        {
            _connections.Add(db);
        }
    }

    private static void Execute(Connection db, string sql)
    {
        using Statement statement = db.Prepare(sql);
        statement.Run();
    }
}
