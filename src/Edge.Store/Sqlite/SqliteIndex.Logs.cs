using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

internal sealed partial class SqliteIndex
{
    public ValueTask<IReadOnlyList<ChangeRow>> AppendChangesAsync(IReadOnlyList<ChangeRequest> changes, DateTimeOffset date, CancellationToken cancellation = default) =>
        Write((Changes: changes, Date: date), static (session, s) =>
        {
            List<ChangeRow> rows = [];
            Span<byte> key = stackalloc byte[PublicId.Size];
            foreach (ChangeRequest change in s.Changes)
            {
                if (PublicId.TryParse(change.PublicId, key) && Ingestion.Row(session.Db, key, out ResourceLevel level) is var id and not 0)
                {
                    Ingestion.Change(session.Db, change.Kind, id, s.Date.ToUnixTimeMilliseconds());
                    rows.Add(new ChangeRow(session.Db.LastInsertRowId, change.Kind, level, change.PublicId, s.Date));
                }
            }

            return (IReadOnlyList<ChangeRow>)rows;
        }, cancellation);

    public async ValueTask ClearChangesAsync(CancellationToken cancellation = default) => await ClearAsync("changes", cancellation).ConfigureAwait(false);

    public async ValueTask AppendExportsAsync(IReadOnlyList<ExportRequest> exports, CancellationToken cancellation = default) =>
        await Write(exports, static (session, all) =>
        {
            using Statement insert = session.Db.Prepare("INSERT INTO exports(level,public_id,remote,patient_id,study_uid,series_uid,sop_uid,date) VALUES(?1,?2,?3,?4,?5,?6,?7,?8)");
            foreach (ExportRequest export in all)
            {
                insert.Bind(1, (long)export.Level).Bind(2, export.PublicId).Bind(3, export.RemoteModality).Bind(4, export.PatientId).Bind(5, export.StudyInstanceUid)
                    .Bind(6, export.SeriesInstanceUid).Bind(7, export.SopInstanceUid).Bind(8, export.Date.ToUnixTimeMilliseconds()).Run();
            }

            return true;
        }, cancellation).ConfigureAwait(false);

    public async ValueTask ClearExportsAsync(CancellationToken cancellation = default) => await ClearAsync("exports", cancellation).ConfigureAwait(false);

    public async ValueTask SetPropertyAsync(string name, string? value, CancellationToken cancellation = default) =>
        await Write((name, value), static (session, s) =>
        {
            SetProperty(session.Db, s.name, s.value);
            return true;
        }, cancellation).ConfigureAwait(false);

    public ValueTask<long> IncrementPropertyAsync(string name, long delta, CancellationToken cancellation = default) =>
        Write((name, delta), static (session, s) =>
        {
            long value = new SqliteReader(session.Db).Property(s.name) is { } text && long.TryParse(text, out long former) ? former + s.delta : s.delta;
            SetProperty(session.Db, s.name, value.ToString(System.Globalization.CultureInfo.InvariantCulture));
            return value;
        }, cancellation);

    public async ValueTask SaveJobsAsync(IReadOnlyList<JobRow> jobs, KeyValuePair<string, string>? property = null, CancellationToken cancellation = default) =>
        await Write((Jobs: jobs, Property: property), static (session, s) =>
        {
            foreach (JobRow job in s.Jobs)
            {
                JobTable.Save(session.Db, job);
            }

            if (s.Property is { } property)
            {
                SetProperty(session.Db, property.Key, property.Value);
            }

            return true;
        }, cancellation).ConfigureAwait(false);

    public async ValueTask DeleteJobsAsync(IReadOnlyList<string> ids, CancellationToken cancellation = default) =>
        await Write(ids, static (session, all) =>
        {
            using Statement remove = session.Db.Prepare("DELETE FROM jobs WHERE id=?1");
            foreach (string id in all)
            {
                remove.Bind(1, id).Run();
            }

            return true;
        }, cancellation).ConfigureAwait(false);

