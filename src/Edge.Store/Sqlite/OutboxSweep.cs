using System.Diagnostics;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>Makes rows due or drops them at the word of an operator, in slices: it may be the whole backlog, and instances are received meanwhile.</summary>
/// <param name="id">One row; null for all in the state.</param>
/// <param name="state">Pending, parked or uncommitted; nothing is done to others.</param>
internal sealed class OutboxSweep(string destination, long? id, OutboxState state, bool isRetry)
{
    private const int Slice = 100;

    /// <summary>Rows in a state after an id: destination, state, id, how many.</summary>
    public const string Sql = "SELECT o.id,r.public_id FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.state=?2 AND o.id>?3 ORDER BY o.id LIMIT ?4";

    private readonly List<SettledOutbox> _dropped = [];
    private long _after = id is { } one ? one - 1 : 0;
    private (long After, long Count, int Dropped) _before;

    /// <summary>Rows that were made due.</summary>
    public long Count { get; private set; }

    public IReadOnlyList<SettledOutbox> Dropped => _dropped;

    /// <summary>Goes on until the deadline. True: done.</summary>
    public bool Run(WriteSession session, long deadline)
    {
        if (state is not (OutboxState.Pending or OutboxState.Parked or OutboxState.Uncommitted))
        {
            return true;
        }

        _before = (_after, Count, _dropped.Count);
        long now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        while (true)
        {
            List<SettledOutbox> rows = Next(session.Db);
            foreach (SettledOutbox row in rows)
            {
                Apply(session.Db, row, now);
            }

            if (id is not null || rows.Count < Slice)
            {
                return true;
            }

            _after = rows[^1].Id;
            if (Stopwatch.GetTimestamp() > deadline)
            {
                return false;
            }
        }
    }

    /// <summary>The last slice was rolled back: its rows are as they were.</summary>
    public void Rewind()
    {
        (_after, Count) = (_before.After, _before.Count);
        _dropped.RemoveRange(_before.Dropped, _dropped.Count - _before.Dropped);
    }

    private List<SettledOutbox> Next(Connection db)
    {
        List<SettledOutbox> rows = [];
        using Statement read = db.Prepare(Sql);
        read.Bind(1, destination).Bind(2, (long)state).Bind(3, _after).Bind(4, id is null ? Slice : 1);
        while (read.Step())
        {
            if (id is null || read.Integer(0) == id)
            {
                rows.Add(new SettledOutbox(read.Integer(0), PublicId.Format(read.Span(1)), destination, state));
            }
        }

        return rows;
    }

    private void Apply(Connection db, SettledOutbox row, long now)
    {
        if (isRetry)
        {
            using Statement update = db.Prepare("UPDATE outbox SET state=0,not_before=0,updated=?2 WHERE id=?1");
            update.Bind(1, row.Id).Bind(2, now).Run();
            Count++;
        }
        else
        {
            using Statement remove = db.Prepare("DELETE FROM outbox WHERE id=?1");
            remove.Bind(1, row.Id).Run();
            _dropped.Add(row);
        }
    }
}
