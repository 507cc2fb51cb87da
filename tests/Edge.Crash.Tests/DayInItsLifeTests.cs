using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Dicom;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>
/// A box between modalities that send and a destination that is down, refuses, is busy, slow and resets, while the box is killed ten times and its disk runs
/// full: in the end the destination has every instance, byte for byte, and every view of the box says so.
/// </summary>
public sealed class DayInItsLifeTests
{
    private const int Kills = 10;
    private static readonly SinkMode?[] Weather = [null, SinkMode.Reject, SinkMode.Take, SinkMode.Busy, SinkMode.Slow, SinkMode.Reset];

    [Fact]
    public async Task EverythingArrivesWhateverHappens()
    {
        int count = Scale.Rounds(400, 5000);
        int seed = Environment.TickCount;
        Random random = new(seed);
        TestContext.Current.SendDiagnosticMessage($"seed {seed}");
        using TemporaryFolder folder = new("edge-day-");
        string disk = folder.Combine("disk");
        Directory.CreateDirectory(disk);
        ToolResult mount = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={Scale.Rounds(96, 800)}m", "tmpfs", disk);
        try
        {
            await using StoreSink sink = new();
            await using EdgeServer server = new(configuration => Configure(configuration, disk, sink.Port), folder);
            await server.StartAsync();
            Generator generator = new(server, count);
            int Portion(int kill) => count * (kill + 1) / (Kills + 2);
            generator.Allow(Portion(0));
            Task sending = generator.RunAsync(rest: 2, dicom: 3);
            for (int kill = 0; kill < Kills; kill++)
            {
                await SetAsync(sink, Weather[kill % Weather.Length]);

                // The instances spread over the day, whatever the machine makes of them.
                await UntilAsync(() => Task.FromResult(generator.Acknowledged >= Portion(kill)), TimeSpan.FromMinutes(Scale.Rounds(2, 20)), "the generator does not get on", server);
                await Task.Delay(random.Next(50, 400));
                if (kill == Kills / 2 && mount.ExitCode == 0)
                {
                    await FillAsync(disk, generator, server, Portion(kill + 1));
                }

                generator.Allow(Portion(kill + 1));

                await server.KillAsync();
                await server.StartAsync();
            }

            await SetAsync(sink, SinkMode.Take);
            generator.Release();
            await sending.WaitAsync(TimeSpan.FromMinutes(Scale.Rounds(2, 30)));
            await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! >= count, TimeSpan.FromMinutes(Scale.Rounds(2, 30)), "not everything is delivered", server);
            Audit(generator, sink, count);
            await CompareViewsAsync(server, folder, count);
            await server.StopAsync();
            Assert.Equal(0, server.ExitCode);
        }
        finally
        {
            if (mount.ExitCode == 0)
            {
                await Tool.RunAsync("umount", "-l", disk);
            }
        }
    }

    private static void Configure(JsonObject configuration, string disk, int port)
    {
        configuration["StorageDirectory"] = disk;
        configuration["IndexDirectory"] = disk;
        configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("PACS", "127.0.0.1", port) };
        configuration["Edge"] = new JsonObject
        {
            ["Forwarding"] = new JsonObject
            {
                ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "pacs" } },
                ["Destinations"] = new JsonObject { ["pacs"] = new JsonObject { ["Associations"] = 2, ["RetryMinimum"] = 1, ["RetryMaximum"] = 2 } },
            },
        };
    }

    private static async Task SetAsync(StoreSink sink, SinkMode? weather)
    {
        if (weather is { } mode)
        {
            sink.Mode = mode;
            sink.Up();
        }
        else
        {
            await sink.DownAsync();
        }
    }

    /// <summary>Leaves no room on the disk until an instance was refused, then makes room again.</summary>
    private static async Task FillAsync(string disk, Generator generator, EdgeServer server, int portion)
    {
        string filler = Path.Combine(disk, "filler");
        long refused = generator.Refused;
        await using (FileStream file = new(filler, FileMode.Create))
        {
            byte[] block = new byte[1 << 20];
            try
            {
                while (true)
                {
                    await file.WriteAsync(block);
                    await file.FlushAsync();
                }
            }
            catch (IOException)
            {
                // It is full.
            }
        }

        generator.Allow(portion);
        await UntilAsync(() => Task.FromResult(generator.Refused > refused), TimeSpan.FromMinutes(2), "nothing was refused on a full disk", server);
        File.Delete(filler);
    }

    /// <summary>Each instance is there at least once, and each time as it was sent.</summary>
    private static void Audit(Generator generator, StoreSink sink, int count)
    {
        Assert.Equal(count, generator.Acknowledged);
        for (int i = 1; i <= count; i++)
        {
            TestKit.Samples.SyntheticInstance sample = Generator.Sample(i);
            Assert.True(sink.Received.TryGetValue(sample.SopInstanceUid, out var hashes), $"instance {i} never arrived");
            string expected = Convert.ToHexString(SHA256.HashData(sample.ToDataSet()));
            Assert.All(hashes, hash => Assert.Equal(expected, hash));
        }

        Assert.Equal(count, sink.Received.Count);
    }

    private static async Task CompareViewsAsync(EdgeServer server, TemporaryFolder folder, int count)
    {
        JsonNode pacs = await DestinationAsync(server);
        Assert.Equal((count, 0, 0, 0), ((int)pacs["Delivered"]!, (int)pacs["Pending"]!, (int)pacs["Sending"]!, (int)pacs["Parked"]!));
        Assert.Equal(count, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        Assert.Equal(count, (await server.GetJsonAsync("/instances")).AsArray().Count);
        Assert.Empty((await server.GetJsonAsync("/edge/forwarding/pacs/rows?state=Pending")).AsArray());

        // Metrics are counted every few seconds.
        string metrics = "";
        await UntilAsync(async () =>
        {
            metrics = await server.Http.GetStringAsync("/tools/metrics-prometheus");
            return metrics.Contains("edge_forwarding_pending{destination=\"pacs\"} 0 ", StringComparison.Ordinal);
        }, TimeSpan.FromMinutes(2), "the metrics still tell of a backlog", server);
        Assert.Contains("edge_forwarding_parked{destination=\"pacs\"} 0 ", metrics);
        ToolResult status = await Tool.RunAsync(RepositoryPaths.Binary, "--config", folder.Combine("edge-dicom.json"), "forwarding", "status");
        Assert.Equal(0, status.ExitCode);
        string[] words = status.Output.Split('\n').First(static line => line.StartsWith("pacs", StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(["0", "-", "0", $"{count}"], words[2..6]);
    }

    private static async Task<JsonNode> DestinationAsync(EdgeServer server) => (await server.GetJsonAsync("/edge/forwarding"))[0]!;

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan limit, string otherwise, EdgeServer server)
    {
        DateTime end = DateTime.UtcNow + limit;
        while (!await condition())
        {
            if (DateTime.UtcNow > end)
            {
                string log = server.Log;
                string state = server.IsRunning ? (await server.GetJsonAsync("/edge/forwarding")).ToJsonString() : "the server is not running";
                Assert.Fail($"{otherwise}: {state}\n{log[Math.Max(0, log.Length - 4000)..]}");
            }

            await Task.Delay(20);
        }
    }
}
