using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>The rows of the outbox.</summary>
internal static class OutboxTable
{
    public const string Columns =
        "o.id,o.instance,r.public_id,o.series,o.kind,o.destination,o.rule,o.priority,o.state,o.attempts,o.last_status,o.reason,o.created,o.not_before,o.updated";

    /// <summary>Rows looked at per claim, so that a backlog of one busy series does not hold up the writer.</summary>
    private const int MaximumLooked = 4096;

    /// <summary>False: there is a row for that destination already.</summary>
    public static bool Insert(Connection db, OutboxRequest request, long instance, long series, long patient, long now)
    {
        using Statement insert = db.Prepare("""
            INSERT OR IGNORE INTO outbox(instance,series,patient,kind,destination,rule,priority,state,attempts,last_status,reason,created,not_before,updated)
            VALUES(?1,?2,?3,?4,?5,?6,?7,0,0,0,'',?8,?9,?8)
            """);
        insert.Bind(1, instance).Bind(2, series).Bind(3, patient).Bind(4, request.Kind).Bind(5, request.Destination).Bind(6, request.Rule)
            .Bind(7, request.Priority).Bind(8, now).Bind(9, request.NotBefore?.ToUnixTimeMilliseconds() ?? now).Run();
        return db.Changes > 0;
    }

    /// <summary>The same for an instance whose parents are looked up.</summary>
    public static bool InsertFor(Connection db, OutboxRequest request, long instance, long now)
    {
        long series, patient;
        using (Statement read = db.Prepare("SELECT i.parent,t.parent FROM resources i JOIN resources s ON s.id=i.parent JOIN resources t ON t.id=s.parent WHERE i.id=?1 AND i.level=4"))
        {
            if (!read.Bind(1, instance).Step())
            {
                return false;
            }

            (series, patient) = (read.Integer(0), read.Integer(1));
        }

        return Insert(db, request, instance, series, patient, now);
    }

    /// <summary>A delivered row of that destination becomes pending again (rules that forward repeats); one that is open stays as it is.</summary>
    public static void Renew(Connection db, OutboxRequest request, long instance, long now)
    {
        using Statement update = db.Prepare("UPDATE outbox SET state=0,attempts=0,last_status=0,reason='',rule=?3,priority=?4,created=?5,not_before=?5,updated=?5 WHERE instance=?1 AND destination=?2 AND state=3");
        update.Bind(1, instance).Bind(2, request.Destination).Bind(3, request.Rule).Bind(4, request.Priority).Bind(5, now).Run();
    }

    public static OutboxRow Read(Statement row) => new(row.Integer(0), row.Integer(1), PublicId.Format(row.Span(2)), row.Integer(3), row.Text(4), row.Text(5), row.Text(6),
        row.Int32(7), (OutboxState)row.Int32(8), row.Int32(9), row.Int32(10), row.Text(11),
        DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(12)), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(13)), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(14)));

    public static IReadOnlyList<OutboxRow> Claim(Connection db, string destination, long now, int limit, HashSet<long> busySeries)
    {
        List<OutboxRow> claimed = [];
        if (limit <= 0)
        {
            return claimed;
        }

        // Series with a row in flight keep their order: nothing later of them starts. A row that waits for its time delays only itself.
        HashSet<long> busy = [.. busySeries];
        using (Statement sending = db.Prepare("SELECT DISTINCT series FROM outbox WHERE destination=?1 AND state=1"))
        {
            sending.Bind(1, destination);
            while (sending.Step())
            {
                busy.Add(sending.Integer(0));
            }
        }

        using (Statement due = db.Prepare($"SELECT {Columns} FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.state=0 AND o.not_before<=?2 ORDER BY o.priority DESC,o.id"))
        {
            due.Bind(1, destination).Bind(2, now);
            for (int looked = 0; claimed.Count < limit && looked < MaximumLooked && due.Step(); looked++)
            {
                if (!busy.Contains(due.Integer(3)))
                {
                    claimed.Add(Read(due) with { State = OutboxState.Sending });
                }
            }
        }

        using Statement mark = db.Prepare("UPDATE outbox SET state=1,attempts=attempts+1,updated=?2 WHERE id=?1");
        for (int i = 0; i < claimed.Count; i++)
        {
            mark.Bind(1, claimed[i].Id).Bind(2, now).Run();
            claimed[i] = claimed[i] with { Attempts = claimed[i].Attempts + 1 };
        }

        return claimed;
    }

    public static bool Settle(Connection db, IReadOnlyList<OutboxResult> results, long now)
    {
        using Statement update = db.Prepare("UPDATE outbox SET state=?2,last_status=?3,reason=?4,not_before=?5,updated=?6 WHERE id=?1");
        foreach (OutboxResult result in results)
        {
            update.Bind(1, result.Id).Bind(2, (long)result.State).Bind(3, result.LastStatus).Bind(4, result.Reason)
                .Bind(5, result.NotBefore.ToUnixTimeMilliseconds()).Bind(6, now).Run();
        }

        return true;
    }

    public static long Retry(Connection db, string destination, long? id, OutboxState state, long now)
    {
        using Statement update = db.Prepare("UPDATE outbox SET state=0,not_before=?4,updated=?4 WHERE destination=?1 AND state=?2 AND (?3 IS NULL OR id=?3) AND state<>3");
        update.Bind(1, destination).Bind(2, (long)state).Bind(3, id).Bind(4, now).Run();
        return db.Changes;
    }

    public static IReadOnlyList<SettledOutbox> Drop(Connection db, string destination, long? id, OutboxState state)
    {
        List<SettledOutbox> dropped = [];
        using (Statement read = db.Prepare("SELECT o.id,r.public_id FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.state=?2 AND (?3 IS NULL OR o.id=?3) AND o.state<>3"))
        {
            read.Bind(1, destination).Bind(2, (long)state).Bind(3, id);
            while (read.Step())
            {
                dropped.Add(new SettledOutbox(read.Integer(0), PublicId.Format(read.Span(1)), destination, state));
            }
        }

        using Statement remove = db.Prepare("DELETE FROM outbox WHERE id=?1");
        foreach (SettledOutbox row in dropped)
        {
            remove.Bind(1, row.Id).Run();
        }

        return dropped;
    }

    /// <summary>What a former run had in flight is to be sent again.</summary>
    public static void Reset(Connection db)
    {
        using Statement update = db.Prepare("UPDATE outbox SET state=0 WHERE state=1");
        update.Run();
    }
}
