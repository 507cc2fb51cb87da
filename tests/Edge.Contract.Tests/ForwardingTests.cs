using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Forwarding from the native binary to DCMTK's storescp and to another of our own.</summary>
public sealed class ForwardingTests
{
    [Fact]
    public async Task WhatCameWhileTheDestinationWasDownArrivesByteForByteAfterAKill()
    {
        using TemporaryFolder folder = new();
        using TemporaryFolder received = new();
        int port = FreePort.Next();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => Configure(configuration, "STORESCP", port), folder);
        for (int i = 1; i <= 20; i++)
        {
            await server.UploadAsync(SyntheticInstance.Numbered(401, 1, 1, i).ToFile());
        }

        await UntilAsync(async () => (string)(await DestinationAsync(server))["LastError"]! != "");
        JsonNode waiting = await DestinationAsync(server);
        Assert.Equal(20, (int)waiting["Pending"]! + (int)waiting["Sending"]!);
        await server.KillAsync();

        using Process storescp = Process.Start(new ProcessStartInfo("storescp", ["-aet", "STORESCP", "-od", received.Path, "+B", "+xa", $"{port}"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            await server.StartAsync();
            await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! == 20);
            Assert.Equal(20, Directory.GetFiles(received.Path).Length);
            byte[] expected = SyntheticInstance.Numbered(401, 1, 1, 7).ToDataSet();
            Assert.Contains(Directory.GetFiles(received.Path), path => File.ReadAllBytes(path).AsSpan().EndsWith(expected));
        }
        finally
        {
            storescp.Kill();
        }

        Assert.Contains("edge_forwarding_sent_total{destination=\"pacs\"} 20 ", await server.Http.GetStringAsync("/tools/metrics-prometheus"));
        ToolResult status = await Tool.RunAsync(RepositoryPaths.Binary, "--config", folder.Combine("edge-dicom.json"), "forwarding", "status");
        Assert.Equal(0, status.ExitCode);
        Assert.Contains("pacs", status.Output);
    }

    [Fact]
    public async Task ManyInstancesReachAnotherBoxOnce()
    {
        await using EdgeServer target = await EdgeServer.StartNewAsync();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => Configure(configuration, "ORTHANC", target.DicomPort));
        for (int i = 0; i < 100; i++)
        {
            await server.UploadAsync(SyntheticInstance.Numbered(402, 1, 1 + (i % 3), i + 1).ToFile());
        }

