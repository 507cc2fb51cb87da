using System.Diagnostics;
using Edge.Core.Ids;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Benchmarks.Store;

/// <summary>Searches in an index of N generated instances (10 per study), without files.</summary>
internal static class FindBenchmark
{
    public static async Task<int> Run(int instances)
    {
        string folder = Path.Combine(Environment.CurrentDirectory, $"find-{Environment.ProcessId}");
        await using (EdgeStore store = EdgeStore.Open(new StoreOptions { StorageDirectory = folder }))
        {
            Stopwatch watch = Stopwatch.StartNew();
            List<Task> waiting = [];
            for (int n = 0; n < instances; n++)
            {
                AttachmentRecord file = new(1, Guid.NewGuid(), StorageFormat.Lz4, AttachmentCompression.None, 10_000, 10_000, 5_000, new string('a', 32), new string('a', 32));
                waiting.Add(store.Index.StoreInstanceAsync(IngestBenchmark.Record(n, file)).AsTask());
                if (waiting.Count == 256)
                {
                    await Task.WhenAll(waiting);
                    waiting.Clear();
                }
            }

            await Task.WhenAll(waiting);
            Console.WriteLine($"{instances} rows stored at {instances / watch.Elapsed.TotalSeconds:F0}/s (256 at a time), index {new FileInfo(Path.Combine(folder, "edge-index.db")).Length >> 20} MB");
            int middle = instances / 20;
            await Time(store, "accession equal", Study(0x00080050, MatchKind.Equal, $"ACC{middle:D7}"));
            await Time(store, "study UID equal", Study(0x0020000D, MatchKind.Equal, $"1.2.826.0.1.3680043.2.1125.{middle}"));
            await Time(store, "name prefix", new FindRequest { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Patient, 0x00100010, MatchKind.Wildcard, ["name12^*"], false)] });
            await Time(store, "name infix", new FindRequest { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Patient, 0x00100010, MatchKind.Wildcard, [$"*{middle / 2:D6}*"], false)] });
            await Time(store, "description infix", Study(0x00081030, MatchKind.Wildcard, "*thorax 17*"));
            await Time(store, "date range", Study(0x00080020, MatchKind.Range, "20100301", "20100331"));
            await Time(store, "modality + accession", new FindRequest { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Study, 0x00080061, MatchKind.Equal, ["CT"], false), new(ResourceLevel.Study, 0x00080050, MatchKind.Equal, [$"ACC{middle:D7}"], false)] });
            await Time(store, "SOP instance UID", new FindRequest { Level = ResourceLevel.Instance, Tags = [new(ResourceLevel.Instance, 0x00080018, MatchKind.Equal, [$"1.2.826.0.1.3680043.2.1125.{middle}.1.{middle * 10}"], false)] });
            await Time(store, "first 100 of no constraint", new FindRequest { Level = ResourceLevel.Instance, Limit = 100 });
            await Time(store, "lookup", r => r.Lookup($"ACC{middle:D7}").Count);
            ExpandParts parts = ExpandParts.Children | ExpandParts.Parent | ExpandParts.Labels;
            await Time(store, "expand 1000 studies", r => r.Expand(r.List(ResourceLevel.Study, 0, 1000).ConvertAll(s => s.Id), parts).Count);
            await Time(store, "expand all studies", r => r.Expand(r.List(ResourceLevel.Study).ConvertAll(s => s.Id), parts).Count);
            await Time(store, "changes page of 1000", r => r.Changes(new ChangeQuery { Since = instances / 2, Limit = 1000 }).Rows.Count);
            string study = await store.Index.ReadAsync(0, static (r, _) => r.ListIds(ResourceLevel.Study, 0, 1)[0]);
            await Time(store, "one study", r => r.Find(study) is null ? 0 : 1);
            await Time(store, "delete one study", async () => await store.Index.DeleteResourceAsync(await store.Index.ReadAsync(0, static (r, _) => r.ListIds(ResourceLevel.Study, 0, 1)[0]), ResourceLevel.Study));
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    private static FindRequest Study(uint tag, MatchKind kind, params string[] values) => new() { Level = ResourceLevel.Study, Tags = [new(ResourceLevel.Study, tag, kind, values, false)] };

    private static Task Time(EdgeStore store, string what, FindRequest request) => Time(store, what, r => r.FindResources(request).Count);

    private static async Task Time(EdgeStore store, string what, Func<IIndexReader, int> query)
    {
        int hits = 0;
        double best = await Best(async () => hits = await store.Index.ReadAsync(query, static (r, q) => q(r)));
        Console.WriteLine($"{what}: {best * 1000:F3} ms, {hits} answers");
    }

    private static async Task Time(EdgeStore store, string what, Func<Task> work)
    {
        _ = store;
        Console.WriteLine($"{what}: {await Best(work) * 1000:F3} ms");
    }

    private static async Task<double> Best(Func<Task> work)
    {
        double best = double.MaxValue;
        for (int i = 0; i < 20; i++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            await work();
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }

        return best;
    }
}
