using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>The rows of the outbox.</summary>
internal static class OutboxTable
{
    public const string Columns =
        "o.id,o.instance,r.public_id,o.series,o.kind,o.destination,o.rule,o.priority,o.state,o.attempts,o.last_status,o.reason,o.created,o.not_before,o.updated";

    /// <summary>Rows of a state, oldest first: destination, state, after which id, how many.</summary>
    public const string ListSql = $"SELECT {Columns} FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.state=?2 AND o.id>?3 ORDER BY o.id LIMIT ?4";

    /// <summary>Delivered rows by the time of their confirmation: destination, after which time and id, until when, how many.</summary>
    public const string DeliveredSql = $"SELECT {Columns} FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.state=3 AND (o.updated,o.id)>(?2,?3) AND o.updated<=?4 ORDER BY o.updated,o.id LIMIT ?5";

    /// <summary>Series whose head is due, the next to be sent first.</summary>
    public const string LinesSql = "SELECT series FROM outbox_lines WHERE destination=?1 ORDER BY priority DESC,head";

    /// <summary>Due rows of a series in their order: destination, series, how many.</summary>
    public const string DueSql = $"SELECT {Columns} FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.destination=?1 AND o.series=?2 AND o.state=0 AND o.not_before=0 ORDER BY o.priority DESC,o.id LIMIT ?3";

    public const string HeadSql = "SELECT priority,id FROM outbox WHERE destination=?1 AND series=?2 AND state=0 AND not_before=0 ORDER BY priority DESC,id LIMIT 1";

    public const string SendingSql = "SELECT series FROM outbox WHERE destination=?1 AND state=1";

    /// <summary>Rows whose time has come: destination, now, how many.</summary>
    public const string LaterSql = "SELECT id FROM outbox WHERE destination=?1 AND state=0 AND not_before>0 AND not_before<=?2 ORDER BY not_before LIMIT ?3";

    public const string OldestSql = "SELECT created FROM outbox WHERE destination=?1 AND state=?2 ORDER BY id LIMIT 1";

    /// <summary>Rows that become due in one claim: after an outage of the destination's disk it may be all, and the writer has other things to do.</summary>
    private const int MaximumPromoted = 256;

