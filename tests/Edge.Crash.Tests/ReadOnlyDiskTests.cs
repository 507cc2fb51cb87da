using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>A disk that can only be read, as ext4 makes it after an error: under a server that runs, and at its start.</summary>
public sealed class ReadOnlyDiskTests
{
    [Fact]
    public async Task ADiskThatBecomesReadOnlyRefusesWithItsReasonAndLosesNothing()
    {
        using TemporaryFolder folder = new("edge-read-only-");
        await using MemoryDisk disk = await MemoryDisk.MountAsync(folder, "32m");
        await using EdgeServer server = await EdgeServer.StartNewAsync(
            configuration =>
            {
                configuration["StorageDirectory"] = disk.Path;
                configuration["IndexDirectory"] = folder.Combine("index");
                configuration["Edge"] = new JsonObject { ["Health"] = new JsonObject { ["MinimumFreeMB"] = 0 } };
            },
            folder);
        byte[] first = SyntheticInstance.Numbered(1, 1, 1, 1).ToFile();
        string id = (string)(await server.UploadAsync(first))["ID"]!;

        await disk.MakeReadOnlyAsync(true);
        byte[] second = SyntheticInstance.Numbered(2, 1, 1, 1).ToFile();
        using (HttpResponseMessage refused = await server.Http.PostAsync("/instances", new ByteArrayContent(second)))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
            Assert.Contains("read-only file system", await refused.Content.ReadAsStringAsync(), StringComparison.OrdinalIgnoreCase);
        }

        using TemporaryFolder sent = new("edge-read-only-sent-");
        await File.WriteAllBytesAsync(sent.Combine("second.dcm"), second);
        ToolResult store = await Tool.RunAsync("storescu", "-v", "127.0.0.1", $"{server.DicomPort}", sent.Combine("second.dcm"));
        Assert.Contains("Refused: OutOfResources", store.Output + store.Error);
        using (HttpResponseMessage ready = await server.Http.GetAsync("/health/ready"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
            Assert.Contains("read-only file system", (string?)JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["Checks"]!["storage"], StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.Http.GetAsync("/health/live")).StatusCode);
        Assert.Equal(first, await server.Http.GetByteArrayAsync($"/instances/{id}/file"));
        Assert.Single((await server.GetJsonAsync("/instances")).AsArray());

        await disk.MakeReadOnlyAsync(false);
        string other = (string)(await server.UploadAsync(second))["ID"]!;
        Assert.Equal(second, await server.Http.GetByteArrayAsync($"/instances/{other}/file"));

        // What the checks found is kept for a moment.
        HttpStatusCode status = HttpStatusCode.ServiceUnavailable;
        for (int tries = 0; status != HttpStatusCode.OK && tries < 100; tries++)
        {
            await Task.Delay(100);
            status = (await server.Http.GetAsync("/health/ready")).StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task AFolderThatCanOnlyBeReadIsAClearErrorAtTheStart()
    {
        using TemporaryFolder folder = new("edge-read-only-");
        await using MemoryDisk disk = await MemoryDisk.MountAsync(folder, "4m");
        await disk.MakeReadOnlyAsync(true);
        string configuration = folder.Combine("read-only.json");
        await File.WriteAllTextAsync(configuration, new JsonObject
        {
            ["StorageDirectory"] = disk.Path, ["IndexDirectory"] = disk.Path, ["HttpPort"] = FreePort.Next(), ["DicomPort"] = FreePort.Next(),
        }.ToJsonString());
        ToolResult result = await Tool.RunAsync(RepositoryPaths.Binary, "--config", configuration, "serve");
        Assert.Equal(1, result.ExitCode);
        Assert.Contains(disk.Path, result.Error);
        Assert.Contains("read-only file system", result.Error, StringComparison.OrdinalIgnoreCase);
    }
}
