using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Specification;

/// <summary>A server on which every operation finds what it needs: a small tree of resources with annotations, itself as modality and peer, a query, a report, a job.</summary>
public sealed class OperationServer : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new("edge-operations-");

    public EdgeServer Server { get; private set; } = null!;

    public string Patient { get; private set; } = "";

    public string Study { get; private set; } = "";

    public string Series { get; private set; } = "";

    public string Instance { get; private set; } = "";

    public string Query { get; private set; } = "";

    public string Commitment { get; private set; } = "";

    public string Job { get; private set; } = "nope";

    public SyntheticInstance Sample { get; } = SyntheticInstance.Numbered(900, 1, 1, 1);

    public byte[] File => Sample.ToFile();

    public string ExportPath => _folder.Combine("exported.dcm");

    /// <summary>The operations that the server itself says it serves.</summary>
    public HashSet<string> Served { get; private set; } = [];

    private string _modality = "";
    private string _peer = "";

    public async ValueTask InitializeAsync()
    {
        Server = await EdgeServer.StartNewAsync(configuration =>
        {
            // With entries in the index those of the configuration do not count: PrepareAsync makes them.
            _modality = new JsonArray("ORTHANC", "127.0.0.1", (int)configuration["DicomPort"]!).ToJsonString();
            _peer = new JsonArray($"http://127.0.0.1:{configuration["HttpPort"]}/").ToJsonString();
            configuration["DicomModalitiesInDatabase"] = true;
            configuration["OrthancPeersInDatabase"] = true;
            configuration["RestApiWriteToFileSystemEnabled"] = true;
            configuration["ExecuteLuaEnabled"] = true;
            configuration["DicomAlwaysAllowMove"] = true;
            configuration["DicomAlwaysAllowGet"] = true;
            configuration["OverwriteInstances"] = true;
            configuration["Worklists"] = new JsonObject { ["Enable"] = true, ["Database"] = _folder.Path };
        });
        JsonNode description = await Server.GetJsonAsync("/openapi.json");
        foreach ((string path, JsonNode? methods) in description["paths"]!.AsObject())
        {
            Served.UnionWith(methods!.AsObject().Select(method => $"{method.Key.ToUpperInvariant()} {Operation.Shape(path)}"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        _folder.Dispose();
    }

    /// <summary>Brings everything back that an operation may have taken away.</summary>
    public async Task PrepareAsync()
    {
        await ExpectAsync("PUT", "/modalities/self", _modality);
        await ExpectAsync("PUT", "/peers/self", _peer);
        JsonNode stored = await Server.UploadAsync(File);
        (Patient, Study, Series, Instance) = ((string)stored["ParentPatient"]!, (string)stored["ParentStudy"]!, (string)stored["ParentSeries"]!, (string)stored["ID"]!);
        foreach (string at in new[] { $"/patients/{Patient}", $"/studies/{Study}", $"/series/{Series}", $"/instances/{Instance}" })
        {
            await ExpectAsync("PUT", at + "/attachments/1025", "an attachment");
            await ExpectAsync("PUT", at + "/metadata/1024", "a value");
            await ExpectAsync("PUT", at + "/labels/demo", "");
        }

        await ExpectAsync("PUT", "/modalities/other", """["OTHER","127.0.0.1",104]""");
        await ExpectAsync("PUT", "/peers/other", """["http://127.0.0.1:1/"]""");
    }

    /// <summary>Makes the query, report and job that operations on such need.</summary>
    public async Task PrepareRemoteAsync()
    {
        if (Served.Contains("POST /modalities/{}/query"))
        {
            Query = (string)(await Server.PostJsonAsync("/modalities/self/query", new JsonObject { ["Level"] = "Patient", ["Query"] = new JsonObject { ["PatientID"] = "*" } }))["ID"]!;
        }

        if (Served.Contains("POST /modalities/{}/storage-commitment"))
        {
            Commitment = (string)(await Server.PostJsonAsync("/modalities/self/storage-commitment", new JsonObject { ["Resources"] = new JsonArray(Instance) }))["ID"]!;
            for (int i = 0; i < 6000 && (string?)(await Server.GetJsonAsync("/storage-commitment/" + Commitment))["Status"] == "Pending"; i++)
            {
                await Task.Delay(20);
            }
        }

        if (Served.Contains("GET /jobs/{}"))
        {
            JsonNode job = await Server.PostJsonAsync("/modalities/self/store", new JsonObject { ["Resources"] = new JsonArray(Instance), ["Asynchronous"] = true });
            Job = (string?)job["ID"] ?? "nope";

            // It replaces the instance, and with it the annotations of everything above: not in the middle of a test.
            for (int i = 0; i < 6000 && (string?)(await Server.GetJsonAsync("/jobs/" + Job))["State"] is "Pending" or "Running"; i++)
            {
                await Task.Delay(20);
            }

            await PrepareAsync();
        }
    }

    private async Task ExpectAsync(string method, string path, string body) =>
        Assert.True((int)(await Server.AskAsync(method, path, body)).Status == 200, $"{method} {path}");
}
