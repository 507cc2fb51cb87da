using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>The modality worklist: managed over REST, asked over DICOM by DCMTK's findscu and by our own client.</summary>
public sealed class WorklistTests
{
    private const string Item = """
        {"Tags": {"PatientID": "W-1", "PatientName": "Müller^Åsa", "AccessionNumber": "A-1",
                  "ScheduledProcedureStepSequence": [{"Modality": "US", "ScheduledStationAETitle": "US1", "ScheduledProcedureStepStartDate": "20260105"}]}}
        """;

    [Fact]
    public async Task ItemsAreCreatedFoundReplacedAndDeleted()
    {
        using TemporaryFolder folder = new();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["Worklists"] = new JsonObject { ["Enable"] = true, ["Database"] = folder.Combine("items") };
            configuration["DicomModalities"] = new JsonObject
            {
                ["self"] = new JsonArray("ORTHANC", "127.0.0.1", configuration["DicomPort"]!.GetValue<int>()),
                ["us"] = new JsonArray("US1", "127.0.0.1", 104),
            };
        });
        Assert.Empty((await server.GetJsonAsync("/worklists")).AsArray());
        JsonNode created = (await server.AskAsync("POST", "/worklists/create", Item)).Json;
        string path = (string)created["Path"]!;
        Assert.Equal($"/worklists/{created["ID"]}", path);
        JsonNode tags = (await server.GetJsonAsync(path))["Tags"]!;
        Assert.Equal("Müller^Åsa", (string)tags["PatientName"]!);
        string study = (string)tags["StudyInstanceUID"]!;
        Assert.StartsWith("2.25.", study);
        Assert.Equal("W-1", (string)Assert.Single((await server.GetJsonAsync("/worklists?format=Short")).AsArray())!["Tags"]!["0010,0020"]!);

        Assert.Equal(1, await CountAsync(server, "US"));
        Assert.Equal(0, await CountAsync(server, "CT"));
        JsonNode found = (await server.AskAsync("POST", "/modalities/self/find-worklist", """{"PatientName": "", "ScheduledProcedureStepSequence": [{"Modality": "US"}]}""")).Json;
        Assert.Equal("Müller^Åsa", (string)Assert.Single(found.AsArray())!["PatientName"]!);
        JsonNode shown = (await server.AskAsync("POST", "/modalities/self/find-worklist", """{"Query": {"PatientID": "W-*"}, "Full": true}""")).Json;
        Assert.Equal("PatientID", (string)Assert.Single(shown.AsArray())!["0010,0020"]!["Name"]!);

        Assert.Equal(200, (int)(await server.AskAsync("PUT", path, Item.Replace("\"US\"", "\"CT\"", StringComparison.Ordinal))).Status);
        Assert.Equal(1, await CountAsync(server, "CT"));
        Assert.Equal(study, (string)(await server.GetJsonAsync(path))["Tags"]!["StudyInstanceUID"]!);
        Assert.Equal(200, (int)(await server.AskAsync("DELETE", path)).Status);
        Assert.Equal(0, await CountAsync(server, "CT"));
        (await server.AskAsync("GET", path)).IsError(404, 17);
        (await server.AskAsync("DELETE", path)).IsError(404, 17);
        (await server.AskAsync("DELETE", "/worklists/..%2F..%2Fedge-dicom")).IsError(404, 17);
        (await server.AskAsync("POST", "/worklists/create", "{}")).IsError(400, 15);
        (await server.AskAsync("GET", "/worklists?format=Nonsense")).IsError(400, 3);
        Assert.Empty(Directory.GetFiles(folder.Combine("items")));
    }

    [Fact]
    public async Task WithoutAWorklistTheServiceAndItsRoutesAreNotThere()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync();
        (await server.AskAsync("GET", "/worklists")).IsError(404, 17);
        ToolResult refused = await Tool.RunAsync("findscu", "-W", "-aec", "ORTHANC", "127.0.0.1", $"{server.DicomPort}", "-k", "PatientID");
        Assert.Contains("No Acceptable Presentation Contexts", refused.Output + refused.Error);
    }

    private static async Task<int> CountAsync(EdgeServer server, string modality)
    {
        ToolResult result = await Tool.RunAsync(
            "findscu", "-v", "-W", "-aet", "US1", "-aec", "ORTHANC", "127.0.0.1", $"{server.DicomPort}", "-k", "PatientName", "-k", $"ScheduledProcedureStepSequence[0].Modality={modality}");
        Assert.Contains("Received Final Find Response (Success)", result.Error);
        return Regex.Count(result.Error, "Find Response: [0-9]+");
    }
}
