using System.Buffers;
using Edge.Core.Ids;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Benchmarks.Store;

/// <summary>
/// A load for a simulated power cut, and the audit after it. Lines: <c>+ n version</c> stored, <c>? n</c> about to be deleted or replaced.
/// </summary>
internal static class PowerCut
{
    public static async Task<int> Load(string folder)
    {
        await using EdgeStore store = EdgeStore.Open(new StoreOptions { StorageDirectory = folder, SyncStorageArea = Environment.GetEnvironmentVariable("EDGE_LOAD_NO_SYNC") is null });
        RecoveryReport report = await store.Recovered;
        Console.Error.WriteLine($"opened: {report}");
        Lock gate = new();
        int next = Environment.TickCount & 0xFFFFFF;
        void Say(string line)
        {
            lock (gate)
            {
                Console.Out.WriteLine(line);
                Console.Out.Flush();
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 6).Select(w => Task.Run(async () =>
        {
            while (true)
            {
                int n = Interlocked.Increment(ref next);
                await Put(store, n, 0, overwrite: false);
                Say($"+ {n} 0");
                if (n % 5 == 0)
                {
                    Say($"? {n}");
                    await Put(store, n, 1, overwrite: true);
                    Say($"+ {n} 1");
                }

                if (n % 7 == 0)
                {
                    Say($"? {n}");
                    InstanceRecord record = IngestBenchmark.Record(n);
                    await store.Index.DeleteResourceAsync(record.Instance.PublicId, ResourceLevel.Instance);
                }
            }
        })));
        return 0;
    }

    public static async Task<int> Audit(string folder, string acknowledged)
    {
        await using EdgeStore store = EdgeStore.Open(new StoreOptions { StorageDirectory = folder });
        RecoveryReport report = await store.Recovered;
        Dictionary<int, int> expected = [];
        int lines = 0;
        foreach (string line in File.ReadLines(acknowledged))
        {
            string[] words = line.Split(' ');
            lines++;
            if (words is ["+", var n, var version])
            {
                expected[int.Parse(n)] = int.Parse(version);
            }
            else if (words is ["?", var gone])
            {
                expected.Remove(int.Parse(gone));
            }
        }

        int lost = 0, damaged = 0, rowsWithoutFile = 0;
        foreach ((int n, int version) in expected)
        {
            string id = IngestBenchmark.Record(n).Instance.PublicId;
            AttachmentRow? file = await store.Index.ReadAsync(id, static (r, i) => r.Find(i) is { } row ? r.Attachment(row.Id, 1) : null);
            if (file is null)
            {
                lost++;
                continue;
            }

            byte[] bytes = new byte[file.File.PlainSize];
            try
            {
                await store.Files.ReadAsync(file.File, AttachmentView.Plain, 0, bytes);
                damaged += bytes.AsSpan().SequenceEqual(Content(n, version)) ? 0 : 1;
            }
            catch (Edge.Core.Errors.EdgeException)
            {
                damaged++;
            }
        }

        foreach (AttachmentRow? row in await store.Index.ReadAsync(0, static (r, _) => r.List(ResourceLevel.Instance).ConvertAll(i => r.Attachment(i.Id, 1))))
        {
            rowsWithoutFile += row is null || !await store.Files.VerifyAsync(row.File) ? 1 : 0;
        }

        IndexTotals totals = await store.Index.ReadAsync(0, static (r, _) => r.Totals());
        IReadOnlyList<string> problems = await store.Index.CheckAsync(full: true);
        Console.WriteLine($"{lines} lines, {expected.Count} expected: {lost} lost, {damaged} damaged, {rowsWithoutFile} rows without a good file, {problems.Count} problems in the index; {totals.Counts.Instances} instances; {report.Examined} examined, {report.Moved} set aside");
        return lost + damaged + rowsWithoutFile + problems.Count == 0 ? 0 : 1;
    }

    private static async Task Put(EdgeStore store, int n, int version, bool overwrite)
    {
        AttachmentRecord file = await store.Files.WriteAsync(new ReadOnlySequence<byte>(Content(n, version)), new WriteOptions());
        StoreOutcome outcome = await store.Index.StoreInstanceAsync(IngestBenchmark.Record(n, file) with { Overwrite = overwrite });
        if (outcome.Status != StoreStatus.Stored)
        {
            throw new InvalidOperationException(outcome.Status.ToString());
        }
    }

    private static byte[] Content(int n, int version)
    {
        byte[] bytes = new byte[5000 + (n % 4000)];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)((i * (n | 1)) >> 5 ^ version);
        }

        return bytes;
    }
}
