using System.Diagnostics;
using System.Text.Json.Nodes;
using Edge.Store;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>Kills the server at the steps of jobs: each job goes on at the next start and ends with neither a lost nor a repeated instance.</summary>
public sealed class JobKillTests
{
    private const int Instances = 12;

    [Theory]
    [InlineData("job.before-checkpoint")]
    [InlineData("job.after-checkpoint")]
    [InlineData("job.before-end")]
    public async Task SendingSurvives(string failpoint)
    {
        Assert.Contains(failpoint, Failpoint.Names);
        await using EdgeServer target = await EdgeServer.StartNewAsync();
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(configuration => configuration["DicomModalities"] = new JsonObject { ["target"] = new JsonArray("ORTHANC", "127.0.0.1", target.DicomPort) }, folder);
        string study = await FillAsync(server);
        string job = await KillDuringAsync(server, failpoint, failpoint == "job.before-end" ? 1 : 5, "/modalities/target/store", new JsonObject { ["Resources"] = new JsonArray(study), ["Asynchronous"] = true });
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal(("Success", Instances, 0), ((string)ended["State"]!, (int)ended["Content"]!["InstancesCount"]!, (int)ended["Content"]!["FailedInstancesCount"]!));
        Assert.Equal(Instances, (int)(await target.GetJsonAsync("/statistics"))["CountInstances"]!);
    }

    [Theory]
    [InlineData("job.before-ingest")]
    [InlineData("job.after-ingest")]
    [InlineData("index.before-commit")]
    [InlineData("index.after-commit")]
    public async Task ModifyingSurvives(string failpoint)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(folder: folder);
        string study = await FillAsync(server);
        string job = await KillDuringAsync(server, failpoint, 5, $"/studies/{study}/modify", new JsonObject
        {
            ["Replace"] = new JsonObject { ["PatientName"] = "Other^Name" },
            ["KeepSource"] = true,
            ["Asynchronous"] = true,
        });
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal("Success", (string)ended["State"]!);
        JsonNode statistics = await server.GetJsonAsync("/statistics");
        Assert.Equal((2 * Instances, 2, 2), ((int)statistics["CountInstances"]!, (int)statistics["CountSeries"]!, (int)statistics["CountStudies"]!));
    }

    private static async Task<string> FillAsync(EdgeServer server)
    {
        await server.StartAsync();
        string study = "";
        for (int i = 1; i <= Instances; i++)
        {
            study = (string)(await server.UploadAsync(SyntheticInstance.Numbered(701, 1, 1, i).ToFile()))["ParentStudy"]!;
        }

        await server.StopAsync();
        return study;
    }

    /// <summary>Submits a job to a server that ends at a failpoint, and starts it again without. The id of the job.</summary>
    private static async Task<string> KillDuringAsync(EdgeServer server, string failpoint, int hit, string path, JsonObject body)
    {
        server.Environment["EDGE_FAILPOINT"] = $"{failpoint}:{hit}";
        await server.StartAsync();
        string? job = null;
        try
        {
            job = (string)(await server.PostJsonAsync(path, body))["ID"]!;
        }
        catch (HttpRequestException)
        {
            // Killed before it answered: what was submitted is found below.
        }

        await server.WaitForExitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal(Failpoint.ExitStatus, server.ExitCode);
        server.Environment.Remove("EDGE_FAILPOINT");
        await server.StartAsync();
        return job ?? (string)Assert.Single((await server.GetJsonAsync("/jobs")).AsArray())!;
    }

    private static async Task<JsonNode> EndedAsync(EdgeServer server, string id)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            JsonNode job = await server.GetJsonAsync($"/jobs/{id}");
            if ((string)job["State"]! is "Success" or "Failure")
            {
                return job;
            }

            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"the job does not end: {job}");
            await Task.Delay(20);
        }
    }
}
