using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>Debian's odil, a DICOM stack that shares no code with DCMTK or with us, as the side that calls, and as the server that its classes make.</summary>
public sealed class OdilTests
{
    [Fact]
    public async Task OdilEchoesStoresFindsAndGets()
    {
        using TemporaryFolder folder = new();
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration =>
        {
            configuration["DicomAlwaysAllowFind"] = true;
            configuration["DicomAlwaysAllowGet"] = true;
        });
        string[] call = ["127.0.0.1", $"{server.DicomPort}", "ODIL", "ORTHANC"];
        SyntheticInstance sample = SyntheticInstance.Numbered(911, 1, 1, 1);
        string path = folder.Combine("sample.dcm");
        await File.WriteAllBytesAsync(path, sample.ToFile(), TestContext.Current.CancellationToken);
        await SuccessAsync(["echo", .. call]);
        await SuccessAsync(["store", .. call, path]);
        Assert.Equal(1, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        string found = await SuccessAsync(["find", .. call, "study", "QueryRetrieveLevel=STUDY", "PatientID=TEST-911", "StudyInstanceUID"]);
        Assert.Contains(sample.StudyInstanceUid, found);
        string got = Directory.CreateDirectory(folder.Combine("got")).FullName;
        await SuccessAsync(["get", "-d", got, .. call, "study", "QueryRetrieveLevel=STUDY", $"StudyInstanceUID={sample.StudyInstanceUid}"]);
        string file = Assert.Single(Directory.GetFiles(got, "*", SearchOption.AllDirectories));
        Assert.True((await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken)).AsSpan().IndexOf(sample.Pixels()) > 0);
    }

    [Fact]
    public async Task OdilIsEchoedStoredToAndAsked()
    {
        using TemporaryFolder folder = new();
        int port = FreePort.Next();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["DicomModalities"] = new JsonObject { ["odil"] = new JsonArray("ODIL", "127.0.0.1", port) });
        SyntheticInstance[] samples = [SyntheticInstance.Numbered(912, 1, 1, 1) with { Rows = 300, Columns = 301 }, SyntheticInstance.Numbered(913, 1, 1, 1)];
        JsonArray resources = [];
        foreach (SyntheticInstance sample in samples)
        {
            resources.Add((string)(await server.UploadAsync(sample.ToFile()))["ID"]!);
        }

        await using RunningTool odil = await RunningTool.StartAsync(port, "/usr/bin/python3", Path.Combine(RepositoryPaths.Root, "tests", "Edge.Contract.Tests", "Interop", "odil_server.py"), $"{port}", folder.Path);
        await PostAsync(server, odil, "/modalities/odil/echo", []);
        JsonNode sent = await PostAsync(server, odil, "/modalities/odil/store", new JsonObject { ["Resources"] = resources });
        Assert.Equal((2, 0), ((int)sent["InstancesCount"]!, (int)sent["FailedInstancesCount"]!));
        foreach (SyntheticInstance sample in samples)
        {
            byte[] stored = await File.ReadAllBytesAsync(folder.Combine(sample.SopInstanceUid + ".dcm"), TestContext.Current.CancellationToken);
            Assert.True(stored.AsSpan().IndexOf(sample.Pixels()) > 0);
        }

        JsonNode query = await PostAsync(server, odil, "/modalities/odil/query", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-912", ["StudyInstanceUID"] = "" } });
        Assert.Single((await server.GetJsonAsync($"{query["Path"]}/answers")).AsArray());
        JsonNode answer = await server.GetJsonAsync($"{query["Path"]}/answers/0/content?simplify");
        Assert.Equal(("TEST-912", samples[0].StudyInstanceUid), ((string)answer["PatientID"]!, (string)answer["StudyInstanceUID"]!));
    }

    /// <summary>Again and again for half a minute: odil does not listen between two associations.</summary>
    private static async Task<JsonNode> PostAsync(EdgeServer server, RunningTool odil, string path, JsonObject body)
    {
        for (int attempt = 0; ; attempt++)
        {
            using HttpResponseMessage answer = await server.Http.PostAsync(path, new StringContent(body.ToJsonString()), TestContext.Current.CancellationToken);
            string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return JsonNode.Parse(text)!;
            }

            Assert.True(attempt < 300, $"{path}: {text}\n{odil.Log}\n{server.Log}");
            await Task.Delay(100, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<string> SuccessAsync(string[] arguments)
    {
        ToolResult result = await Tool.RunAsync("odil", arguments);
        Assert.True(result.ExitCode == 0, $"odil {arguments[0]}: {result.Output}{result.Error}");
        return result.Output;
    }
}