        await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! == 100);
        JsonNode statistics = await target.GetJsonAsync("/statistics");
        Assert.Equal((100, 3), ((int)statistics["CountInstances"]!, (int)statistics["CountSeries"]!));
    }

    [Fact]
    public async Task ARuleMayAskForAnElementThatIsNoMainTag()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            Configure(configuration, "NOBODY", FreePort.Next());
            configuration["Edge"]!["Forwarding"]!["Rules"] = new JsonObject { ["r"] = new JsonObject { ["To"] = "pacs", ["Tags"] = new JsonObject { ["KVP"] = "100..140" } } };
        });
        string[] kvps = ["80", "120", "140", "150"];
        for (int i = 0; i < kvps.Length; i++)
        {
            await server.UploadAsync((SyntheticInstance.Numbered(405, 1, 1, i + 1) with { Kvp = kvps[i] }).ToFile());
        }

        await server.UploadAsync(SyntheticInstance.Numbered(405, 1, 1, 5).ToFile());
        JsonNode owed = await DestinationAsync(server);
        Assert.Equal(2, (int)owed["Pending"]! + (int)owed["Sending"]!);
    }

    [Theory]
    [InlineData(30, 1)]
    [InlineData(0, 3)]
    public async Task AnAssociationIsKeptForWhatComesNextAsLongAsTheOptionSays(int delay, int associations)
    {
        await using EdgeServer target = await EdgeServer.StartNewAsync();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            Configure(configuration, "ORTHANC", target.DicomPort);
            configuration["DicomAssociationCloseDelay"] = delay;
        });
        for (int i = 1; i <= 3; i++)
        {
            await server.UploadAsync(SyntheticInstance.Numbered(404, 1, 1, i).ToFile());
            await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! == i);
        }

        Assert.Contains($"edge_dicom_associations_total {associations} ", await target.Http.GetStringAsync("/tools/metrics-prometheus"));

        // The peer ends what was kept: the next instance gets an association of its own.
        await target.StopAsync();
        await target.StartAsync();
        await server.UploadAsync(SyntheticInstance.Numbered(404, 1, 1, 4).ToFile());
        await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! == 4);
        Assert.Contains("edge_dicom_associations_total 1 ", await target.Http.GetStringAsync("/tools/metrics-prometheus"));
        await server.StopAsync();
        Assert.Equal(0, server.ExitCode);
    }

    [Fact]
    public async Task APeerIsADestinationToo()
    {
        int port = FreePort.Next();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            Configure(configuration, "UNUSED", 104);
            configuration["OrthancPeers"] = new JsonObject { ["cloud"] = new JsonArray($"http://127.0.0.1:{port}/") };
            configuration["Edge"]!["Forwarding"]!["Rules"]!["all"]!["To"] = "cloud";
            configuration["Edge"]!["Forwarding"]!["Destinations"] = new JsonObject { ["cloud"] = new JsonObject { ["RetryMinimum"] = 1, ["RetryMaximum"] = 1 } };
        });
        byte[] large = (SyntheticInstance.Numbered(407, 1, 1, 1) with { Rows = 800, Columns = 800 }).ToFile();
        string id = (string)(await server.UploadAsync(large))["ID"]!;
        for (int i = 2; i <= 10; i++)
        {
            await server.UploadAsync(SyntheticInstance.Numbered(407, 1, 1, i).ToFile());
        }

        await UntilAsync(async () => (string)(await DestinationAsync(server))["LastError"]! != "");
        Assert.Equal(10, (int)(await DestinationAsync(server))["Pending"]! + (int)(await DestinationAsync(server))["Sending"]!);
        await using EdgeServer peer = await EdgeServer.StartNewAsync(configuration => configuration["HttpPort"] = port);
        await UntilAsync(async () => (int)(await DestinationAsync(server))["Delivered"]! == 10);
        Assert.Equal(10, (int)(await peer.GetJsonAsync("/statistics"))["CountInstances"]!);
        Assert.Equal(large, await peer.Http.GetByteArrayAsync($"/instances/{id}/file"));
    }

    [Fact]
    public async Task OperatorsPauseAndDropAndResume()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => Configure(configuration, "NOBODY", FreePort.Next()));
        using (HttpResponseMessage paused = await server.Http.PostAsync("/edge/forwarding/pacs/pause", null))
        {
            Assert.Equal(HttpStatusCode.OK, paused.StatusCode);
        }

        await server.UploadAsync(SyntheticInstance.Numbered(403, 1, 1, 1).ToFile());
        JsonNode status = await DestinationAsync(server);
        Assert.Equal(("Paused", 1), ((string)status["Activity"]!, (int)status["Pending"]!));
        Assert.StartsWith("somebody at 127.0.0.1", (string)status["PausedBy"]!);
        JsonNode rows = await server.GetJsonAsync("/edge/forwarding/pacs/rows?state=Pending");
        Assert.Equal("all", (string)Assert.Single(rows.AsArray())!["Rule"]!);

        using (HttpResponseMessage unsaid = await server.Http.PostAsync("/edge/forwarding/pacs/drop", null))
        {
            Assert.Equal(HttpStatusCode.BadRequest, unsaid.StatusCode);
        }

        JsonNode dropped = await server.PostJsonAsync("/edge/forwarding/pacs/drop", new JsonObject { ["Id"] = (long)rows[0]!["Id"]! });
        Assert.Equal(1, (int)dropped["Count"]!);
        Assert.Equal(0, (int)(await DestinationAsync(server))["Pending"]!);
        await server.PostJsonAsync("/edge/forwarding/pacs/resume", new JsonObject());
        using HttpResponseMessage unknown = await server.Http.PostAsync("/edge/forwarding/nowhere/pause", null);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Contains("paused by somebody at 127.0.0.1", server.Log);
    }

    [Fact]
    public async Task ARuleThatCanMatchNothingIsAStartUpErrorWithItsPath()
    {
        await using EdgeServer server = new(static configuration =>
        {
            Configure(configuration, "PACS", 104);
            configuration["Edge"]!["Forwarding"]!["Rules"]!["all"]!["Tags"] = new JsonObject { ["StudyDate"] = "20270101..20260101" };
        });
        server.Launch();
        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(1, server.ExitCode);
        await UntilAsync(() => Task.FromResult(server.Log.Contains("Edge.Forwarding.Rules.all.Tags.StudyDate", StringComparison.Ordinal)));
    }

    private static void Configure(JsonObject configuration, string aet, int port)
    {
        configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray(aet, "127.0.0.1", port) };
        configuration["Edge"] = new JsonObject
        {
            ["Forwarding"] = new JsonObject
            {
                ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "pacs" } },
                ["Destinations"] = new JsonObject { ["pacs"] = new JsonObject { ["RetryMinimum"] = 1, ["RetryMaximum"] = 2 } },
            },
        };
    }

    private static async Task<JsonNode> DestinationAsync(EdgeServer server) => Assert.Single((await server.GetJsonAsync("/edge/forwarding")).AsArray())!;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "it did not happen within two minutes");
            await Task.Delay(50);
        }
    }
}
