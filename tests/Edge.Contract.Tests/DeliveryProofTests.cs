using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Forwarding with storage commitment as proof of delivery, between two of our own.</summary>
public sealed class DeliveryProofTests
{
    private const int Count = 30;

    [Fact]
    public async Task OnlyWhatTheDestinationAnswersForIsDeliveredAlsoOverAKill()
    {
        using TemporaryFolder folder = new();
        await using EdgeServer keeper = await EdgeServer.StartNewAsync(static configuration => configuration["DicomAet"] = "KEEPER");
        await using EdgeServer box = await EdgeServer.StartNewAsync(configuration => Configure(configuration, keeper.DicomPort), folder);
        for (int i = 1; i <= Count; i++)
        {
            await box.UploadAsync(SyntheticInstance.Numbered(411, 1, 1, i).ToFile());
        }

        // The keeper takes the instances, but does not know the box as a modality: it answers for nothing.
        await UntilAsync(async () => (int)(await DestinationAsync(box))["Uncommitted"]! == Count && (string)(await DestinationAsync(box))["LastError"]! != "", box);
        JsonNode unproven = await DestinationAsync(box);
        Assert.Equal((0, 0, 0), ((int)unproven["Delivered"]!, (int)unproven["Pending"]!, (int)unproven["Parked"]!));
        Assert.StartsWith("storage commitment: ", (string)unproven["LastError"]!);
        Assert.Equal(Count, (await box.GetJsonAsync("/edge/forwarding/keeper/rows?state=Uncommitted")).AsArray().Count);
        ToolResult status = await Tool.RunAsync(RepositoryPaths.Binary, "--config", folder.Combine("edge-dicom.json"), "forwarding", "status");
        Assert.Contains($" {Count} ", status.Output.Split('\n').First(static line => line.StartsWith("keeper", StringComparison.Ordinal)));

        await box.KillAsync();
        using HttpResponseMessage known = await keeper.Http.PutAsync("/modalities/box", new StringContent($$"""{ "AET": "BOX", "Host": "127.0.0.1", "Port": {{box.DicomPort}} }"""));
        known.EnsureSuccessStatusCode();
        await box.StartAsync();

        // Proven, it is deleted as the configuration asks, and nothing was sent twice.
        await UntilAsync(async () => (await box.GetJsonAsync("/instances")).AsArray().Count == 0, box);
        Assert.Equal(Count, (await keeper.GetJsonAsync("/instances")).AsArray().Count);
        Assert.Contains("edge_forwarding_sent_total{destination=\"keeper\"} 0 ", await box.Http.GetStringAsync("/tools/metrics-prometheus"));
        Assert.Contains("edge_forwarding_uncommitted{destination=\"keeper\"}", await box.Http.GetStringAsync("/tools/metrics-prometheus"));
    }

    [Fact]
    public async Task WhatTheDestinationHasLostIsSentAgain()
    {
        using TemporaryFolder folder = new();
        await using EdgeServer keeper = await EdgeServer.StartNewAsync(static configuration => configuration["DicomAet"] = "KEEPER");
        await using EdgeServer box = await EdgeServer.StartNewAsync(configuration => Configure(configuration, keeper.DicomPort), folder);
        string lost = (string)(await box.UploadAsync(SyntheticInstance.Numbered(412, 1, 1, 1).ToFile()))["ID"]!;
        await box.UploadAsync(SyntheticInstance.Numbered(412, 1, 1, 2).ToFile());
        await UntilAsync(async () => (int)(await DestinationAsync(box))["Uncommitted"]! == 2, box);
        using HttpResponseMessage gone = await keeper.Http.DeleteAsync($"/instances/{lost}");
        gone.EnsureSuccessStatusCode();
        using HttpResponseMessage known = await keeper.Http.PutAsync("/modalities/box", new StringContent($$"""{ "AET": "BOX", "Host": "127.0.0.1", "Port": {{box.DicomPort}} }"""));
        known.EnsureSuccessStatusCode();
        await UntilAsync(async () => (await box.GetJsonAsync("/instances")).AsArray().Count == 0, box);
        Assert.Equal(2, (await keeper.GetJsonAsync("/instances")).AsArray().Count);
        Assert.Contains("it will be sent again", box.Log);
    }

    [Fact]
    public async Task APeerCannotBeAskedForIt()
    {
        using TemporaryFolder folder = new();
        string path = folder.Combine("peer.json");
        await File.WriteAllTextAsync(path, """
            { "OrthancPeers": { "cloud": [ "http://localhost:8043/" ] },
              "Edge": { "Forwarding": { "Rules": { "all": { "To": "cloud" } }, "Destinations": { "cloud": { "StorageCommitment": true } } } } }
            """);
        ToolResult check = await Tool.RunAsync(RepositoryPaths.Binary, "check-config", path);
        Assert.Equal(1, check.ExitCode);
        Assert.Contains("Edge.Forwarding.Destinations.cloud.StorageCommitment", check.Output + check.Error);
    }

    private static void Configure(JsonObject configuration, int port)
    {
        configuration["DicomAet"] = "BOX";
        configuration["DicomModalities"] = new JsonObject { ["keeper"] = new JsonArray("KEEPER", "127.0.0.1", port) };
        configuration["Edge"] = new JsonObject
        {
            ["Forwarding"] = new JsonObject
            {
                ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "keeper" } },
                ["Destinations"] = new JsonObject { ["keeper"] = new JsonObject { ["RetryMinimum"] = 1, ["RetryMaximum"] = 1, ["StorageCommitment"] = true, ["CommitmentTimeout"] = 30 } },
                ["DeleteDeliveredAfter"] = 0,
            },
        };
    }

    private static async Task<JsonNode> DestinationAsync(EdgeServer server) => (await server.GetJsonAsync("/edge/forwarding"))[0]!;

    private static async Task UntilAsync(Func<Task<bool>> condition, EdgeServer server)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"it did not happen within a minute: {await DestinationAsync(server)}\n{server.Log}");
            await Task.Delay(50);
        }
    }
}