    public async ValueTask CheckpointJobAsync(JobCheckpoint checkpoint, CancellationToken cancellation = default) =>
        await Write(checkpoint, static (session, c) =>
        {
            JobTable.Checkpoint(session.Db, c);
            return true;
        }, cancellation).ConfigureAwait(false);

    public ValueTask<UserRow> SaveUserAsync(string name, string role, string passwordHash, CancellationToken cancellation = default) =>
        Write((name, role, passwordHash), static (session, s) =>
        {
            using (Statement save = session.Db.Prepare("INSERT INTO users(name,role,password) VALUES(?1,?2,?3) ON CONFLICT(name) DO UPDATE SET role=?2,password=?3"))
            {
                save.Bind(1, s.name).Bind(2, s.role).Bind(3, s.passwordHash).Run();
            }

            return new SqliteReader(session.Db).User(s.name)!;
        }, cancellation);

    public ValueTask<bool> DeleteUserAsync(long id, CancellationToken cancellation = default) =>
        Write(id, static (session, i) =>
        {
            using Statement remove = session.Db.Prepare("DELETE FROM users WHERE id=?1");
            remove.Bind(1, i).Run();
            return session.Db.Changes > 0;
        }, cancellation);

    public ValueTask<bool> EnqueueAsync(string instancePublicId, OutboxRequest request, CancellationToken cancellation = default) =>
        Write((instancePublicId, request), static (session, s) =>
        {
            Span<byte> key = stackalloc byte[PublicId.Size];
            return PublicId.TryParse(s.instancePublicId, key) && Ingestion.Row(session.Db, key, out _) is var id and not 0
                && OutboxTable.InsertFor(session.Db, s.request, id, Now());
        }, cancellation);

    public ValueTask<IReadOnlyList<OutboxRow>> ClaimOutboxAsync(string destination, DateTimeOffset now, int limit, IReadOnlyCollection<long> busySeries, CancellationToken cancellation = default) =>
        Write((destination, now, limit, Busy: busySeries.ToHashSet()), static (session, s) =>
            OutboxTable.Claim(session.Db, s.destination, s.now.ToUnixTimeMilliseconds(), s.limit, s.Busy), cancellation, urgent: true);

    public async ValueTask SettleOutboxAsync(IReadOnlyList<OutboxResult> results, CancellationToken cancellation = default) =>
        await Write(results, static (session, all) => OutboxTable.Settle(session.Db, all, Now()), cancellation, urgent: true).ConfigureAwait(false);

    public async ValueTask<long> RetryOutboxAsync(string destination, long? id, OutboxState state, CancellationToken cancellation = default) =>
        (await SweepAsync(new OutboxSweep(destination, id, state, isRetry: true), cancellation).ConfigureAwait(false)).Count;

    public async ValueTask<IReadOnlyList<SettledOutbox>> DropOutboxAsync(string destination, long? id, OutboxState state, CancellationToken cancellation = default) =>
        (await SweepAsync(new OutboxSweep(destination, id, state, isRetry: false), cancellation).ConfigureAwait(false)).Dropped;

    private Task<OutboxSweep> SweepAsync(OutboxSweep sweep, CancellationToken cancellation)
    {
        DemandWritable();
        return _writer.WriteBulk(sweep, static (session, s, deadline) => s.Run(session, deadline), cancellation, static s => s.Rewind());
    }

    private static void SetProperty(Connection db, string name, string? value)
    {
        using Statement set = db.Prepare(value is null ? "DELETE FROM properties WHERE name=?1" : "INSERT INTO properties(name,value) VALUES(?1,?2) ON CONFLICT(name) DO UPDATE SET value=?2");
        set.Bind(1, name);
        if (value is not null)
        {
            set.Bind(2, value);
        }

        set.Run();
    }

    /// <summary>Empties a log in one statement (SQLite truncates it page by page); its numbers go on.</summary>
    private ValueTask<bool> ClearAsync(string table, CancellationToken cancellation) =>
        Edit(table, static (session, name) =>
        {
            using Statement clear = session.Db.Prepare($"DELETE FROM {name}");
            clear.Run();
            return true;
        }, cancellation);
}
