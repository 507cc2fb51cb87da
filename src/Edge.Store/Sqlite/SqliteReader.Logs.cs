using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>What belongs to resources, the logs, and everything else.</summary>
internal sealed partial class SqliteReader
{
    private const string ChangeColumns = "SELECT c.seq,c.kind,r.level,r.public_id,c.date FROM changes c JOIN resources r ON r.id=c.resource";

    public AttachmentRow? Attachment(long id, int type)
    {
        using Statement read = db.Prepare($"SELECT {RowReader.AttachmentColumns} FROM attachments a WHERE a.resource=?1 AND a.type=?2");
        return read.Bind(1, id).Bind(2, type).Step() ? RowReader.Attachment(read) : null;
    }

    public List<AttachmentRow> Attachments(long id) => Expander.Attachments(db, id);

    public List<string> Labels(long id) => Texts("SELECT label FROM labels WHERE resource=?1 ORDER BY label", id);

    public bool HasLabel(long id, string label)
    {
        using Statement read = db.Prepare("SELECT 1 FROM labels WHERE resource=?1 AND label=?2");
        return read.Bind(1, id).Bind(2, label).Step();
    }

    public List<string> AllLabels()
    {
        // Steps from one label to the next in the index, however many resources have it.
        List<string> labels = [];
        using Statement next = db.Prepare("SELECT min(label) FROM labels WHERE label>?1");
        string last = "";
        while (next.Bind(1, last).Step() && !next.IsNull(0))
        {
            last = next.Text(0);
            labels.Add(last);
            next.Dispose();
        }

        return labels;
    }

    public bool IsProtected(long patientId) => Expander.IsProtected(db, patientId);

    public ResourceStatistics Statistics(long id)
    {
        if (FindById(id) is not { } root)
        {
            return default;
        }

        StorageSizes all = default, dicom = default;
        List<long> level = [id];
        using (Statement read = db.Prepare("SELECT type,plain_size,logical_size,stored_size FROM attachments WHERE resource=?1"))
        {
            for (ResourceLevel at = root.Level; at <= ResourceLevel.Instance; at++)
            {
                foreach (long resource in level)
                {
                    read.Bind(1, resource);
                    while (read.Step())
                    {
                        StorageSizes sizes = new(read.Integer(1), read.Integer(2), read.Integer(3));
                        all = Add(all, sizes);
                        dicom = read.Int32(0) == AttachmentType.Dicom ? Add(dicom, sizes) : dicom;
                    }

                    read.Dispose();
                }

                db.CheckTime();
                level = at < ResourceLevel.Instance ? ChildRows(level) : level;
            }
        }

        return new ResourceStatistics(Expander.Count(db, id, root.Level), all, dicom);
    }

    public IndexTotals Totals()
    {
        using Statement read = db.Prepare("SELECT patients,studies,series,instances,plain_size,logical_size,stored_size FROM totals");
        return read.Step()
            ? new IndexTotals(new ResourceCounts(read.Integer(0), read.Integer(1), read.Integer(2), read.Integer(3)), new StorageSizes(read.Integer(4), read.Integer(5), read.Integer(6)))
            : default;
    }

    public ChangePage Changes(ChangeQuery query)
    {
        bool latest = query.Since is null && query.To is not null;
        HashSet<ChangeKind> kinds = [.. query.Kinds];
        List<ChangeRow> rows = [];
        bool more = false;
        using (Statement read = db.Prepare($"{ChangeColumns} WHERE c.seq>?1 AND c.seq<=?2 ORDER BY c.seq{(latest ? " DESC" : "")}"))
        {
            read.Bind(1, query.Since ?? 0).Bind(2, query.To ?? long.MaxValue);
            while (read.Step())
            {
                if (kinds.Count > 0 && !kinds.Contains((ChangeKind)read.Int32(1)))
                {
                    continue;
                }

                if (rows.Count >= query.Limit)
                {
                    more = true;
                    break;
                }

                rows.Add(Change(read));
            }
        }

        if (latest)
        {
            rows.Reverse();
        }

        return Page(rows, done: !latest && !more && query.Limit > 0);
    }

    public ChangePage LastChange()
    {
        List<ChangeRow> rows = [];
        using (Statement read = db.Prepare($"{ChangeColumns} ORDER BY c.seq DESC LIMIT 1"))
        {
            if (read.Step())
            {
                rows.Add(Change(read));
            }
        }

        return Page(rows, done: true);
    }

    public ExportPage Exports(long since, int limit)
    {
        List<ExportRow> rows = [];
        bool more = false;
        using Statement read = db.Prepare("SELECT seq,level,public_id,remote,patient_id,study_uid,series_uid,sop_uid,date FROM exports WHERE seq>?1 ORDER BY seq");
        read.Bind(1, since);
        while (read.Step())
        {
            if (rows.Count >= limit)
            {
                more = true;
                break;
            }

            rows.Add(Export(read));
        }

        return new ExportPage(rows, !more, rows.Count > 0 ? rows[^1].Sequence : since);
    }

    public ExportPage LastExport()
    {
        using Statement read = db.Prepare("SELECT seq,level,public_id,remote,patient_id,study_uid,series_uid,sop_uid,date FROM exports ORDER BY seq DESC LIMIT 1");
        return read.Step() ? new ExportPage([Export(read)], true, read.Integer(0)) : new ExportPage([], true, 0);
    }

    public string? Property(string name)
    {
        using Statement read = db.Prepare("SELECT value FROM properties WHERE name=?1");
        return read.Bind(1, name).Step() ? read.Text(0) : null;
    }

