using System.Diagnostics;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>The jobs of the native binary: C-STORE, C-MOVE and peers, and what is asked of jobs.</summary>
public sealed class JobTests : IAsyncLifetime
{
    private EdgeServer _target = null!;
    private EdgeServer _server = null!;
    private string _study = "";

    public async ValueTask InitializeAsync()
    {
        int back = FreePort.Next();
        _target = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomAlwaysAllowMove"] = true;
            configuration["DicomModalities"] = new JsonObject { ["back"] = new JsonArray("ORTHANC", "127.0.0.1", back) };
        });
        _server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomPort"] = back;
            configuration["ConcurrentJobs"] = 1;
            configuration["JobsHistorySize"] = 5;
            configuration["DicomModalities"] = new JsonObject
            {
                ["target"] = new JsonArray("ORTHANC", "127.0.0.1", _target.DicomPort),
                ["nobody"] = new JsonArray("NOBODY", "127.0.0.1", FreePort.Next()),
            };
            configuration["OrthancPeers"] = new JsonObject { ["peer"] = new JsonArray($"http://127.0.0.1:{_target.RestPort}/") };
        });
        for (int i = 1; i <= 3; i++)
        {
            _study = (string)(await _server.UploadAsync(SyntheticInstance.Numbered(501, 1, 1, i).ToFile()))["ParentStudy"]!;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _target.DisposeAsync();
    }

    [Fact]
    public async Task AnAsynchronousStoreIsAJobThatTellsAll()
    {
        JsonNode job = await EndedAsync(await SubmitAsync("/modalities/target/store", new JsonObject
        {
            ["Resources"] = new JsonArray(_study),
            ["Asynchronous"] = true,
            ["Priority"] = 12,
            ["UserData"] = new JsonObject { ["mine"] = "yes" },
            ["LocalAet"] = "OTHER",
        }));
        Assert.Equal(
            ["CompletionTime", "Content", "CreationTime", "EffectiveRuntime", "ErrorCode", "ErrorDescription", "ErrorDetails", "ID", "Priority", "Progress", "State", "Timestamp", "Type", "UserData"],
            job.AsObject().Select(static member => member.Key));
        Assert.Equal(("Success", "DicomModalityStore", 12, 100, 0, "Success"), ((string)job["State"]!, (string)job["Type"]!, (int)job["Priority"]!, (int)job["Progress"]!, (int)job["ErrorCode"]!, (string)job["ErrorDescription"]!));
        Assert.Equal("yes", (string)job["UserData"]!["mine"]!);
        JsonNode content = job["Content"]!;
        Assert.Equal((3, 0, "OTHER", "ORTHANC", "REST API"), ((int)content["InstancesCount"]!, (int)content["FailedInstancesCount"]!, (string)content["LocalAet"]!, (string)content["RemoteAet"]!, (string)content["Description"]!));
        Assert.Equal(_study, (string)Assert.Single(content["ParentResources"]!.AsArray())!);
        Assert.Equal(3, (int)(await _target.GetJsonAsync("/statistics"))["CountInstances"]!);
        Assert.Matches("^[0-9]{8}T[0-9]{6}\\.[0-9]{6}$", (string)job["CreationTime"]!);
        Assert.Contains("orthanc_jobs_success 1 ", await _server.Http.GetStringAsync("/tools/metrics-prometheus"));
    }

    [Fact]
    public async Task ASynchronousFailureIsAnErrorAndAFailedJob()
    {
        using HttpResponseMessage answer = await _server.Http.PostAsync("/modalities/nobody/store", new StringContent(_study));
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        JsonNode error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(9, (int)error["OrthancStatus"]!);
        Assert.Contains("NOBODY", (string)error["Details"]!);
        JsonNode job = Assert.Single((await _server.GetJsonAsync("/jobs?expand")).AsArray())!;
        Assert.Equal(("Failure", 9), ((string)job["State"]!, (int)job["ErrorCode"]!));
        Assert.Contains("NOBODY", (string)job["ErrorDetails"]!);

        string id = (string)job["ID"]!;
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync(id, "resume"));
        Assert.Equal(HttpStatusCode.OK, await ActAsync(id, "cancel"));
        Assert.Equal(HttpStatusCode.OK, await ActAsync(id, "resubmit"));
        Assert.Equal("Failure", (string)(await EndedAsync(id))["State"]!);
        using HttpResponseMessage output = await _server.Http.GetAsync($"/jobs/{id}/archive");
        Assert.Equal(HttpStatusCode.NotFound, output.StatusCode);
        using HttpResponseMessage deleted = await _server.Http.DeleteAsync($"/jobs/{id}");
        Assert.Equal((HttpStatusCode.OK, ""), (deleted.StatusCode, await deleted.Content.ReadAsStringAsync()));
        using HttpResponseMessage gone = await _server.Http.GetAsync($"/jobs/{id}");
        Assert.Equal((HttpStatusCode.NotFound, ""), (gone.StatusCode, await gone.Content.ReadAsStringAsync()));
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync(id, "pause"));
    }

    [Fact]
    public async Task AWaitingJobIsPausedResumedAndCancelledOverARestart()
    {
        // The only worker is kept busy by a peer that accepts and never answers.
        System.Net.Sockets.TcpListener silent = new(IPAddress.Loopback, 0);
        silent.Start();
        try
        {
            int port = ((IPEndPoint)silent.LocalEndpoint).Port;
            string busy = await SubmitAsync("/modalities/nobody/store", new JsonObject { ["Resources"] = new JsonArray(_study), ["Asynchronous"] = true, ["Port"] = port, ["Timeout"] = 60 });
            await UntilAsync(async () => (string)(await _server.GetJsonAsync($"/jobs/{busy}"))["State"]! == "Running");
            string paused = await SubmitAsync("/modalities/target/store", new JsonObject { ["Resources"] = new JsonArray(_study), ["Asynchronous"] = true });
            Assert.Equal("Pending", (string)(await _server.GetJsonAsync($"/jobs/{paused}"))["State"]!);
            Assert.Equal(HttpStatusCode.OK, await ActAsync(paused, "pause"));
            await _server.KillAsync();
            await _server.StartAsync();
            Assert.Equal("Paused", (string)(await _server.GetJsonAsync($"/jobs/{paused}"))["State"]!);
            Assert.Equal(HttpStatusCode.OK, await ActAsync(busy, "cancel"));
            JsonNode cancelled = await EndedAsync(busy);
            Assert.Equal(("Failure", 37), ((string)cancelled["State"]!, (int)cancelled["ErrorCode"]!));
            Assert.Equal(HttpStatusCode.OK, await ActAsync(paused, "resume"));
            Assert.Equal("Success", (string)(await EndedAsync(paused))["State"]!);
            Assert.Equal(3, (int)(await _target.GetJsonAsync("/statistics"))["CountInstances"]!);
        }
        finally
        {
            silent.Stop();
        }
    }

    [Fact]
    public async Task RetrievalIsAJobWithTheStatusOfEachQuery()
    {
        await _server.PostJsonAsync("/modalities/target/store", new JsonObject { ["Resources"] = new JsonArray(_study) });
        using (HttpResponseMessage deleted = await _server.Http.DeleteAsync($"/studies/{_study}"))
        {
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        }

        string uid = SyntheticInstance.Numbered(501, 1, 1, 1).StudyInstanceUid;
        JsonObject body = new()
        {
            ["Level"] = "Study",
            ["Resources"] = new JsonArray(new JsonObject { ["StudyInstanceUID"] = uid }),
            ["Asynchronous"] = true,
        };
        JsonNode job = await EndedAsync(await SubmitAsync("/modalities/target/move", body));
        Assert.Equal(("Success", "DicomMoveScu"), ((string)job["State"]!, (string)job["Type"]!));
        JsonNode content = job["Content"]!;
        Assert.Equal(uid, (string)content["Query"]![0]!["0020,000d"]!);
        Assert.Equal(0, (int)content["Details"]![0]!["DimseErrorStatus"]!);
        Assert.Equal("ORTHANC", (string)content["TargetAet"]!);
        Assert.Equal(3, (int)(await _server.GetJsonAsync("/statistics"))["CountInstances"]!);
    }

    [Fact]
    public async Task APeerStoreCountsWhatItSent()
    {
        JsonNode plain = await _server.PostJsonAsync("/peers/peer/store", new JsonObject { ["Resources"] = new JsonArray(_study) });
        Assert.Equal((3, 0, false), ((int)plain["InstancesCount"]!, (int)plain["FailedInstancesCount"]!, (bool)plain["Compress"]!));
        Assert.Equal(Enumerable.Range(1, 3).Sum(static i => SyntheticInstance.Numbered(501, 1, 1, i).ToFile().Length), int.Parse((string)plain["Size"]!));
        JsonNode packed = await _server.PostJsonAsync("/peers/peer/store", new JsonObject { ["Resources"] = new JsonArray(_study), ["Compress"] = true });
        Assert.InRange(int.Parse((string)packed["Size"]!), 1, int.Parse((string)plain["Size"]!) - 1);
        Assert.Equal("OrthancPeerStore", (string)(await _server.GetJsonAsync("/jobs?expand"))[0]!["Type"]!);
    }

    private async Task<string> SubmitAsync(string path, JsonObject body)
    {
        JsonNode answer = await _server.PostJsonAsync(path, body);
        string id = (string)answer["ID"]!;
        Assert.Equal("/jobs/" + id, (string)answer["Path"]!);
        Assert.Contains(id, (await _server.GetJsonAsync("/jobs")).AsArray().Select(static one => (string)one!));
        return id;
    }

    private async Task<HttpStatusCode> ActAsync(string id, string action)
    {
        using HttpResponseMessage answer = await _server.Http.PostAsync($"/jobs/{id}/{action}", null);
        Assert.Equal(answer.StatusCode == HttpStatusCode.OK ? "{}" : "", (await answer.Content.ReadAsStringAsync()).Trim());
        return answer.StatusCode;
    }

    private async Task<JsonNode> EndedAsync(string id)
    {
        JsonNode job = null!;
        await UntilAsync(async () => (string)(job = await _server.GetJsonAsync($"/jobs/{id}"))["State"]! is "Success" or "Failure");
        return job;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "it did not happen within two minutes");
            await Task.Delay(20);
        }
    }
}
