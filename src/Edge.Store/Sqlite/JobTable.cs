using Edge.Store.Jobs;

namespace Edge.Store.Sqlite;

/// <summary>The rows of jobs.</summary>
internal static class JobTable
{
    public const string Columns = "seq,id,type,state,priority,created,completed,body,cursor";

    /// <summary>The same, without what may be large.</summary>
    public const string HeadColumns = "seq,id,type,state,priority,created,completed,x'',x''";

    public static void Save(Connection db, JobRow job)
    {
        using Statement save = db.Prepare("""
            INSERT INTO jobs(id,type,state,priority,created,completed,body,cursor) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)
            ON CONFLICT(id) DO UPDATE SET type=?2,state=?3,priority=?4,created=?5,completed=?6,body=CASE WHEN length(?7)=0 THEN body ELSE ?7 END,cursor=CASE WHEN length(?8)=0 THEN cursor ELSE ?8 END
            """);
        save.Bind(1, job.Id).Bind(2, job.Type).Bind(3, job.State).Bind(4, job.Priority).Bind(5, job.Created.ToUnixTimeMilliseconds())
            .Bind(6, job.Completed?.ToUnixTimeMilliseconds()).BindBlob(7, job.Body.Span).BindBlob(8, job.Cursor.Span).Run();
    }

    public static void Checkpoint(Connection db, JobCheckpoint checkpoint)
    {
        using Statement update = db.Prepare("UPDATE jobs SET cursor=?2 WHERE id=?1");
        update.Bind(1, checkpoint.JobId).BindBlob(2, checkpoint.Cursor.Span).Run();
    }

    public static JobRow Read(Statement row) => new()
    {
        Sequence = row.Integer(0),
        Id = row.Text(1),
        Type = row.Text(2),
        State = row.Text(3),
        Priority = row.Int32(4),
        Created = DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(5)),
        Completed = row.IsNull(6) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.Integer(6)),
        Body = row.Bytes(7),
        Cursor = row.Bytes(8),
    };
}
