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
        }, NoRepetitionOf(failpoint));
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal("Success", (string)ended["State"]!);
        JsonNode statistics = await server.GetJsonAsync("/statistics");
        Assert.Equal((2 * Instances, 2, 2), ((int)statistics["CountInstances"]!, (int)statistics["CountSeries"]!, (int)statistics["CountStudies"]!));
    }

    [Theory]
    [InlineData("job.before-ingest")]
    [InlineData("job.after-ingest")]
    [InlineData("job.before-end")]
    public async Task AnonymizingTranscodedSurvives(string failpoint)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(folder: folder);
        string study = await FillAsync(server);
        string job = await KillDuringAsync(server, failpoint, HitOf(failpoint), $"/studies/{study}/anonymize", new JsonObject { ["Transcode"] = "1.2.840.10008.1.2.4.80", ["KeepSource"] = false, ["Asynchronous"] = true }, NoRepetitionOf(failpoint));
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal("Success", (string)ended["State"]!);
        string made = (string)Assert.Single((await server.GetJsonAsync("/studies")).AsArray())!;
        Assert.Equal((string)ended["Content"]!["ID"]!, made);
        JsonArray instances = (await server.GetJsonAsync("/instances")).AsArray();
        Assert.Equal(Instances, instances.Count);
        Assert.Equal("1.2.840.10008.1.2.4.80", await server.Http.GetStringAsync($"/instances/{instances[0]}/metadata/TransferSyntax"));
    }

    [Theory]
    [InlineData("split", "job.before-ingest")]
    [InlineData("split", "job.after-ingest")]
    [InlineData("merge", "job.before-ingest")]
    [InlineData("merge", "job.after-ingest")]
    [InlineData("merge", "job.before-end")]
    public async Task SplittingAndMergingSurvive(string operation, string failpoint)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(folder: folder);
        string study = await FillAsync(server);
        string other = await FillAsync(server, study: 2);
        await server.StartAsync();
        string series = (string)(await server.GetJsonAsync($"/studies/{other}"))["Series"]![0]!;
        await server.StopAsync();
        string job = operation == "split"
            ? await KillDuringAsync(server, failpoint, HitOf(failpoint), $"/studies/{other}/split", new JsonObject { ["Series"] = new JsonArray(series), ["Asynchronous"] = true })
            : await KillDuringAsync(server, failpoint, HitOf(failpoint), $"/studies/{study}/merge", new JsonObject { ["Resources"] = new JsonArray(other), ["Asynchronous"] = true });
        Assert.Equal("Success", (string)(await EndedAsync(server, job))["State"]!);
        JsonNode statistics = await server.GetJsonAsync("/statistics");
        Assert.Equal((2 * Instances, 2, operation == "split" ? 2 : 1), ((int)statistics["CountInstances"]!, (int)statistics["CountSeries"]!, (int)statistics["CountStudies"]!));
    }

    [Theory]
    [InlineData("job.before-checkpoint")]
    [InlineData("job.after-checkpoint")]
    [InlineData("job.before-end")]
    public async Task SendingToAPeerSurvives(string failpoint)
    {
        await using EdgeServer target = await EdgeServer.StartNewAsync();
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(configuration => configuration["OrthancPeers"] = new JsonObject { ["target"] = new JsonArray($"http://127.0.0.1:{target.RestPort}/") }, folder);
        string study = await FillAsync(server);
        string job = await KillDuringAsync(server, failpoint, HitOf(failpoint), "/peers/target/store", new JsonObject { ["Resources"] = new JsonArray(study), ["Asynchronous"] = true });
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal(("Success", 0), ((string)ended["State"]!, (int)ended["Content"]!["FailedInstancesCount"]!));
        Assert.Equal(Instances, (int)(await target.GetJsonAsync("/statistics"))["CountInstances"]!);
    }

    [Theory]
    [InlineData("move", "job.before-checkpoint")]
    [InlineData("move", "job.after-checkpoint")]
    [InlineData("get", "job.before-checkpoint")]
    [InlineData("get", "job.after-checkpoint")]
    [InlineData("get", "job.before-end")]
    public async Task RetrievingSurvives(string operation, string failpoint)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer server = new(folder: folder);
        await using EdgeServer pacs = new(configuration =>
        {
            configuration["DicomAlwaysAllowMove"] = true;
            configuration["DicomAlwaysAllowGet"] = true;
            configuration["DicomModalities"] = new JsonObject { ["back"] = new JsonArray("ORTHANC", "127.0.0.1", server.DicomPort) };
        });
        server.Configure(configuration => configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("ORTHANC", "127.0.0.1", pacs.DicomPort) });
        await FillAsync(pacs);
        await FillAsync(pacs, study: 2);
        await pacs.StartAsync();
        JsonArray identifiers = [.. Enumerable.Range(1, 2).Select(static study => new JsonObject { ["StudyInstanceUID"] = SyntheticInstance.Numbered(701, study, 1, 1).StudyInstanceUid })];
        string job = await KillDuringAsync(server, failpoint, 1, $"/modalities/pacs/{operation}", new JsonObject { ["Level"] = "Study", ["Resources"] = identifiers, ["Asynchronous"] = true });
        JsonNode ended = await EndedAsync(server, job);
        Assert.Equal(("Success", 2), ((string)ended["State"]!, ended["Content"]!["Details"]!.AsArray().Count));
        Assert.Equal(2 * Instances, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
    }

    /// <summary>The side that was asked promises with its answer: its job outlives the kill, and answers.</summary>
    [Fact]
    public async Task AnsweringAStorageCommitmentSurvives()
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        await using EdgeServer keeper = new(static configuration => configuration["DicomAet"] = "KEEPER", folder);
        await using EdgeServer asking = new(configuration =>
        {
            configuration["DicomAet"] = "ASKING";
            configuration["DicomModalities"] = new JsonObject { ["keeper"] = new JsonArray("KEEPER", "127.0.0.1", keeper.DicomPort) };
        });
        keeper.Configure(configuration => configuration["DicomModalities"] = new JsonObject { ["asking"] = new JsonArray("ASKING", "127.0.0.1", asking.DicomPort) });
        string study = await FillAsync(keeper);
        await FillAsync(asking);
        await asking.StartAsync();
        bool isPromised = false;
        for (int attempt = 0; !isPromised; attempt++)
        {
            Assert.True(attempt < 20, "the kill always comes before the answer");
            keeper.Environment["EDGE_FAILPOINT"] = "job.before-end:1";
            await keeper.StartAsync();
            try
            {
                await asking.PostJsonAsync("/modalities/keeper/storage-commitment", new JsonObject { ["Resources"] = new JsonArray(study) });
                isPromised = true;
            }
            catch (InvalidOperationException)
            {
                // The job may come to its end, and the kill with it, before the request is answered: then nothing was promised.
            }

            await keeper.WaitForExitAsync(TimeSpan.FromMinutes(2));
            Assert.Equal(Failpoint.ExitStatus, keeper.ExitCode);
        }

        keeper.Environment.Remove("EDGE_FAILPOINT");
        await keeper.StartAsync();
        JsonArray jobs = (await keeper.GetJsonAsync("/jobs")).AsArray();
        Assert.NotEmpty(jobs);
        foreach (JsonNode? job in jobs)
        {
            JsonNode ended = await EndedAsync(keeper, (string)job!);
            Assert.Equal(("StorageCommitmentScp", "Success"), ((string)ended["Type"]!, (string)ended["State"]!));
        }
    }

    /// <summary>What a script ordered when an instance was stored.</summary>
    [Theory]
    [InlineData("job.before-checkpoint")]
    [InlineData("job.before-end")]
    public async Task TheOrdersOfAScriptSurvive(string failpoint)
    {
        await using EdgeServer target = await EdgeServer.StartNewAsync();
        using TemporaryFolder folder = new("edge-job-kill-");
        string script = folder.Combine("route.lua");
        await File.WriteAllTextAsync(script, "function OnStoredInstance(id, tags, metadata, origin) SendToModality(id, 'target') end", TestContext.Current.CancellationToken);
        await using EdgeServer server = new(
            configuration =>
            {
                configuration["LuaScripts"] = new JsonArray(script);
                configuration["DicomModalities"] = new JsonObject { ["target"] = new JsonArray("ORTHANC", "127.0.0.1", target.DicomPort) };
            },
            folder);
        server.Environment["EDGE_FAILPOINT"] = failpoint + ":1";
        await server.StartAsync();
        try
        {
            await server.UploadAsync(SyntheticInstance.Numbered(702, 1, 1, 1).ToFile());
        }
        catch (HttpRequestException)
        {
            // Killed before it was answered; the order is older than the kill.
        }

        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Failpoint.ExitStatus, server.ExitCode);
        server.Environment.Remove("EDGE_FAILPOINT");
        await server.StartAsync();
        string job = (string)Assert.Single((await server.GetJsonAsync("/jobs")).AsArray())!;
        Assert.Equal("Success", (string)(await EndedAsync(server, job))["State"]!);

        // The job is done when the instance is in the outbox, which sends it.
        Stopwatch clock = Stopwatch.StartNew();
        while ((int)(await target.GetJsonAsync("/statistics"))["CountInstances"]! != 1)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "the instance does not arrive");
            await Task.Delay(20);
        }
    }

    /// <summary>An instance whose script had not run when the process ended: it runs at the next start, and not once more at the one after that.</summary>
    [Theory]
    [InlineData("script.before-call")]
    [InlineData("script.after-call")]
    public async Task ScriptsAreToldOfWhatWasStored(string failpoint)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        string told = folder.Combine("told.txt");
        string script = folder.Combine("tell.lua");
        await File.WriteAllTextAsync(script, $$"""
            function OnStoredInstance(id, tags, metadata, origin)
              local file = io.open('{{told}}', 'a')
              file:write(id .. ' ' .. tags['SOPInstanceUID'] .. ' ' .. origin['RequestOrigin'] .. ' ' .. origin['RemoteIp'] .. '\n')
              file:close()
            end
            """, TestContext.Current.CancellationToken);
        await using EdgeServer server = new(configuration => configuration["LuaScripts"] = new JsonArray(script), folder);
        server.Environment["EDGE_FAILPOINT"] = failpoint + ":2";
        await server.StartAsync();
        List<string> expected = [];
        try
        {
            for (int i = 1; i <= Instances; i++)
            {
                SyntheticInstance instance = SyntheticInstance.Numbered(703, 1, 1, i);
                string id = (string)(await server.UploadAsync(instance.ToFile()))["ID"]!;
                expected.Add($"{id} {instance.SopInstanceUid} RestApi 127.0.0.1");
            }
        }
        catch (HttpRequestException)
        {
            // What was acknowledged is expected.
        }

        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Failpoint.ExitStatus, server.ExitCode);
        Assert.NotEmpty(expected);
        server.Environment.Remove("EDGE_FAILPOINT");
        await server.StartAsync();
        await ToldAsync(told, expected);
        await server.StopAsync();
        int before = (await File.ReadAllLinesAsync(told, TestContext.Current.CancellationToken)).Length;

        // Told in the order of their rows: what comes after this one would be a repetition.
        await server.StartAsync();
        SyntheticInstance last = SyntheticInstance.Numbered(703, 2, 1, 1);
        string lastId = (string)(await server.UploadAsync(last.ToFile()))["ID"]!;
        await ToldAsync(told, [$"{lastId} {last.SopInstanceUid} RestApi 127.0.0.1"]);
        Assert.Equal(before + 1, (await File.ReadAllLinesAsync(told, TestContext.Current.CancellationToken)).Length);
    }

    /// <summary>Archives and media are files of the process (Orthanc's too): their jobs go with it, and leave nothing behind.</summary>
    [Theory]
    [InlineData("archive")]
    [InlineData("media")]
    public async Task AnArchiveGoesWithTheProcess(string kind)
    {
        using TemporaryFolder folder = new("edge-job-kill-");
        string temporary = Directory.CreateDirectory(folder.Combine("temporary")).FullName;
        await using EdgeServer server = new(configuration => configuration["TemporaryDirectory"] = temporary, folder);
        string study = await FillAsync(server);
        server.Environment["EDGE_FAILPOINT"] = "job.before-end:1";
        await server.StartAsync();
        try
        {
            await server.PostJsonAsync($"/studies/{study}/{kind}", new JsonObject { ["Asynchronous"] = true });
        }
        catch (HttpRequestException)
        {
            // Killed before it answered.
        }

        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Failpoint.ExitStatus, server.ExitCode);
        server.Environment.Remove("EDGE_FAILPOINT");
        await server.StartAsync();
        Assert.Empty((await server.GetJsonAsync("/jobs")).AsArray());
        Assert.Empty(Directory.GetFileSystemEntries(temporary));
        Assert.NotEmpty(await server.Http.GetByteArrayAsync($"/studies/{study}/{kind}", TestContext.Current.CancellationToken));
    }

    /// <summary>In the middle of the steps, or at the only end.</summary>
    private static int HitOf(string failpoint) => failpoint == "job.before-end" ? 1 : 5;

    private static async Task<string> FillAsync(EdgeServer server, int study = 1)
    {
        await server.StartAsync();
        string id = "";
        for (int i = 1; i <= Instances; i++)
        {
            id = (string)(await server.UploadAsync(SyntheticInstance.Numbered(701, study, 1, i).ToFile()))["ParentStudy"]!;
        }

        await server.StopAsync();
        return id;
    }

    /// <summary>
    /// A repeated instance would be the same one, and the store would not show it. So the server that goes on ends as well if it takes in one instance more than were left
    /// when the former was killed at the fifth: eight before it was taken in, seven after, none at the end. Null where the kill was elsewhere.
    /// </summary>
    private static string? NoRepetitionOf(string failpoint) => failpoint switch
    {
        "job.before-ingest" => $"job.before-ingest:{Instances - 4 + 1}",
        "job.after-ingest" => $"job.before-ingest:{Instances - 5 + 1}",
        "job.before-end" => "job.before-ingest:1",
        _ => null,
    };

    /// <summary>Submits a job to a server that ends at a failpoint, and starts it again, to end at another one or at none. The id of the job.</summary>
    private static async Task<string> KillDuringAsync(EdgeServer server, string failpoint, int hit, string path, JsonObject body, string? second = null)
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

        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(Failpoint.ExitStatus, server.ExitCode);
        server.Environment.Remove("EDGE_FAILPOINT");
        if (second is not null)
        {
            server.Environment["EDGE_FAILPOINT"] = second;
        }

        await server.StartAsync();
        return job ?? (string)Assert.Single((await server.GetJsonAsync("/jobs")).AsArray())!;
    }

    private static async Task ToldAsync(string path, List<string> expected)
    {
        for (Stopwatch clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            string[] lines = File.Exists(path) ? await File.ReadAllLinesAsync(path) : [];
            List<string> missing = [.. expected.Except(lines)];
            if (missing.Count == 0)
            {
                return;
            }

            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"the script was not told of {missing[0]}, but of {string.Join(", ", lines)}");
        }
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

            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), $"the job does not end: {job}");
            await Task.Delay(20);
        }
    }
}