    /// <summary>False: there is a row for that destination already.</summary>
    public static bool Insert(Connection db, OutboxRequest request, long instance, long series, long patient, long now)
    {
        using Statement insert = db.Prepare("""
            INSERT INTO outbox(instance,series,patient,kind,destination,rule,priority,state,attempts,last_status,reason,created,not_before,updated)
            VALUES(?1,?2,?3,?4,?5,?6,?7,0,0,0,'',?8,?9,?8) ON CONFLICT(instance,destination) DO NOTHING
            """);
        insert.Bind(1, instance).Bind(2, series).Bind(3, patient).Bind(4, request.Kind).Bind(5, request.Destination).Bind(6, request.Rule)
            .Bind(7, request.Priority).Bind(8, now).Bind(9, Due(request.NotBefore, now)).Run();
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

    /// <summary>A delivered row of that destination, be it committed or not, is replaced by one that waits, at the end of its series (rules that forward repeats); one that is open stays as it is.</summary>
    public static void Renew(Connection db, OutboxRequest request, long instance, long now)
    {
        using Statement remove = db.Prepare("DELETE FROM outbox WHERE instance=?1 AND destination=?2 AND state IN(3,4)");
        remove.Bind(1, instance).Bind(2, request.Destination).Run();
        if (db.Changes > 0)
        {
            InsertFor(db, request, instance, now);
        }
    }

    public static OutboxRow Read(Statement row) => new(row.Integer(0), row.Integer(1), PublicId.Format(row.Span(2)), row.Integer(3), row.Text(4), row.Text(5), row.Text(6),
        row.Int32(7), (OutboxState)row.Int32(8), row.Int32(9), row.Int32(10), row.Text(11),
        DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(12)), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(13) is var from and not 0 ? from : row.Integer(12)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(14)));

    /// <summary>Backlog per destination, sorted by name.</summary>
    public static List<OutboxCounts> Counts(Connection db)
    {
        SortedDictionary<string, OutboxCounts> counts = new(StringComparer.Ordinal);
        using (Statement read = db.Prepare("SELECT destination,state,rows FROM outbox_counts WHERE rows>0"))
        {
            while (read.Step())
            {
                string destination = read.Text(0);
                OutboxCounts at = counts.GetValueOrDefault(destination) ?? new OutboxCounts(destination, 0, 0, 0, 0, null);
                long rows = read.Integer(2);
                counts[destination] = (OutboxState)read.Int32(1) switch
                {
                    OutboxState.Pending => at with { Pending = rows },
                    OutboxState.Sending => at with { Sending = rows },
                    OutboxState.Parked => at with { Parked = rows },
                    OutboxState.Uncommitted => at with { Uncommitted = rows },
                    _ => at with { Delivered = rows },
                };
            }
        }

        return [.. counts.Values.Select(at => at with { OldestOpen = Oldest(db, at) })];
    }

    public static IReadOnlyList<OutboxRow> Claim(Connection db, string destination, long now, int limit, HashSet<long> busySeries)
    {
        List<OutboxRow> claimed = [];
        if (limit <= 0)
        {
            return claimed;
        }

        Promote(db, destination, now);

        // Series with a row in flight keep their order: nothing later of them starts. A row that waits for its time delays only itself.
        HashSet<long> busy = [.. busySeries];
        using (Statement sending = db.Prepare(SendingSql))
        {
            sending.Bind(1, destination);
            while (sending.Step())
            {
                busy.Add(sending.Integer(0));
            }
        }

        List<long> taken = [];
        using (Statement lines = db.Prepare(LinesSql))
        {
            lines.Bind(1, destination);
            while (claimed.Count < limit && lines.Step())
            {
                long series = lines.Integer(0);
                if (busy.Contains(series))
                {
                    continue;
                }

                taken.Add(series);
                using Statement due = db.Prepare(DueSql);
                due.Bind(1, destination).Bind(2, series).Bind(3, limit - claimed.Count);
                while (due.Step())
                {
                    claimed.Add(Read(due) with { State = OutboxState.Sending });
                }
            }
        }

        using (Statement mark = db.Prepare("UPDATE outbox SET state=1,attempts=attempts+1,updated=?2 WHERE id=?1"))
        {
            for (int i = 0; i < claimed.Count; i++)
            {
                mark.Bind(1, claimed[i].Id).Bind(2, now).Run();
                claimed[i] = claimed[i] with { Attempts = claimed[i].Attempts + 1 };
            }
        }

        foreach (long series in taken)
        {
            MoveHead(db, destination, series);
        }

        return claimed;
    }

    public static bool Settle(Connection db, IReadOnlyList<OutboxResult> results, long now)
    {
        using Statement update = db.Prepare("UPDATE outbox SET state=?2,last_status=?3,reason=?4,not_before=?5,updated=?6 WHERE id=?1");
        foreach (OutboxResult result in results)
        {
            update.Bind(1, result.Id).Bind(2, (long)result.State).Bind(3, result.LastStatus).Bind(4, result.Reason)
                .Bind(5, Due(result.NotBefore, now)).Bind(6, now).Run();
        }

        return true;
    }

    /// <summary>Whether an instance has a row that is not delivered.</summary>
    public static bool IsOwed(Connection db, long instance)
    {
        using Statement read = db.Prepare("SELECT 1 FROM outbox WHERE instance=?1 AND state<>3 LIMIT 1");
        return read.Bind(1, instance).Step();
    }

    /// <summary>What a former run had in flight is to be sent again.</summary>
    public static void Reset(Connection db)
    {
        List<string> destinations = [];
        using (Statement read = db.Prepare("SELECT destination FROM outbox_counts WHERE state=1 AND rows>0"))
        {
            while (read.Step())
            {
                destinations.Add(read.Text(0));
            }
        }

        using Statement update = db.Prepare("UPDATE outbox SET state=0,not_before=0 WHERE destination=?1 AND state=1");
        foreach (string destination in destinations)
        {
            update.Bind(1, destination).Run();
        }
    }

    /// <summary>What is kept in <c>not_before</c>.</summary>
    private static long Due(DateTimeOffset? from, long now) => from?.ToUnixTimeMilliseconds() is { } time && time > now ? time : 0;

    private static void Promote(Connection db, string destination, long now)
    {
        List<long> due = [];
        using (Statement later = db.Prepare(LaterSql))
        {
            later.Bind(1, destination).Bind(2, now).Bind(3, MaximumPromoted);
            while (later.Step())
            {
                due.Add(later.Integer(0));
            }
        }

        using Statement promote = db.Prepare("UPDATE outbox SET not_before=0 WHERE id=?1");
        foreach (long id in due)
        {
            promote.Bind(1, id).Run();
        }
    }

    /// <summary>After rows of a series were taken: its line waits for the next one, or ends.</summary>
    private static void MoveHead(Connection db, string destination, long series)
    {
        long priority, head;
        using (Statement next = db.Prepare(HeadSql))
        {
            if (!next.Bind(1, destination).Bind(2, series).Step())
            {
                using Statement end = db.Prepare("DELETE FROM outbox_lines WHERE destination=?1 AND series=?2");
                end.Bind(1, destination).Bind(2, series).Run();
                return;
            }

            (priority, head) = (next.Integer(0), next.Integer(1));
        }

        using Statement move = db.Prepare("UPDATE outbox_lines SET priority=?3,head=?4 WHERE destination=?1 AND series=?2");
        move.Bind(1, destination).Bind(2, series).Bind(3, priority).Bind(4, head).Run();
    }

    /// <summary>Since when the oldest undelivered row waits; ids are given in the order of arrival.</summary>
    private static DateTimeOffset? Oldest(Connection db, OutboxCounts at)
    {
        long oldest = long.MaxValue;
        foreach ((OutboxState state, long rows) in new[] { (OutboxState.Pending, at.Pending), (OutboxState.Sending, at.Sending) })
        {
            if (rows > 0)
            {
                using Statement read = db.Prepare(OldestSql);
                oldest = read.Bind(1, at.Destination).Bind(2, (long)state).Step() ? Math.Min(oldest, read.Integer(0)) : oldest;
            }
        }

        return oldest == long.MaxValue ? null : DateTimeOffset.FromUnixTimeMilliseconds(oldest);
    }
}
