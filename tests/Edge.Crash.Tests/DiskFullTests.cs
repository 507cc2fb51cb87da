using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>A disk that runs full under the native binary: a small file system in memory, mounted for the test.</summary>
public sealed class DiskFullTests
{
    [Fact]
    public async Task AFullDiskRefusesLosesNothingAndRecoversByItself()
    {
        using TemporaryFolder folder = new("edge-full-");
        await using MemoryDisk disk = await MemoryDisk.MountAsync(folder, "64m");
        await using EdgeServer server = await EdgeServer.StartNewAsync(
            configuration =>
            {
                configuration["StorageDirectory"] = disk.Path;
                configuration["IndexDirectory"] = disk.Path;
            },
            folder);
        Ledger ledger = new();
        HttpStatusCode status = HttpStatusCode.OK;
        for (int i = 1; i < 1000 && status == HttpStatusCode.OK; i++)
        {
            // Noise does not compress: each takes some 130 KB.
            SyntheticInstance sample = SyntheticInstance.Numbered(1 + (i % 20), 1, 1, i) with { Rows = 512, Columns = 512 };
            byte[] file = sample.ToFile();
            using HttpResponseMessage answer = await server.Http.PostAsync("/instances", new ByteArrayContent(file));
            status = answer.StatusCode;
            string text = await answer.Content.ReadAsStringAsync();
            if (status == HttpStatusCode.OK)
            {
                ledger.Acknowledge((string)JsonNode.Parse(text)!["ID"]!, file);
            }
            else
            {
                Assert.Equal(19, (int?)JsonNode.Parse(text)!["OrthancStatus"]);
            }
        }

        Assert.Equal(HttpStatusCode.InsufficientStorage, status);
        Assert.True(ledger.Count > 20, $"only {ledger.Count} instances fitted");
        await ledger.AuditAsync(server);

        // Somebody else takes what is left to the last block: room can be made all the same, and nothing needs to be restarted.
        string foreign = Path.Combine(disk.Path, "foreign");
        await Tool.RunAsync("dd", "if=/dev/zero", $"of={foreign}", "bs=4k");
        Assert.Equal(0, new DriveInfo(disk.Path).AvailableFreeSpace);
        JsonArray patients = (await server.GetJsonAsync("/patients")).AsArray();
        foreach (JsonNode? patient in patients.Take(patients.Count / 2))
        {
            using HttpResponseMessage gone = await server.Http.DeleteAsync($"/patients/{(string?)patient}");
            Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        }

        File.Delete(foreign);
        byte[] another = (SyntheticInstance.Numbered(999, 1, 1, 1) with { Rows = 512, Columns = 512 }).ToFile();
        for (int tries = 0; status != HttpStatusCode.OK && tries < 100; tries++)
        {
            // Files of deleted instances go in the background.
            await Task.Delay(100);
            using HttpResponseMessage answer = await server.Http.PostAsync("/instances", new ByteArrayContent(another));
            status = answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.OK, status);
        await server.StopAsync();
        Assert.True(server.ExitCode == 0, server.Log);
    }

    [Fact]
    public async Task AFullDiskOfTheFilesAloneIsSaidOnceAndWhenItIsOver()
    {
        using TemporaryFolder folder = new("edge-full-");
        await using MemoryDisk disk = await MemoryDisk.MountAsync(folder, "4m");
        await using EdgeServer server = await EdgeServer.StartNewAsync(
            configuration =>
            {
                configuration["StorageDirectory"] = disk.Path;
                configuration["IndexDirectory"] = folder.Combine("index");
                configuration["Edge"] = new JsonObject { ["StorageFormat"] = "raw" }; // so that all take the same room
            },
            folder);
        int number = 0;
        for (int episode = 1; episode <= 2; episode++)
        {
            string patient = "";
            int refused = 0;
            while (refused < 3)
            {
                Assert.True(++number < 500, "the disk does not fill up");
                using HttpResponseMessage answer = await PostAsync(server, number);
                if (answer.StatusCode == HttpStatusCode.OK)
                {
                    patient = (string)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["ParentPatient"]!;
                    continue;
                }

                Assert.Equal(HttpStatusCode.InsufficientStorage, answer.StatusCode);
                refused++;
            }

            await ToldAsync(server, episode, episode - 1);
            using HttpResponseMessage gone = await server.Http.DeleteAsync($"/patients/{patient}");
            Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
            HttpStatusCode status = HttpStatusCode.InsufficientStorage;
            for (int tries = 0; status != HttpStatusCode.OK && tries < 100; tries++)
            {
                // Files of deleted instances go in the background.
                await Task.Delay(100);
                using HttpResponseMessage answer = await PostAsync(server, ++number);
                status = answer.StatusCode;
            }

            Assert.Equal(HttpStatusCode.OK, status);
            await ToldAsync(server, episode, episode);
        }
    }

    private static Task<HttpResponseMessage> PostAsync(EdgeServer server, int number) =>
        server.Http.PostAsync("/instances", new ByteArrayContent((SyntheticInstance.Numbered(1, 1, 1, number) with { Rows = 512, Columns = 512 }).ToFile()));

    /// <summary>The log comes through a pipe, maybe later than the answer.</summary>
    private static async Task ToldAsync(EdgeServer server, int full, int over)
    {
        for (int tries = 0; Told(server) != (full, over) && tries < 100; tries++)
        {
            await Task.Delay(100);
        }

        Assert.Equal((full, over), Told(server));
    }

    private static (int Full, int Over) Told(EdgeServer server)
    {
        string[] lines = server.Log.Split('\n');
        return (lines.Count(static line => line.Contains("The disk of the files is full", StringComparison.Ordinal)), lines.Count(static line => line.Contains("The disk of the files has room again", StringComparison.Ordinal)));
    }
}
