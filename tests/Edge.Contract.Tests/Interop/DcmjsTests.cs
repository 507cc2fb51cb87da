using System.Text.Json.Nodes;
using Edge.Core.Ids;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>
/// dcmjs-dimse, a DICOM stack in JavaScript that shares no code with DCMTK, odil or us, both ways. It is installed with npm into
/// <c>artifacts</c> when it is needed first; skipped where there is neither npm nor it.
/// </summary>
public sealed class DcmjsTests : IAsyncLifetime
{
    private const string Package = "dcmjs-dimse@0.3.3";
    private static readonly SemaphoreSlim Installing = new(1, 1);
    private readonly TemporaryFolder _folder = new();
    private readonly int _peerPort = FreePort.Next();
    private EdgeServer _server = null!;
    private string _modules = "";

    public async ValueTask InitializeAsync()
    {
        _modules = await InstalledAsync();
        _server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomAlwaysAllowFind"] = true;
            configuration["DicomAlwaysAllowGet"] = true;
            configuration["DicomAlwaysAllowMove"] = true;
            configuration["DicomModalities"] = new JsonObject { ["dcmjs"] = new JsonArray("DCMJS", "127.0.0.1", _peerPort) };
        });
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task ItCalls()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(931, 1, 1, 1);
        string path = _folder.Combine("sample.dcm");
        await File.WriteAllBytesAsync(path, sample.ToFile(), TestContext.Current.CancellationToken);
        AssertEnds(0x0000, await CallAsync("echo"));
        AssertEnds(0x0000, await CallAsync("store", path));
        Assert.Equal(sample.PatientId, (string)(await _server.GetJsonAsync($"/instances/{ResourceId.ForInstance(sample.PatientId, sample.StudyInstanceUid, sample.SeriesInstanceUid, sample.SopInstanceUid)}/simplified-tags"))["PatientID"]!);

        JsonNode found = await CallAsync("find", sample.PatientId);
        AssertEnds(0x0000, found);
        Assert.Equal(sample.StudyInstanceUid, (string)Assert.Single(found["datasets"]!.AsArray())!["StudyInstanceUID"]!);

        JsonNode got = await CallAsync("get", sample.StudyInstanceUid);
        AssertEnds(0x0000, got);
        Assert.Equal(sample.SopInstanceUid, (string)Assert.Single(got["stored"]!.AsArray())!);
        AssertEnds(0xC000, await CallAsync("get", "1.2.3.4.5"));
    }

    [Fact]
    public async Task ItIsCalled()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(932, 1, 1, 1);
        string study = (string)(await _server.UploadAsync(sample.ToFile()))["ParentStudy"]!;
        await using RunningTool peer = await RunningTool.StartAsync(_peerPort, "env", "EDGE_DCMJS=" + _modules, "node", Script, "serve", $"{_peerPort}");
        await _server.PostJsonAsync("/modalities/dcmjs/echo", new JsonObject());
        await _server.PostJsonAsync("/modalities/dcmjs/store", new JsonObject { ["Resources"] = new JsonArray(study) });
        Assert.Contains($"{{\"stored\":\"{sample.SopInstanceUid}\",\"pixels\":{sample.Pixels().Length}}}", peer.Log);

        JsonNode query = await _server.PostJsonAsync("/modalities/dcmjs/query", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-932" } });
        JsonNode answer = await _server.GetJsonAsync($"{query["Path"]}/answers/0/content?simplify");
        Assert.Equal(("TEST-932", "1.2.3"), ((string)answer["PatientID"]!, (string)answer["StudyInstanceUID"]!));
        await _server.PostJsonAsync("/modalities/dcmjs/move", new JsonObject { ["Level"] = "Study", ["Resources"] = new JsonArray(new JsonObject { ["StudyInstanceUID"] = "1.2.3" }) });
        Assert.Contains("{\"moved\":\"1.2.3\"}", peer.Log);

        // It asks us to move to itself.
        AssertEnds(0x0000, await CallAsync("move", sample.StudyInstanceUid));
        Assert.Equal(2, peer.Log.Split('\n').Count(line => line.Contains(sample.SopInstanceUid, StringComparison.Ordinal)));
    }

    private static string Script => Path.Combine(RepositoryPaths.Root, "tests/Edge.Contract.Tests/Interop/dcmjs.cjs");

    private static void AssertEnds(int status, JsonNode result) => Assert.Equal(status, (int)result["statuses"]!.AsArray()[^1]!);

    private async Task<JsonNode> CallAsync(string operation, params string[] argument)
    {
        ToolResult result = await Tool.RunAsync("env", ["EDGE_DCMJS=" + _modules, "node", Script, operation, $"{_server.DicomPort}", .. argument]);
        Assert.True(result.ExitCode == 0, $"{operation}: {result.Output}{result.Error}\n{_server.Log}");
        return JsonNode.Parse(result.Output)!;
    }

    /// <summary>The folder that holds <c>node_modules</c>.</summary>
    private static async Task<string> InstalledAsync()
    {
        string folder = Path.Combine(RepositoryPaths.Root, "artifacts/dcmjs");
        await Installing.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (!Directory.Exists(Path.Combine(folder, "node_modules/dcmjs-dimse")))
            {
                Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(static one => File.Exists(Path.Combine(one, "npm"))), "npm is not installed");
                Directory.CreateDirectory(folder);
                ToolResult installed = await Tool.RunAsync("npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--ignore-scripts", "--fetch-retries=0", "--fetch-timeout=30000", Package);
                Assert.SkipUnless(installed.ExitCode == 0, $"{Package} could not be installed: {installed.Error}");
            }
        }
        finally
        {
            Installing.Release();
        }

        return folder;
    }
}
