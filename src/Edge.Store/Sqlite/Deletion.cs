using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>Removes resources with all that belongs to them. Their files go onto the deletion list of the same transaction.</summary>
internal static class Deletion
{
    /// <summary>Removes a resource, all below it, and the parents left without children.</summary>
    /// <param name="touched">The second to write as <c>LastUpdate</c> of the surviving parents; 0: leave it.</param>
    /// <returns>The closest ancestor that remains.</returns>
    public static (ResourceLevel Level, string PublicId)? Run(WriteSession session, long id, List<DeletedResource> deleted, List<SettledOutbox> settled, long touched)
    {
        session.Forget();
        long parent = Subtree(session, id, deleted, settled);
        while (parent != 0)
        {
            using (Statement child = session.Db.Prepare("SELECT 1 FROM resources WHERE parent=?1 LIMIT 1"))
            {
                if (child.Bind(1, parent).Step())
                {
                    break;
                }
            }

            parent = Subtree(session, parent, deleted, settled);
        }

        (ResourceLevel, string)? remaining = null;
        for (long at = parent; at != 0;)
        {
            using Statement read = session.Db.Prepare("SELECT parent,level,public_id FROM resources WHERE id=?1");
            if (!read.Bind(1, at).Step())
            {
                break;
            }

            remaining ??= ((ResourceLevel)read.Int32(1), PublicId.Format(read.Span(2)));
            long next = read.Integer(0);
            read.Dispose();
            if (touched != 0)
            {
                using Statement touch = session.Db.Prepare("UPDATE resources SET last_update=?2 WHERE id=?1 AND last_update<>0");
                touch.Bind(1, at).Bind(2, touched).Run();
            }

            at = next;
        }

        return remaining;
    }

    /// <summary>Puts the files of a resource onto the deletion list and removes their rows.</summary>
    public static void RemoveAttachments(WriteSession session, long resource, int? type)
    {
        if (type is { } one)
        {
            RemoveAttachments(session, "resource=?1 AND type=?2", resource, one);
        }
        else
        {
            RemoveAttachments(session, "resource=?1", resource);
        }
    }

    private static void RemoveAttachments(WriteSession session, string which, long id, int? type = null)
    {
        int before = session.Removed.Count;
        using (Statement read = Bound("SELECT uuid,plain_size,logical_size,stored_size FROM attachments WHERE "))
        {
            while (read.Step())
            {
                session.Removed.Add(new Guid(read.Span(0), bigEndian: true));
                session.Count(-read.Integer(1), -read.Integer(2), -read.Integer(3));
            }
        }

        if (session.Removed.Count > before)
        {
            Bound("INSERT OR IGNORE INTO deletions(uuid) SELECT uuid FROM attachments WHERE ").Run();
            Bound("DELETE FROM attachments WHERE ").Run();
        }

        Statement Bound(string sql)
        {
            Statement statement = session.Db.Prepare(sql + which).Bind(1, id);
            return type is { } given ? statement.Bind(2, given) : statement;
        }
    }

    /// <summary>Puts one file onto the deletion list.</summary>
    public static void RemoveFile(WriteSession session, Guid file)
    {
        Span<byte> uuid = stackalloc byte[16];
        file.TryWriteBytes(uuid, bigEndian: true, out _);
        using Statement insert = session.Db.Prepare("INSERT OR IGNORE INTO deletions(uuid) VALUES(?1)");
        insert.BindBlob(1, uuid).Run();
        session.Removed.Add(file);
    }

    /// <summary>Removes a resource and all below it, deepest first; returns its parent.</summary>
    private static long Subtree(WriteSession session, long root, List<DeletedResource> deleted, List<SettledOutbox> settled)
    {
        List<(long Id, long Parent, ResourceLevel Level)> all = [];
        using (Statement read = session.Db.Prepare("SELECT parent,level FROM resources WHERE id=?1"))
        {
            if (!read.Bind(1, root).Step())
            {
                return 0;
            }

            all.Add((root, read.Integer(0), (ResourceLevel)read.Int32(1)));
        }

        for (int i = 0; i < all.Count; i++)
        {
            if (all[i].Level >= ResourceLevel.Series)
            {
                continue;
            }

            using Statement children = session.Db.Prepare("SELECT id FROM resources WHERE parent=?1");
            children.Bind(1, all[i].Id);
            while (children.Step())
            {
                all.Add((children.Integer(0), all[i].Id, all[i].Level + 1));
            }
        }

        for (int i = all.Count - 1; i >= 0; i--)
        {
            if (all[i].Level == ResourceLevel.Series)
            {
                InstancesOf(session, all[i].Id, deleted, settled);
            }

            One(session, all[i].Id, all[i].Level, deleted, settled);
        }

        Failpoint.Hit("index.deleted");
        return all[0].Parent;
    }

