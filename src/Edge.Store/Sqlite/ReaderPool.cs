using System.Collections.Concurrent;
using Edge.Store.Index;
using Edge.Core.Threads;

namespace Edge.Store.Sqlite;

/// <summary>Reader threads, each query on a connection of its own inside one read transaction: a consistent view that ends with the query, so that the log can be copied back.</summary>
internal sealed class ReaderPool : IDisposable
{
    private readonly ThreadCrew _crew;
    private readonly ConcurrentBag<Connection> _connections = [];
    private readonly Func<Connection> _open;
    private readonly TimeSpan _timeout;

    public ReaderPool(string path, int threads, int cacheBytes, TimeSpan timeout)
    {
        _open = () => Connection.Open(path, readOnly: true, create: false, cacheBytes);
        _timeout = timeout;
        _crew = new ThreadCrew("index-reader", threads);
    }

    public ValueTask<T> ReadAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation, bool continuesHere = false) =>
        new(_crew.RunAsync((Pool: this, State: state, Query: query), static s => s.Pool.Read(s.State, s.Query), cancellation, continuesHere));

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
