using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Edge.Benchmarks.Store;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Outbox;
using Edge.TestKit;
using Edge.TestKit.Dicom;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;

namespace Edge.Benchmarks.Forwarding;

/// <summary>What forwarding costs, on the published native binary. Each figure stands beside the one it is to be compared with.</summary>
internal static class ForwardingBenchmark
{
    private const int Callers = 4;

    public static async Task<int> Run(string[] what)
    {
        foreach (string part in what.Length > 0 ? what : ["rate", "ingest", "backlog"])
        {
            switch (part)
            {
                case "rate":
                    await Rate();
                    break;
                case "ingest":
                    await Ingest();
                    break;
                case "backlog":
                    await Backlog(100_000);
                    break;
                default:
                    Console.Error.WriteLine($"{part}: expected rate, ingest or backlog");
                    return 2;
            }
        }

        return 0;
    }

    /// <summary>512 KB CT that wait for a destination, over one association.</summary>
    private static async Task Rate()
    {
        const int Count = 1000;
        await using StoreSink sink = new(hashes: false);
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => Configure(configuration, sink.Port, []));
        await Pause(server, "pause");
        await Upload(server, 1, Count);
        sink.Up();
        double cpu = ProcessCost.CpuSeconds(server.ProcessId);
        await Pause(server, "resume");
        while (sink.Stored == 0)
        {
            await Task.Delay(1);
        }

        Stopwatch clock = Stopwatch.StartNew();
        while (sink.Stored < Count)
        {
            await Task.Delay(5);
        }

        double seconds = clock.Elapsed.TotalSeconds;
        Console.WriteLine(Text($"rate: {Count / seconds:F0} CT of 512 KB per second over one association ({(ProcessCost.CpuSeconds(server.ProcessId) - cpu) * 1000 / Count:F2} ms of CPU each); must be 200 or more"));
    }

    /// <summary>Reception alone, and while forwarding runs at a destination limited to 5 MB/s. The two alternate, so that what else the machine does hits both.</summary>
    private static async Task Ingest()
    {
        const int Count = 300;
        await using StoreSink sink = new(hashes: false);
        sink.Up();
        await using EdgeServer alone = await EdgeServer.StartNewAsync();
        await using EdgeServer forwarding = await EdgeServer.StartNewAsync(configuration => Configure(configuration, sink.Port, new JsonObject { ["MaximumKBps"] = 5000 }));
        await Upload(alone, 1, 50);
        await Upload(forwarding, 1, 50);
        List<double> without = [];
        List<double> with = [];
        for (int round = 0; round < 5; round++)
        {
            without.Add(await Upload(alone, 1000 + (round * Count), Count));
            with.Add(await Upload(forwarding, 1000 + (round * Count), Count));
        }

        double first = Median(without);
        double second = Median(with);
        Console.WriteLine(Text($"ingest: {first:F0} per second alone, {second:F0} while forwarding at 5 MB/s ({(second / first) - 1:P1}); must not be slower by more than a tenth"));
    }

    /// <summary>An index with a backlog, and the same one without: memory, start, reception.</summary>
    private static async Task Backlog(int rows)
    {
        using TemporaryFolder empty = new("edge-empty-");
        using TemporaryFolder full = new("edge-backlog-");
        await Fill(empty.Combine("storage"), rows, []);
        await Fill(full.Combine("storage"), rows, [new OutboxRequest("dicom", "pacs", 0, "all")]);
        int closed = FreePort.Next();
        (double emptyStart, double emptyMemory, double emptyRate) = await Measure(empty, closed);
        (double fullStart, double fullMemory, double fullRate) = await Measure(full, closed);
        Console.WriteLine(Text($"backlog of {rows}: serves {fullStart:F0} ms after the start of the process ({emptyStart:F0} ms without it); must be 200 or less"));
        Console.WriteLine(Text($"backlog of {rows}: {fullMemory:F1} MB resident ({emptyMemory:F1} MB without it); may be 30 more"));
        Console.WriteLine(Text($"backlog of {rows}: {fullRate:F0} instances of 512 KB received per second ({emptyRate:F0} without it)"));
    }

    private static async Task<(double StartMilliseconds, double Megabytes, double Rate)> Measure(TemporaryFolder folder, int port)
    {
        await using EdgeServer server = new(configuration => Configure(configuration, port, new JsonObject { ["RetryMinimum"] = 1, ["RetryMaximum"] = 1 }), folder);
        List<double> starts = [];
        for (int i = 0; i < 5; i++)
        {
            if (i > 0)
            {
                await server.StopAsync();
            }

            Stopwatch clock = Stopwatch.StartNew();
            await server.StartAsync();
            starts.Add(clock.Elapsed.TotalMilliseconds);
        }

        // Attempts, counts and the metrics of some seconds are part of it.
        await Task.Delay(TimeSpan.FromSeconds(12));
        await server.GetJsonAsync("/edge/forwarding");
        double memory = ProcessCost.ResidentBytes(server.ProcessId) / 1048576.0;
        await Upload(server, 1, 50);
        List<double> rates = [];
        for (int round = 0; round < 3; round++)
        {
            rates.Add(await Upload(server, 1000 + (round * 200), 200));
        }

        return (Median(starts), memory, Median(rates));
    }

    private static async Task Fill(string folder, int rows, IReadOnlyList<OutboxRequest> outbox)
    {
        await using EdgeStore store = EdgeStore.Open(new StoreOptions { StorageDirectory = folder, SyncStorageArea = false });
        List<Task> waiting = [];
        for (int n = 0; n < rows; n++)
        {
            // Without files: whoever sends them finds that they are missing, but nobody does, for the destination is down.
            AttachmentRecord file = new(1, Guid.NewGuid(), StorageFormat.Lz4, AttachmentCompression.None, 10_000, 10_000, 5_000, new string('a', 32), new string('a', 32));
            waiting.Add(store.Index.StoreInstanceAsync(IngestBenchmark.Record(n, file) with { Outbox = outbox }).AsTask());
            if (waiting.Count == 512)
            {
                await Task.WhenAll(waiting);
                waiting.Clear();
            }
        }

        await Task.WhenAll(waiting);
    }

    private static void Configure(JsonObject configuration, int port, JsonObject destination)
    {
        configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("PACS", "127.0.0.1", port) };
        configuration["Edge"] = new JsonObject
        {
            ["Forwarding"] = new JsonObject
            {
                ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "pacs" } },
                ["Destinations"] = new JsonObject { ["pacs"] = destination },
            },
        };
    }

    /// <summary>Instances per second.</summary>
    private static async Task<double> Upload(EdgeServer server, int first, int count)
    {
        byte[][] files = [.. Enumerable.Range(first, count).Select(static n => (SyntheticInstance.Numbered(1 + (n / 500), 1, 1 + (n / 100 % 5), n) with { Rows = 512, Columns = 512 }).ToFile())];
        int next = -1;
        Stopwatch clock = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(async _ =>
        {
            int at;
            while ((at = Interlocked.Increment(ref next)) < files.Length)
            {
                await server.UploadAsync(files[at]);
            }
        }));
        return count / clock.Elapsed.TotalSeconds;
    }

    private static async Task Pause(EdgeServer server, string act)
    {
        using HttpResponseMessage answer = await server.Http.PostAsync($"/edge/forwarding/pacs/{act}", null);
        answer.EnsureSuccessStatusCode();
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
