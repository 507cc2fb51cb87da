using Edge.Core.Errors;
using Edge.Store.Native;
using Edge.Store.Schema;

namespace Edge.Store.Sqlite;

/// <summary>The file of the index: creating, recognising, migrating.</summary>
internal static class IndexFile
{
    public const string Name = "edge-index.db";

    /// <summary>Opens the writer's connection at the current schema.</summary>
    /// <param name="migrations">Steps between versions; the last one is the current version.</param>
    public static Connection OpenWriter(string path, int cacheBytes, IReadOnlyList<string> migrations)
    {
        bool isNew = !File.Exists(path);
        if (isNew)
        {
            Create(path, cacheBytes, migrations);
        }

        Connection db = Connection.Open(path, readOnly: false, create: true, cacheBytes);
        try
        {
            Recognise(db, migrations.Count, ref isNew);
            db.Run("PRAGMA journal_mode=WAL");
            db.Run("PRAGMA synchronous=FULL");
            int version = (int)db.Scalar("PRAGMA user_version");
            if (version < migrations.Count)
            {
                Migrate(db, path, version, migrations, copy: !isNew);
            }

            if (isNew)
            {
                // The log's first sync makes the log's name durable, this the index's own.
                _ = db.Checkpoint(truncate: false);
                Posix.SyncFolder(Path.GetDirectoryName(path)!);
            }

            return db;
        }
        catch (EdgeException e) when (e.Code == ErrorCode.Database)
        {
            db.Dispose();
            throw new EdgeException(ErrorCode.Database, $"The index {path} is damaged: restore a backup, or set it aside and rebuild it from the files with 'edge-dicom reindex'. {e.Detail}", e);
        }
        catch
        {
            db.Dispose();
            throw;
        }
    }

    /// <summary>Makes an index under another name, so that two syncs are enough: the file's before it gets its name, the folder's after.</summary>
    private static void Create(string path, int cacheBytes, IReadOnlyList<string> migrations)
    {
        string fresh = path + ".new";
        foreach (string leftOver in (ReadOnlySpan<string>)[fresh, fresh + "-wal", fresh + "-shm"])
        {
            File.Delete(leftOver);
        }

        using (Connection db = Connection.Open(fresh, readOnly: false, create: true, cacheBytes))
        {
            db.Run("PRAGMA synchronous=OFF");
            db.Run("PRAGMA journal_mode=MEMORY");
            Migrate(db, fresh, 0, migrations, copy: false);
            db.Run("PRAGMA journal_mode=WAL");
        }

        SyncFile(fresh);
        File.Move(fresh, path);
        Posix.SyncFolder(Path.GetDirectoryName(path)!);
    }

    private static void Recognise(Connection db, int newest, ref bool isNew)
    {
        long application = db.Scalar("PRAGMA application_id");
        long version = db.Scalar("PRAGMA user_version");
        bool empty = db.Scalar("SELECT count(*) FROM sqlite_master") == 0;
        if (empty)
        {
            // A start that was cut before its first commit leaves this behind.
            isNew = true;
            return;
        }

        if (application != IndexSchema.ApplicationId)
        {
            throw new EdgeException(ErrorCode.IncompatibleDatabaseVersion, "The file at the place of the index was made by another program");
        }

        if (version > newest)
        {
            throw new EdgeException(ErrorCode.IncompatibleDatabaseVersion,
                $"The index has schema version {version}, this program knows versions up to {newest}: it was written by a newer version of edge-dicom");
        }
    }

    private static void Migrate(Connection db, string path, int version, IReadOnlyList<string> migrations, bool copy)
    {
        if (copy)
        {
            string target = $"{path}.before-v{migrations.Count}";
            File.Delete(target + ".new");
            db.Run($"VACUUM INTO '{(target + ".new").Replace("'", "''", StringComparison.Ordinal)}'");
            SyncFile(target + ".new");
            File.Move(target + ".new", target, overwrite: true);
            Posix.SyncFolder(Path.GetDirectoryName(path)!);
            Failpoint.Hit("migration.copied");
        }

        for (int step = version; step < migrations.Count; step++)
        {
            try
            {
                db.Run("BEGIN IMMEDIATE");
                db.Run(migrations[step]);
                db.Run($"PRAGMA application_id={IndexSchema.ApplicationId}");
                db.Run($"PRAGMA user_version={step + 1}");
                db.Run("COMMIT");
            }
            catch
            {
                if (db.InTransaction)
                {
                    db.Run("ROLLBACK");
                }

                throw;
            }

            Failpoint.Hit("migration.applied");
        }
    }

    private static void SyncFile(string path)
    {
        int file = Posix.Open(path, Posix.ReadOnly);
        try
        {
            Posix.Sync(file);
        }
        finally
        {
            Posix.Close(file);
        }
    }
}
