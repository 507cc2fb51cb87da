using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>
/// Debian's Orthanc and the native binary store, query, move, get and commit at each other. Skipped where Orthanc is not installed:
/// its package would start a service of its own. EDGE_ORTHANC_PRELOAD may name a library that keeps it on the loopback interface.
/// </summary>
public sealed class OrthancTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly HttpClient _orthanc = new();
    private readonly int _orthancDicom = FreePort.Next();
    private EdgeServer _edge = null!;
    private Process? _process;

    public async ValueTask InitializeAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(static folder => Path.Combine(folder, "Orthanc")).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, "Orthanc is not installed");
        int rest = FreePort.Next();
        _edge = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomAet"] = "EDGE";
            configuration["DicomModalities"] = new JsonObject { ["other"] = new JsonArray("ORTHANC", "127.0.0.1", _orthancDicom) };
            configuration["OrthancPeers"] = new JsonObject { ["other"] = new JsonArray($"http://127.0.0.1:{rest}/") };
        });
        string configuration = _folder.Combine("orthanc.json");
        await File.WriteAllTextAsync(configuration, new JsonObject
        {
            ["StorageDirectory"] = _folder.Combine("storage"),
            ["IndexDirectory"] = _folder.Combine("storage"),
            ["HttpPort"] = rest,
            ["DicomPort"] = _orthancDicom,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = false,
            ["DicomModalities"] = new JsonObject { ["other"] = new JsonArray("EDGE", "127.0.0.1", _edge.DicomPort) },
            ["OrthancPeers"] = new JsonObject { ["other"] = new JsonArray($"http://127.0.0.1:{_edge.RestPort}/") },
        }.ToJsonString());
        ProcessStartInfo start = new(program, [configuration]) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (Environment.GetEnvironmentVariable("EDGE_ORTHANC_PRELOAD") is { Length: > 0 } shim)
        {
            start.Environment["LD_PRELOAD"] = shim;
        }

        _process = Process.Start(start)!;
        _process.OutputDataReceived += static (_, _) => { };
        _process.ErrorDataReceived += static (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _orthanc.BaseAddress = new Uri($"http://127.0.0.1:{rest}");
        await UntilAsync(async () =>
        {
            try
            {
                return (await _orthanc.GetAsync("/system")).IsSuccessStatusCode;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        _orthanc.Dispose();
        if (_edge is not null)
        {
            await _edge.DisposeAsync();
        }

        _folder.Dispose();
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
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "it did not happen within 30 seconds");
            await Task.Delay(100);
        }
    }
}