    public List<KeyValuePair<string, string>> Properties(string prefix)
    {
        List<KeyValuePair<string, string>> found = [];
        using Statement read = db.Prepare("SELECT name,value FROM properties WHERE name>=?1 ORDER BY name");
        read.Bind(1, prefix);
        while (read.Step() && read.Text(0) is var name && name.StartsWith(prefix, StringComparison.Ordinal))
        {
            found.Add(new KeyValuePair<string, string>(name, read.Text(1)));
        }

        return found;
    }

    public List<JobRow> Jobs() => Jobs(JobTable.Columns);

    public List<JobRow> JobHeads() => Jobs(JobTable.HeadColumns);

    private List<JobRow> Jobs(string columns)
    {
        List<JobRow> jobs = [];
        using Statement read = db.Prepare($"SELECT {columns} FROM jobs ORDER BY seq");
        while (read.Step())
        {
            jobs.Add(JobTable.Read(read));
        }

        return jobs;
    }

    public JobRow? Job(string id)
    {
        using Statement read = db.Prepare($"SELECT {JobTable.Columns} FROM jobs WHERE id=?1");
        return read.Bind(1, id).Step() ? JobTable.Read(read) : null;
    }

    public List<OutboxCounts> OutboxCounts() => OutboxTable.Counts(db);

    public List<OutboxRow> Outbox(string destination, OutboxState state, long afterId, int limit)
    {
        using Statement read = db.Prepare(OutboxTable.ListSql);
        return OutboxRows(read.Bind(1, destination).Bind(2, (long)state).Bind(3, afterId).Bind(4, limit));
    }

    public List<OutboxRow> OutboxDelivered(string destination, DateTimeOffset before, OutboxRow? after, int limit)
    {
        using Statement read = db.Prepare(OutboxTable.DeliveredSql);
        return OutboxRows(read.Bind(1, destination).Bind(2, after?.Updated.ToUnixTimeMilliseconds() ?? 0).Bind(3, after?.Id ?? 0).Bind(4, before.ToUnixTimeMilliseconds()).Bind(5, limit));
    }

    public List<OutboxRow> OutboxOfInstance(long instanceId)
    {
        using Statement read = db.Prepare($"SELECT {OutboxTable.Columns} FROM outbox o JOIN resources r ON r.id=o.instance WHERE o.instance=?1 ORDER BY o.id");
        return OutboxRows(read.Bind(1, instanceId));
    }

    public bool HasOpenOutbox(long id)
    {
        if (FindById(id) is not { } root)
        {
            return false;
        }

        string sql = root.Level switch
        {
            ResourceLevel.Patient => "SELECT 1 FROM outbox WHERE patient=?1 AND state<>3 LIMIT 1",
            ResourceLevel.Study => "SELECT 1 FROM outbox o JOIN resources s ON s.id=o.series WHERE o.patient=(SELECT parent FROM resources WHERE id=?1) AND s.parent=?1 AND o.state<>3 LIMIT 1",
            ResourceLevel.Series => "SELECT 1 FROM resources i JOIN outbox o ON o.instance=i.id WHERE i.parent=?1 AND o.state<>3 LIMIT 1",
            _ => "SELECT 1 FROM outbox WHERE instance=?1 AND state<>3 LIMIT 1",
        };
        using Statement read = db.Prepare(sql);
        return read.Bind(1, id).Step();
    }

    public List<UserRow> Users()
    {
        List<UserRow> users = [];
        using Statement read = db.Prepare("SELECT id,name,role,password FROM users ORDER BY id");
        while (read.Step())
        {
            users.Add(new UserRow(read.Integer(0), read.Text(1), read.Text(2), read.Text(3)));
        }

        return users;
    }

    public UserRow? User(string name)
    {
        using Statement read = db.Prepare("SELECT id,name,role,password FROM users WHERE name=?1");
        return read.Bind(1, name).Step() ? new UserRow(read.Integer(0), read.Text(1), read.Text(2), read.Text(3)) : null;
    }

    private static List<OutboxRow> OutboxRows(Statement read)
    {
        List<OutboxRow> rows = [];
        while (read.Step())
        {
            rows.Add(OutboxTable.Read(read));
        }

        return rows;
    }

    private static ChangeRow Change(Statement row) => new(row.Integer(0), (ChangeKind)row.Int32(1), (ResourceLevel)row.Int32(2), PublicId.Format(row.Span(3)),
        DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(4)));

    private static ExportRow Export(Statement row) => new(row.Integer(0), new ExportRequest((ResourceLevel)row.Int32(1), row.Text(2), row.Text(3), row.Text(4),
        row.IsNull(5) ? null : row.Text(5), row.IsNull(6) ? null : row.Text(6), row.IsNull(7) ? null : row.Text(7), DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(8))));

    private static StorageSizes Add(StorageSizes a, StorageSizes b) => new(a.Plain + b.Plain, a.Logical + b.Logical, a.Stored + b.Stored);

    private ChangePage Page(List<ChangeRow> rows, bool done)
    {
        if (rows.Count > 0)
        {
            return new ChangePage(rows, done, rows[0].Sequence, rows[^1].Sequence);
        }

        using Statement last = db.Prepare("SELECT seq FROM sqlite_sequence WHERE name='changes'");
        return new ChangePage(rows, done, 0, last.Step() ? last.Integer(0) : 0);
    }

    private List<string> Texts(string sql, long id)
    {
        List<string> texts = [];
        using Statement read = db.Prepare(sql);
        read.Bind(1, id);
        while (read.Step())
        {
            texts.Add(read.Text(0));
        }

        return texts;
    }
}
