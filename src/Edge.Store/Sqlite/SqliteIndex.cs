using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>The index on SQLite. Resources here; logs, properties, jobs and outbox in the other part.</summary>
internal sealed partial class SqliteIndex : IResourceIndex
{
    private readonly Connection _connection;
    private readonly WriterThread _writer;
    private readonly ReaderPool _readers;
    private readonly RemovalPump _removals;
    private readonly string _path;
    private readonly bool _isReadOnly;

    /// <param name="isReadOnly">Refuses whatever changes resources; what the server keeps of its own work goes on.</param>
    public SqliteIndex(string path, Connection connection, ReaderPool readers, FileArea files, SpaceReserve reserve, Action<StoreEvent>? log, bool isReadOnly = false)
    {
        _isReadOnly = isReadOnly;
        _path = path;
        _connection = connection;
        OutboxTable.Reset(connection);
        _readers = readers;
        _removals = new RemovalPump(files, ForgetAsync, log);
        _writer = new WriterThread(connection, reserve, _removals.Add);
    }

    /// <summary>For the watchdog: a <see cref="Stopwatch"/> time.</summary>
    public long WriterHeartbeat => _writer.Heartbeat;

    public ValueTask<T> ReadAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation = default) =>
        _readers.ReadAsync(state, query, cancellation);

    public ValueTask<T> PeekAsync<TState, T>(TState state, Func<IIndexReader, TState, T> query, CancellationToken cancellation = default) =>
        _readers.PeekAsync(state, query, cancellation);

    public ValueTask<long> FindInstanceAsync(string publicId, CancellationToken cancellation = default) =>
        PeekAsync(publicId, static (reader, id) => reader.Find(id, ResourceLevel.Instance)?.Id ?? 0, cancellation);

    public ValueTask<StoreOutcome> StoreInstanceAsync(InstanceRecord record, CancellationToken cancellation = default) => StoreAsync(record, cancellation);

    public ValueTask<DeleteOutcome> DeleteResourceAsync(string publicId, ResourceLevel level, CancellationToken cancellation = default) =>
        Edit((PublicId: publicId, Level: level), static (session, s) =>
        {
            Span<byte> key = stackalloc byte[PublicId.Size];
            long id = PublicId.TryParse(s.PublicId, key) ? Ingestion.Row(session.Db, key, out ResourceLevel found) is var row && found == s.Level ? row : 0 : 0;
            if (id == 0)
            {
                return new DeleteOutcome { Found = false };
            }

            List<DeletedResource> deleted = [];
            List<SettledOutbox> settled = [];
            (ResourceLevel, string)? remaining = Deletion.Run(session, id, deleted, settled, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
            return new DeleteOutcome { Found = true, RemainingAncestor = remaining, Deleted = deleted, Settled = settled };
        }, cancellation, urgent: true);

    public ValueTask<DeleteOutcome> DeleteResourcesAsync(IReadOnlyList<string> publicIds, CancellationToken cancellation = default) => DeleteAsync(new BulkDeletion(publicIds), cancellation);

    public ValueTask<DeleteOutcome> DeleteDeliveredAsync(IReadOnlyList<string> instances, CancellationToken cancellation = default) => DeleteAsync(new BulkDeletion(instances, sparesOwed: true), cancellation);

    private async ValueTask<DeleteOutcome> DeleteAsync(BulkDeletion deletion, CancellationToken cancellation)
    {
        DemandWritable();
        BulkDeletion bulk = await _writer.WriteBulk(deletion, static (session, b, deadline) => b.Run(session, deadline), cancellation, static b => b.Rewind()).ConfigureAwait(false);
        return new DeleteOutcome { Found = bulk.Deleted.Count > 0, Deleted = bulk.Deleted, Settled = bulk.Settled };
    }

    public async ValueTask<bool> EnforceLimitsAsync(StorageLimits limits, CancellationToken cancellation = default)
    {
        if (_isReadOnly)
        {
            return true;
        }

        StrongReference<bool> holds = new();
        await _writer.WriteBulk((Limits: limits, Holds: holds), static (session, s, deadline) =>
        {
            while (Recycling.Exceeds(session, s.Limits, 0, newPatient: false))
            {
                if (!s.Limits.Recycle || !Recycling.RecycleOne(session))
                {
                    return true;
                }

                if (Stopwatch.GetTimestamp() > deadline)
                {
                    return false;
                }
            }

            s.Holds.Value = true;
            return true;
        }, cancellation).ConfigureAwait(false);
        return holds.Value;
    }

    public ValueTask<EditOutcome> SetMetadataAsync(string publicId, ResourceLevel level, int type, string value, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default) =>
        Edit((publicId, level, type, value, check, change), static (session, s) =>
            Edits.SetMetadata(session, s.publicId, s.level, s.type, s.value, s.check, s.change, Now()), cancellation);

    public ValueTask<EditOutcome> DeleteMetadataAsync(string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default) =>
        Edit((publicId, level, type, check, change), static (session, s) =>
            Edits.DeleteMetadata(session, s.publicId, s.level, s.type, s.check, s.change, Now()), cancellation);

    public ValueTask<EditOutcome> PutAttachmentAsync(string publicId, ResourceLevel level, AttachmentRecord file, RevisionCheck check, StorageLimits limits, ChangeKind? change, CancellationToken cancellation = default) =>
        Edit((publicId, level, file, check, limits, change), static (session, s) =>
            Edits.PutAttachment(session, s.publicId, s.level, s.file, s.check, s.limits, s.change, Now()), cancellation);

    public ValueTask<EditOutcome> ReplaceAttachmentAsync(
        string publicId, ResourceLevel level, Guid former, AttachmentRecord file, IReadOnlyList<MetadataEdit>? metadata = null, CancellationToken cancellation = default) =>
        Edit((publicId, level, former, file, metadata), static (session, s) => Edits.ReplaceAttachment(session, s.publicId, s.level, s.former, s.file, s.metadata ?? []), cancellation);

    public ValueTask<bool> SetDigestsAsync(long resourceId, AttachmentRecord file, CancellationToken cancellation = default) =>
        Write((resourceId, file), static (session, s) => Edits.SetDigests(session, s.resourceId, s.file), cancellation);

    public ValueTask<EditOutcome> DeleteAttachmentAsync(string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, CancellationToken cancellation = default) =>
        Edit((publicId, level, type, check, change), static (session, s) =>
            Edits.DeleteAttachment(session, s.publicId, s.level, s.type, s.check, s.change, Now()), cancellation);

    public ValueTask<EditOutcome> AddLabelAsync(string publicId, ResourceLevel level, string label, CancellationToken cancellation = default) =>
        Edit((publicId, level, label), static (session, s) => Edits.Label(session, s.publicId, s.level, s.label, add: true), cancellation);

    public ValueTask<EditOutcome> RemoveLabelAsync(string publicId, ResourceLevel level, string label, CancellationToken cancellation = default) =>
        Edit((publicId, level, label), static (session, s) => Edits.Label(session, s.publicId, s.level, s.label, add: false), cancellation);

    public ValueTask<bool> SetProtectedAsync(string publicId, bool isProtected, CancellationToken cancellation = default) =>
        Edit((publicId, isProtected), static (session, s) => Edits.Protect(session, s.publicId, s.isProtected), cancellation);

    public ValueTask<EditOutcome> ReconstructAsync(IReadOnlyList<ReconstructRecord> records, CancellationToken cancellation = default) =>
        Edit(records, static (session, r) => Edits.Reconstruct(session, r), cancellation);

    public ValueTask<IReadOnlyList<string>> CheckAsync(bool full, CancellationToken cancellation = default) =>
        _readers.RunAsync(full, static (db, f) =>
        {
            List<string> problems = [];
            using Statement read = db.Prepare(f ? "PRAGMA integrity_check" : "PRAGMA quick_check");
            while (read.Step())
            {
                if (read.Text(0) is not "ok" and var problem)
                {
                    problems.Add(problem);
                }
            }

            return (IReadOnlyList<string>)problems;
        }, cancellation);

    public async ValueTask BackupAsync(Stream target, CancellationToken cancellation = default)
    {
        string copy = $"{_path}.backup-{Guid.NewGuid():N}";
        try
        {
            await _readers.RunAsync(copy, static (db, path) =>
            {
                db.Run($"VACUUM INTO '{path.Replace("'", "''", StringComparison.Ordinal)}'");
                return true;
            }, cancellation).ConfigureAwait(false);
            await using FileStream source = new(copy, FileMode.Open, FileAccess.Read, FileShare.Read, 128 << 10, useAsync: true);
            await source.CopyToAsync(target, cancellation).ConfigureAwait(false);
        }
        finally
        {
            File.Delete(copy);
        }
    }

    public ValueTask<IReadOnlySet<Guid>> KnownFilesAsync(IReadOnlyList<Guid> files, CancellationToken cancellation = default) =>
        _readers.RunAsync(files, static (db, uuids) =>
        {
            HashSet<Guid> known = [];
            Span<byte> key = stackalloc byte[16];
            using Statement find = db.Prepare("SELECT 1 FROM attachments WHERE uuid=?1 UNION ALL SELECT 1 FROM deletions WHERE uuid=?1");
            foreach (Guid uuid in uuids)
            {
                uuid.TryWriteBytes(key, bigEndian: true, out _);
                if (find.BindBlob(1, key).Step())
                {
                    known.Add(uuid);
                }

                find.Dispose();
            }

            return (IReadOnlySet<Guid>)known;
        }, cancellation);

    /// <summary>Queues what a former run was to remove.</summary>
    internal async Task ReplayRemovalsAsync()
    {
        List<Guid> waiting = await _readers.RunAsync(0, static (db, _) =>
        {
            List<Guid> uuids = [];
            using Statement read = db.Prepare("SELECT uuid FROM deletions");
            while (read.Step())
            {
                uuids.Add(new Guid(read.Span(0), bigEndian: true));
            }

            return uuids;
        }, default).ConfigureAwait(false);
        _removals.Add(waiting);
    }

    /// <summary>Completes when no removal waits.</summary>
    internal Task DrainRemovalsAsync() => _removals.DrainAsync();

    public async ValueTask DisposeAsync()
    {
        await _removals.StopAsync().ConfigureAwait(false);
        await Task.Run(() =>
        {
            _writer.Dispose();
            _readers.Dispose();
            _connection.Dispose(); // The last connection copies the log back and removes it.
        }).ConfigureAwait(false);
    }

    private async ValueTask<StoreOutcome> StoreAsync(InstanceRecord record, CancellationToken cancellation)
    {
        try
        {
            return await Edit(record, static (session, r) => Ingestion.Store(session, r), cancellation).ConfigureAwait(false);
        }
        catch (Ingestion.RefusedException refused)
        {
            await DiscardAsync(record).ConfigureAwait(false);
            return new StoreOutcome { Status = refused.Status };
        }
        catch (Exception e) when (e is not EdgeException { Code: ErrorCode.CannotWriteFile })
        {
            // Never stored: its files are the index's to remove. Not so after a failing sync: until the next commit a cut could
            // still bring the rows to life, and then their files must be there.
            await DiscardAsync(record).ConfigureAwait(false);
            throw;
        }
    }

    private async Task DiscardAsync(InstanceRecord record)
    {
        List<Guid> files = new(record.Attachments.Count);
        foreach (AttachmentRecord file in record.Attachments)
        {
            files.Add(file.Uuid);
        }

        // Only what has no row: the failure may have come after the commit.
        IReadOnlySet<Guid> known = await KnownFilesAsync(files).ConfigureAwait(false);
        files.RemoveAll(known.Contains);
        _removals.Add(files);
    }

    private Task ForgetAsync(IReadOnlyList<Guid> files) => _writer.WriteBulk(files.ToArray(), static (session, uuids, deadline) =>
    {
        Span<byte> key = stackalloc byte[16];
        using Statement forget = session.Db.Prepare("DELETE FROM deletions WHERE uuid=?1");
        foreach (Guid uuid in uuids)
        {
            uuid.TryWriteBytes(key, bigEndian: true, out _);
            forget.BindBlob(1, key).Run();
        }

        return true;
    }, CancellationToken.None);

    private ValueTask<T> Edit<TState, T>(TState state, Func<WriteSession, TState, T> body, CancellationToken cancellation, bool urgent = false)
    {
        DemandWritable();
        return Write(state, body, cancellation, urgent);
    }

    private void DemandWritable()
    {
        if (_isReadOnly)
        {
            throw new EdgeException(ErrorCode.ReadOnly, "The option ReadOnly is set");
        }
    }

    /// <param name="urgent">May use the space reserve of a full disk.</param>
    private ValueTask<T> Write<TState, T>(TState state, Func<WriteSession, TState, T> body, CancellationToken cancellation, bool urgent = false) =>
        new(_writer.Write(state, body, cancellation, urgent));

    private static long Now() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    /// <summary>A value that a bulk request leaves behind.</summary>
    private sealed class StrongReference<T>
    {
        public T? Value { get; set; }
    }
}
