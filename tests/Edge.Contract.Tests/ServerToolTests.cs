using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class ServerToolTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task BulkContentWalksToTheLevelAsked()
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(350, 1, 1, 1));
        string second = (await _server.StoreAsync(SyntheticInstance.Numbered(350, 1, 1, 2))).Instance;
        JsonNode all = await _server.PostJsonAsync("/tools/bulk-content", new JsonObject { ["Resources"] = new JsonArray(instance, patient, "nope", study) });
        Assert.Equal([instance, patient, study], all.AsArray().Select(one => (string)one!["ID"]!));
        Assert.Equal("RestApi", (string?)all[0]!["Metadata"]!["Origin"]);
        JsonNode down = await _server.PostJsonAsync("/tools/bulk-content", new JsonObject { ["Resources"] = new JsonArray(study, series), ["Level"] = "Instance", ["Metadata"] = false, ["Short"] = true });
        Assert.Equal([instance, second], down.AsArray().Select(one => (string)one!["ID"]!));
        Assert.Null(down[0]!["Metadata"]);
        Assert.NotNull(down[0]!["MainDicomTags"]!["0008,0018"]);
        JsonNode up = await _server.PostJsonAsync("/tools/bulk-content", new JsonObject { ["Resources"] = new JsonArray(instance, second), ["Level"] = "Patient" });
        Assert.Equal([patient], up.AsArray().Select(one => (string)one!["ID"]!));
        (await _server.AskAsync("POST", "/tools/bulk-content", "{}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/tools/bulk-content", "[]")).IsError(400, 8);
        (await _server.AskAsync("POST", "/tools/bulk-content", "{\"Resources\":[1]}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/tools/bulk-content", "{\"Resources\":[],\"Level\":\"x\"}")).IsError(400, 3);
        (await _server.AskAsync("POST", "/tools/bulk-content", "{\"Resources\":[],\"Level\":1}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/tools/bulk-content", "{\"Resources\":[],\"Metadata\":1}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/tools/bulk-content", "nonsense")).IsError(400, 8);
    }

    [Fact]
    public async Task BulkDeleteDeletesAndSkipsTheUnknown()
    {
        (string patient, _, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(351, 1, 1, 1));
        (string other, _, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(352, 1, 1, 1));
        (await _server.AskAsync("POST", "/tools/bulk-delete", $"{{\"Resources\":[\"nope\",\"{instance}\",\"{other}\"]}}")).IsEmpty(200);
        (await _server.AskAsync("GET", $"/patients/{patient}")).IsEmpty(404);
        (await _server.AskAsync("GET", $"/patients/{other}")).IsEmpty(404);
        (await _server.AskAsync("POST", "/tools/bulk-delete", "{}")).IsError(400, 15);
    }

    [Fact]
    public async Task ResourcesAreCounted()
    {
        for (int i = 1; i <= 3; i++)
        {
            await _server.StoreAsync(SyntheticInstance.Numbered(353, 1, 1, i));
        }

        JsonObject query = new() { ["Level"] = "Instance", ["Query"] = new JsonObject { ["PatientID"] = "test-353" }, ["Limit"] = 1, ["Since"] = 2 };
        Assert.Equal("{\"Count\":3}", (await _server.PostJsonAsync("/tools/count-resources", query)).ToJsonString());
        query["CaseSensitive"] = true;
        (await _server.AskAsync("POST", "/tools/count-resources", query.ToJsonString())).IsError(400, 8);
        (await _server.AskAsync("POST", "/tools/find", query.ToJsonString())).IsError(400, 8);
        (await _server.AskAsync("POST", "/tools/count-resources", "{}")).IsError(400, 8);
    }

    [Fact]
    public async Task OrderingByWhatIsNotIndexedChangesNothingAndMissingKeysComeLast()
    {
        (_, string first, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(354, 1, 1, 1));
        (_, string second, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(354, 2, 1, 1));
        Assert.Equal([first, second], await FindAsync("DicomTag", "Rows", "DESC"));
        await _server.AskAsync("PUT", $"/studies/{second}/metadata/1024", "x");
        Assert.Equal([second, first], await FindAsync("Metadata", "1024", "ASC"));
        Assert.Equal([second, first], await FindAsync("Metadata", "1024", "DESC"));

        async Task<string[]> FindAsync(string type, string key, string direction) => (await _server.PostJsonAsync("/tools/find", new JsonObject
        {
            ["Level"] = "Study",
            ["Query"] = new JsonObject { ["PatientID"] = "TEST-354" },
            ["OrderBy"] = new JsonArray(new JsonObject { ["Type"] = type, ["Key"] = key, ["Direction"] = direction }),
        })).Strings();
    }

    [Theory]
    [InlineData("log-level")]
    [InlineData("log-level-generic")]
    [InlineData("log-level-plugins")]
    [InlineData("log-level-http")]
    [InlineData("log-level-sqlite")]
    [InlineData("log-level-dicom")]
    [InlineData("log-level-jobs")]
    [InlineData("log-level-lua")]
    public async Task LogLevelsAreSwitched(string name)
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync();
        foreach (string level in (string[])["verbose", "trace", "default"])
        {
            (await server.AskAsync("PUT", $"/tools/{name}", level)).IsEmpty(200);
            Assert.Equal(level, (await server.AskAsync("GET", $"/tools/{name}")).Body);
        }

        (await server.AskAsync("PUT", $"/tools/{name}", "loud")).IsError(400, 3);
        Assert.Equal("default", (await server.AskAsync("GET", $"/tools/{name}")).Body);
    }

    [Fact]
    public async Task MetricsAreSwitchedOff()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync();
        Assert.Equal("1", (await server.AskAsync("GET", "/tools/metrics")).Body);
        Assert.Contains("orthanc_count_instances 0", (await server.AskAsync("GET", "/tools/metrics-prometheus")).Body);
        (await server.AskAsync("PUT", "/tools/metrics", "0")).IsEmpty(200);
        Assert.Equal("0", (await server.AskAsync("GET", "/tools/metrics")).Body);
        (await server.AskAsync("GET", "/tools/metrics-prometheus")).IsEmpty(200);
        (await server.AskAsync("PUT", "/tools/metrics", "off")).IsError(400, 15);
    }

    [Fact]
    public async Task IdentifiersAreGenerated()
    {
        Assert.True(Guid.TryParse((await _server.AskAsync("GET", "/tools/generate-uid?level=patient")).Body, out _));
        foreach (string level in (string[])["study", "series", "instance"])
        {
            string one = (await _server.AskAsync("GET", $"/tools/generate-uid?level={level}")).Body;
            Assert.Matches("^2\\.25\\.(0|[1-9][0-9]{0,38})$", one);
            Assert.NotEqual(one, (await _server.AskAsync("GET", $"/tools/generate-uid?level={level}")).Body);
        }

        (await _server.AskAsync("GET", "/tools/generate-uid")).IsEmpty(404);
        (await _server.AskAsync("GET", "/tools/generate-uid?level=frame")).IsEmpty(404);
    }

    [Fact]
    public async Task ConformanceNamesWhatIsAccepted()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["RejectedSopClasses"] = new JsonArray(SyntheticInstance.CtImageStorage));
        string[] classes = (await server.GetJsonAsync("/tools/accepted-sop-classes")).Strings();
        Assert.Contains("1.2.840.10008.5.1.4.1.1.4", classes);
        Assert.DoesNotContain(SyntheticInstance.CtImageStorage, classes);
        Answer statement = await server.AskAsync("GET", "/tools/dicom-conformance");
        Assert.Equal("text/plain", statement.ContentType);
        Assert.Contains("MR Image Storage", statement.Body);
        Assert.DoesNotContain("  CT Image Storage", statement.Body);
        (await server.AskAsync("POST", "/tools/invalidate-tags")).IsEmpty(200);
        Assert.Contains("dicom-conformance", (await server.GetJsonAsync("/tools")).Strings());
    }

    [Fact]
    public async Task ResetStartsAgainAndShutdownEnds()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync();
        string patient = (await server.StoreAsync(SyntheticInstance.Numbered(355, 1, 1, 1))).Patient;
        await server.AskAsync("PUT", "/tools/default-encoding", "Greek");
        Assert.Equal("{}", (await server.AskAsync("POST", "/tools/reset")).Body);
        string encoding = "";
        for (int i = 0; i < 2400 && encoding != "Latin1"; i++)
        {
            try
            {
                encoding = (await server.AskAsync("GET", "/tools/default-encoding")).Body;
            }
            catch (HttpRequestException)
            {
                // between the stop and the start nobody listens
            }

            await Task.Delay(50);
        }

        Assert.Equal("Latin1", encoding);
        Assert.True(server.IsRunning);
        Assert.Equal([patient], (await server.GetJsonAsync("/patients")).Strings());
        Assert.Equal("{}", (await server.AskAsync("POST", "/tools/shutdown")).Body);
        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        Assert.Equal(0, server.ExitCode);
    }
}