    /// <summary>Removes all instances of a series: a few statements for all of them, where <see cref="One"/> takes ten for each.</summary>
    private static void InstancesOf(WriteSession session, long series, List<DeletedResource> deleted, List<SettledOutbox> settled)
    {
        const string Those = "(SELECT id FROM resources WHERE parent=?1)";
        Connection db = session.Db;
        List<(long Id, string PublicId)> instances = [];
        using (Statement read = db.Prepare("SELECT id,public_id,tags,patient_tags FROM resources WHERE parent=?1 ORDER BY id"))
        {
            read.Bind(1, series);
            while (read.Step())
            {
                long id = read.Integer(0);
                instances.Add((id, PublicId.Format(read.Span(1))));
                Identifiers.Remove(db, ResourceLevel.Instance, id, new PackedTags(read.Bytes(2)));
                Identifiers.Remove(db, ResourceLevel.Instance, id, new PackedTags(read.Bytes(3)));
            }
        }

        if (instances.Count == 0)
        {
            return;
        }

        RemoveAttachments(session, "resource IN " + Those, series);
        Execute(db, "DELETE FROM labels WHERE resource IN " + Those, series);
        Execute(db, "DELETE FROM changes WHERE resource IN " + Those, series);
        bool isQueued;
        using (Statement read = db.Prepare("SELECT 1 FROM outbox WHERE instance IN " + Those + " LIMIT 1"))
        {
            isQueued = read.Bind(1, series).Step();
        }

        for (int i = instances.Count - 1; i >= 0; i--)
        {
            if (isQueued)
            {
                Settle(db, instances[i].Id, instances[i].PublicId, settled);
            }

            deleted.Add(new DeletedResource(ResourceLevel.Instance, instances[i].PublicId));
        }

        Execute(db, "DELETE FROM resources WHERE parent=?1", series);
        session.Count(ResourceLevel.Instance, -instances.Count);
    }

    private static void One(WriteSession session, long id, ResourceLevel level, List<DeletedResource> deleted, List<SettledOutbox> settled)
    {
        Connection db = session.Db;
        string publicId;
        using (Statement read = db.Prepare("SELECT public_id,tags,patient_tags FROM resources WHERE id=?1"))
        {
            if (!read.Bind(1, id).Step())
            {
                return;
            }

            publicId = PublicId.Format(read.Span(0));
            PackedTags tags = new(read.Bytes(1));
            PackedTags patientTags = new(read.Bytes(2));
            Identifiers.Remove(db, level, id, tags);
            Identifiers.Remove(db, level, id, patientTags);
        }

        RemoveAttachments(session, id, null);
        Execute(db, "DELETE FROM labels WHERE resource=?1", id);
        Execute(db, "DELETE FROM changes WHERE resource=?1", id);
        switch (level)
        {
            case ResourceLevel.Instance:
                Settle(db, id, publicId, settled);
                break;
            case ResourceLevel.Series:
                RemoveBox(db, id);
                break;
            case ResourceLevel.Patient:
                Execute(db, "DELETE FROM recycling WHERE patient=?1", id);
                break;
            default:
                break;
        }

        Execute(db, "DELETE FROM resources WHERE id=?1", id);
        session.Count(level, -1);
        deleted.Add(new DeletedResource(level, publicId));
    }

    private static void Settle(Connection db, long instance, string publicId, List<SettledOutbox> settled)
    {
        bool any = false;
        using (Statement read = db.Prepare("SELECT id,destination,state FROM outbox WHERE instance=?1"))
        {
            read.Bind(1, instance);
            while (read.Step())
            {
                any = true;
                OutboxState state = (OutboxState)read.Int32(2);
                if (state != OutboxState.Delivered)
                {
                    settled.Add(new SettledOutbox(read.Integer(0), publicId, read.Text(1), state));
                }
            }
        }

        if (any)
        {
            Execute(db, "DELETE FROM outbox WHERE instance=?1", instance);
        }
    }

    /// <summary>Slicebox's rows of a series, and its study and patient if nothing is left of them.</summary>
    private static void RemoveBox(Connection db, long series)
    {
        List<(long Study, long Patient)> parents = [];
        using (Statement read = db.Prepare("SELECT s.study,t.patient FROM box_series s JOIN box_studies t ON t.id=s.study WHERE s.resource=?1"))
        {
            read.Bind(1, series);
            while (read.Step())
            {
                parents.Add((read.Integer(0), read.Integer(1)));
            }
        }

        Execute(db, "DELETE FROM box_series WHERE resource=?1", series);
        foreach ((long study, long patient) in parents)
        {
            Execute(db, "DELETE FROM box_studies WHERE id=?1 AND NOT EXISTS(SELECT 1 FROM box_series s WHERE s.study=?1)", study);
            Execute(db, "DELETE FROM box_patients WHERE id=?1 AND NOT EXISTS(SELECT 1 FROM box_studies s WHERE s.patient=?1)", patient);
        }
    }

    private static void Execute(Connection db, string sql, long id)
    {
        using Statement statement = db.Prepare(sql);
        statement.Bind(1, id).Run();
    }
}
