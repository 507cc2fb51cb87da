using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;
using Edge.Store.Schema;
using Edge.Store.Sqlite;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class RecoveryTests
{
    [Fact]
    public async Task AfterAnOrderlyStopNothingIsExamined()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        await store.ReopenAsync();
        Assert.Equal(new RecoveryReport(false, 0, 0, []) with { IndexProblems = (await store.Store.Recovered).IndexProblems }, await store.Store.Recovered);
        Assert.Equal(1, (await store.Read(r => r.Totals())).Counts.Instances);
        Assert.Equal(1, (await store.Add(1, 1, 1, 2)).InstanceId - 4);
    }

    [Fact]
    public async Task AfterAnUncleanStopFilesWithoutARowAreSetAside()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        AttachmentRecord orphan = await store.Files.WriteAsync(new(new byte[77]), new WriteOptions());
        AttachmentRecord listed = await store.Files.WriteAsync(new(new byte[5]), new WriteOptions());
        await using ISpool spool = store.Files.CreateSpool();
        await spool.AppendAsync(new byte[10]);
        string copy = store.Folder + "-cut";
        CopyFolder(store.Folder, copy);
        using (Connection db = Edit(copy))
        {
            using Statement insert = db.Prepare("INSERT INTO deletions(uuid) VALUES(?1)");
            insert.BindBlob(1, listed.Uuid.ToByteArray(bigEndian: true)).Run();
        }

        await using StoreFixture after = new(copy);
        RecoveryReport report = await after.Store.Recovered;
        Assert.True(report.WasUnclean);
        Assert.Empty(report.IndexProblems);
        await after.Store.DrainRemovalsAsync();
        Assert.True(File.Exists(Path.Combine(copy, "lost+found", orphan.Uuid.ToString())));
        Assert.Equal(1, report.Moved);
        Assert.Single(await IngestTests.Files(after));
        Assert.Empty(Directory.GetFiles(Path.Combine(copy, "incoming")));
        Assert.Equal(1, (await after.Read(r => r.Totals())).Counts.Instances);
        await after.Add(1, 1, 1, 2);
        await after.ReopenAsync();
        Assert.False((await after.Store.Recovered).WasUnclean);
        Assert.Single(Directory.GetFiles(Path.Combine(copy, "lost+found")));
    }

    [Fact]
    public async Task OneProcessAtATime()
    {
        await using StoreFixture store = new();
        EdgeException e = Assert.Throws<EdgeException>(() => EdgeStore.Open(new StoreOptions { StorageDirectory = store.Folder }));
        Assert.Equal(ErrorCode.DatabaseUnavailable, e.Code);
    }

    [Fact]
    public async Task AnOlderIndexIsMigratedAfterACopyAndANewerOneRefused()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        await store.Store.DisposeAsync();
        StoreOptions options = new() { StorageDirectory = store.Folder };
        string[] next = [.. IndexSchema.Migrations, "CREATE TABLE novelty(x); INSERT INTO novelty VALUES(1)"];
        await using (EdgeStore newer = EdgeStore.Open(options, next))
        {
            Assert.Equal(1, await newer.Index.ReadAsync(0, static (r, _) => r.Totals().Counts.Instances));
        }

        string copy = Path.Combine(store.Folder, $"edge-index.db.before-v{next.Length}");
        using (Connection old = Connection.Open(copy, readOnly: true, create: false, 1 << 20))
        {
            Assert.Equal(IndexSchema.Version, old.Scalar("PRAGMA user_version"));
            Assert.Equal(4, old.Scalar("SELECT count(*) FROM resources"));
        }

        EdgeException e = Assert.Throws<EdgeException>(() => EdgeStore.Open(options));
        Assert.Equal(ErrorCode.IncompatibleDatabaseVersion, e.Code);
        Assert.Contains("newer", e.Message);
        Assert.Throws<EdgeException>(() => EdgeStore.Open(options, [.. next, "CREATE TABLE novelty(y)"])); // a step that fails leaves the index as it was
        await using EdgeStore again = EdgeStore.Open(options, next);
        Assert.Equal(1, await again.Index.ReadAsync(0, static (r, _) => r.Totals().Counts.Instances));
    }

    [Fact]
    public async Task AnIndexOfTheFirstVersionLearnsWhoIsOwed()
    {
        await using StoreFixture store = new();
        await store.Store.DisposeAsync();
        Directory.Delete(store.Folder, recursive: true);
        await using (EdgeStore first = EdgeStore.Open(new StoreOptions { StorageDirectory = store.Folder }, [IndexSchema.Migrations[0]]))
        {
            for (int patient = 1; patient <= 2; patient++)
            {
                AttachmentRecord file = await first.Files.WriteAsync(new ReadOnlySequence<byte>(new byte[10]), new WriteOptions());
                await first.Index.StoreInstanceAsync(StoreFixture.Record(patient, 1, 1, 1, file) with { Outbox = patient == 1 ? [new OutboxRequest("dicom", "PACS")] : [] });
            }
        }

        await store.ReopenAsync();
        StoreOutcome third = await store.Add(3, 1, 1, 1, static r => r with { Limits = new StorageLimits(0, 2, Recycle: true) });
        Assert.Equal(StoreFixture.PatientOf(2), third.Deleted[^1].PublicId);
    }

    [Fact]
    public async Task ADamagedOrForeignIndexIsNamed()
    {
        string folder = Path.Combine(Path.GetTempPath(), $"edge-store-{Guid.NewGuid():N}");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "edge-index.db");
        await File.WriteAllBytesAsync(path, new byte[8192].Select((_, i) => (byte)i).ToArray());
        EdgeException e = Assert.Throws<EdgeException>(() => EdgeStore.Open(new StoreOptions { StorageDirectory = folder }));
        Assert.Equal(ErrorCode.Database, e.Code);
        Assert.Contains("damaged", e.Message);
        File.Delete(path);
        using (Connection other = Connection.Open(path, readOnly: false, create: true, 1 << 20))
        {
            other.Run("CREATE TABLE Resources(x)");
        }

        Assert.Equal(ErrorCode.IncompatibleDatabaseVersion, Assert.Throws<EdgeException>(() => EdgeStore.Open(new StoreOptions { StorageDirectory = folder })).Code);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task ABackupTakenInUseOpensByItself()
    {
        await using StoreFixture store = new();
        for (int i = 0; i < 20; i++)
        {
            await store.Add(1, 1, 1, i);
        }

        string copy = Path.Combine(Path.GetTempPath(), $"edge-store-{Guid.NewGuid():N}");
        Directory.CreateDirectory(copy);
        await using (FileStream target = File.Create(Path.Combine(copy, "edge-index.db")))
        {
            await store.Index.BackupAsync(target);
        }

        await using StoreFixture restored = new(copy);
        Assert.Equal(20, (await restored.Read(r => r.Totals())).Counts.Instances);
        Assert.Empty(await restored.Index.CheckAsync(full: true));
    }

    [Fact]
    public async Task AFullIndexRefusesAndGoesOnWhenThereIsRoom()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        await store.Store.DisposeAsync();
        string path = Path.Combine(store.Folder, "edge-index.db");
        Connection db = IndexFile.OpenWriter(path, 1 << 20, IndexSchema.Migrations);
        db.Run($"PRAGMA max_page_count={db.Scalar("PRAGMA page_count") + 4}");
        List<Guid> removed = [];
        using (WriterThread writer = new(db, new SpaceReserve(store.Folder, log: null), removed.AddRange))
        {
            Task<StoreOutcome>[] all = [.. Enumerable.Range(10, 200).Select(i => writer.Write(StoreFixture.Record(i, 1, 1, 1), static (s, r) => Ingestion.Store(s, r), default))];
            await Task.WhenAll(all.Select(t => t.ContinueWith(static _ => { }, TaskScheduler.Default)));
            int refused = all.Count(t => t.IsFaulted);
            Assert.True(refused > 0);
            Assert.All(all.Where(t => t.IsFaulted), t => Assert.Equal(ErrorCode.FullStorage, Assert.IsType<EdgeException>(t.Exception!.InnerException).Code));
            long stored = await writer.Write(0, static (s, _) => s.Db.Scalar("SELECT count(*) FROM resources WHERE level=4"), default);
            Assert.Equal(1 + 200 - refused, stored);
            Assert.Equal(stored, await writer.Write(0, static (s, _) => s.Totals.Counts.Instances, default));
            await writer.Write(0, static (s, _) => { s.Db.Run("PRAGMA max_page_count=1000000"); return 0; }, default);
            Assert.Equal(StoreStatus.Stored, (await writer.Write(StoreFixture.Record(500, 1, 1, 1), static (s, r) => Ingestion.Store(s, r), default)).Status);
        }

        db.Dispose();
        await store.ReopenAsync();
        Assert.Empty(await store.Index.CheckAsync(full: true));
    }

    [Fact]
    public async Task TheLogStartsAnewUnderLoad()
    {
        await using StoreFixture store = new();
        string log = Path.Combine(store.Folder, "edge-index.db-wal");
        string large = new('x', 200_000);
        for (int i = 0; i < 300; i++)
        {
            await store.Index.SetPropertyAsync($"p{i % 3}", large + i);
        }

        // 60 MB were written; the log is copied back each time it reaches 16 MB.
        Assert.InRange(new FileInfo(log).Length, 1, 20 << 20);
    }

    [Fact]
    public async Task AQueryThatTakesTooLongIsEnded()
    {
        await using StoreFixture store = new();
        await store.Store.DisposeAsync();
        await using EdgeStore brief = EdgeStore.Open(new StoreOptions { StorageDirectory = store.Folder, QueryTimeout = TimeSpan.FromMilliseconds(50) });
        EdgeException e = await Assert.ThrowsAsync<EdgeException>(() => brief.Index.ReadAsync(0, static (r, _) =>
            ((SqliteReader)r).Connection.Scalar("WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*) FROM c")).AsTask());
        Assert.Equal(ErrorCode.Timeout, e.Code);
        Assert.Equal(0, await brief.Index.ReadAsync(0, static (r, _) => r.Totals().Counts.Instances));
    }

    private static Connection Edit(string folder) => Connection.Open(Path.Combine(folder, "edge-index.db"), readOnly: false, create: false, 1 << 20);

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string path in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, path));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            if (path.EndsWith("edge.lock", StringComparison.Ordinal))
            {
                continue;
            }

            using FileStream source = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using FileStream copy = File.Create(target);
            source.CopyTo(copy);
        }
    }
}
