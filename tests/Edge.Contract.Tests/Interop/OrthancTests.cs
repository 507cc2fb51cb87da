using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>
/// Debian's Orthanc and the native binary store, query, move, get and commit at each other. Skipped where Orthanc is not installed:
/// its package would start a service of its own.
/// </summary>
public sealed class OrthancTests : IAsyncLifetime
{
    private OrthancServer _orthancServer = null!;
    private HttpClient _orthanc = null!;
    private EdgeServer _edge = null!;

    public async ValueTask InitializeAsync()
    {
        Assert.SkipWhen(OrthancServer.Program is null, "Orthanc is not installed");
        _edge = new EdgeServer(static configuration => configuration["DicomAet"] = "EDGE");
        _orthancServer = new OrthancServer(configuration =>
        {
            configuration["DicomModalities"] = new JsonObject { ["other"] = new JsonArray("EDGE", "127.0.0.1", _edge.DicomPort) };
            configuration["OrthancPeers"] = new JsonObject { ["other"] = new JsonArray($"http://127.0.0.1:{_edge.RestPort}/") };
        });
        _edge.Configure(configuration =>
        {
            configuration["DicomModalities"] = new JsonObject { ["other"] = new JsonArray("ORTHANC", "127.0.0.1", _orthancServer.DicomPort) };
            configuration["OrthancPeers"] = new JsonObject { ["other"] = new JsonArray($"http://127.0.0.1:{_orthancServer.RestPort}/") };
        });
        _orthanc = _orthancServer.Http;
        await _orthancServer.StartAsync();
        await _edge.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_orthancServer is not null)
        {
            await _orthancServer.DisposeAsync();
            await _edge.DisposeAsync();
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EachStoresQueriesMovesGetsAndCommits(bool edgeAsks)
    {
        (HttpClient asking, HttpClient asked) = edgeAsks ? (_edge.Http, _orthanc) : (_orthanc, _edge.Http);
        SyntheticInstance sample = SyntheticInstance.Numbered(921, 1, 1, 1);
        using HttpResponseMessage uploaded = await asking.PostAsync("/instances", new ByteArrayContent(sample.ToFile()));
        string study = (string)JsonNode.Parse(await uploaded.Content.ReadAsStringAsync())!["ParentStudy"]!;
        string patient = (string)JsonNode.Parse(await (await asking.GetAsync($"/studies/{study}")).Content.ReadAsStringAsync())!["ParentPatient"]!;

        await PostAsync(asking, "/modalities/other/echo", new JsonObject());
        await PostAsync(asking, "/modalities/other/store", new JsonObject { ["Resources"] = new JsonArray(study) });
        Assert.Equal(1, await CountAsync(asked));

        JsonNode commitment = await PostAsync(asking, "/modalities/other/storage-commitment", new JsonObject { ["Resources"] = new JsonArray(study) });
        await UntilAsync(async () => (string)(await GetAsync(asking, (string)commitment["Path"]!))["Status"]! == "Success");

        await PostAsync(asking, "/peers/other/store", new JsonObject { ["Resources"] = new JsonArray(study) });
        JsonNode query = await PostAsync(asking, "/modalities/other/query", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-921" } });
        Assert.Single((await GetAsync(asking, $"{query["Path"]}/answers")).AsArray());
        using (HttpResponseMessage deleted = await asking.DeleteAsync($"/patients/{patient}"))
        {
            Assert.True(deleted.IsSuccessStatusCode);
        }

        using (HttpResponseMessage moved = await asking.PostAsync($"{query["Path"]}/answers/0/retrieve", new StringContent(edgeAsks ? "EDGE" : "ORTHANC")))
        {
            Assert.True(moved.IsSuccessStatusCode, await moved.Content.ReadAsStringAsync());
        }

        await UntilAsync(async () => await CountAsync(asking) == 1);
        if (edgeAsks)
        {
            // C-GET as a client came to Orthanc after the version of Debian 12.
            using HttpResponseMessage deleted = await asking.DeleteAsync($"/patients/{patient}");
            await PostAsync(asking, $"{query["Path"]}/answers/0/retrieve", new JsonObject { ["RetrieveMethod"] = "C-GET" });
            Assert.Equal(1, await CountAsync(asking));
        }
    }

    private static async Task<int> CountAsync(HttpClient server) => (int)(await GetAsync(server, "/statistics"))["CountInstances"]!;

    private static async Task<JsonNode> GetAsync(HttpClient server, string path) => JsonNode.Parse(await server.GetStringAsync(path))!;

    private static async Task<JsonNode> PostAsync(HttpClient server, string path, JsonObject body)
    {
        using HttpResponseMessage answer = await server.PostAsync(path, JsonContent.Create<JsonNode>(body));
        string text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, path + ": " + text);
        return JsonNode.Parse(text)!;
    }

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(2), "it did not happen within two minutes");
            await Task.Delay(100);
        }
    }
}
