using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Core.Ids;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Query and retrieve with DCMTK's tools on the other side, both ways, against the native binary.</summary>
public sealed class QueryRetrieveTests : IAsyncLifetime
{
    private readonly int _sinkPort = FreePort.Next();
    private readonly TemporaryFolder _folder = new();
    private EdgeServer _server = null!;

    public async ValueTask InitializeAsync()
    {
        _server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomModalities"] = new JsonObject
            {
                ["sink"] = new JsonArray("SINK", "127.0.0.1", _sinkPort),
                ["self"] = new JsonArray("ORTHANC", "127.0.0.1", configuration["DicomPort"]!.GetValue<int>()),
                ["denied"] = new JsonObject { ["AET"] = "DENIED", ["Host"] = "127.0.0.1", ["Port"] = 104, ["AllowFind"] = false, ["AllowMove"] = false, ["AllowGet"] = false },
            };
            configuration["LimitFindResults"] = 3;
            configuration["LogExportedResources"] = true;
        });
        for (int patient = 1; patient <= 2; patient++)
        {
            for (int number = 1; number <= 3; number++)
            {
                await _server.UploadAsync((SyntheticInstance.Numbered(patient, 1, 1, number) with { Modality = patient == 1 ? "CT" : "MR" }).ToFile());
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("-P", "PATIENT", "PatientName=test^number1", 1)]
    [InlineData("-S", "STUDY", "PatientID=TEST-*", 2)]
    [InlineData("-S", "STUDY", "PatientID=test-1", 0)]
    [InlineData("-S", "STUDY", "ModalitiesInStudy=MR\\XA", 1)]
    [InlineData("-S", "STUDY", "StudyDate=20260101-20260103", 2)]
    [InlineData("-S", "STUDY", "Modality=CT", 0)]
    [InlineData("-S", "SERIES", "Modality=CT", 1)]
    [InlineData("-S", "IMAGE", "PatientID=TEST-2", 3)]
    public async Task FindscuFindsWhatMatches(string root, string level, string key, int expected)
    {
        ToolResult result = await FindAsync(root, "-aet", "SINK", "-k", $"QueryRetrieveLevel={level}", "-k", key);
        Assert.Equal(expected, Regex.Count(result.Error, "Find Response: [0-9]+"));
        Assert.Contains("Received Final Find Response (Success)", result.Error);
    }

    [Fact]
    public async Task AnswersHoldComputedKeysAndOnesFromFiles()
    {
        ToolResult result = await FindAsync(
            "-S", "-aet", "SINK", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID=TEST-1", "-k", "ModalitiesInStudy", "-k", "NumberOfStudyRelatedInstances", "-k", "Rows", "-k", "0008,0000=4");
        Assert.Matches(@"\(0008,0061\) CS \[CT\]", result.Error);
        Assert.Matches(@"\(0020,1208\) IS \[3 \]", result.Error);
        Assert.Matches(@"\(0028,0010\) US 16", result.Error);
        Assert.Matches(@"\(0008,0054\) AE \[ORTHANC \]", result.Error);
        Assert.DoesNotContain("(0008,0000)", result.Error[result.Error.IndexOf("Find Response: 1", StringComparison.Ordinal)..]);
    }

    [Fact]
    public async Task TheNestedFindHoldsStudiesAndTheirSeries()
    {
        JsonNode patient = Assert.Single((await _server.PostJsonAsync("/modalities/self/find", new JsonObject { ["PatientID"] = "TEST-1", ["Modality"] = "CT" })).AsArray())!;
        Assert.Equal("TEST-1", (string)patient["PatientID"]!);
        JsonNode study = Assert.Single(patient["Studies"]!.AsArray())!;
        JsonNode series = Assert.Single(study["Series"]!.AsArray())!;
        SyntheticInstance first = SyntheticInstance.Numbered(1, 1, 1, 1);
        Assert.Equal((first.StudyInstanceUid, first.SeriesInstanceUid), ((string)study["StudyInstanceUID"]!, (string)series["SeriesInstanceUID"]!));
        JsonNode other = Assert.Single((await _server.PostJsonAsync("/modalities/self/find", new JsonObject { ["PatientID"] = "TEST-1", ["Modality"] = "MR" })).AsArray())!;
        Assert.Empty(other["Studies"]![0]!["Series"]!.AsArray());
    }

    [Fact]
    public async Task TooManyAnswersEndWithCancel()
    {
        for (int patient = 3; patient <= 5; patient++)
        {
            await _server.UploadAsync(SyntheticInstance.Numbered(patient, 1, 1, 1).ToFile());
        }

        ToolResult result = await FindAsync("-S", "-aet", "SINK", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID");
        Assert.Equal(3, Regex.Count(result.Error, "Find Response: [0-9]+"));
        Assert.Contains("Received Final Find Response (Cancel", result.Error);
    }

    [Theory]
    [InlineData("QueryRetrieveLevel=NONSENSE", "PatientID")]
    [InlineData("QueryRetrieveLevel=STUDY", "StudyDate=2026*")]
    public async Task IllegalQueriesFail(string level, string key)
    {
        ToolResult result = await FindAsync("-S", "-aet", "SINK", "-k", level, "-k", key);
        Assert.DoesNotContain("Find Response: 1", result.Error);
        Assert.Contains("Failed: UnableToProcess", result.Error);
    }

    [Theory]
    [InlineData("STRANGER")]
    [InlineData("DENIED")]
    public async Task WhoMayNotAskIsAborted(string aet)
    {
        ToolResult result = await FindAsync("-S", "-aet", aet, "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID");
        Assert.DoesNotContain("Final Find Response", result.Error);
        Assert.Contains("Peer aborted Association", result.Error);
    }

    [Fact]
    public async Task GetscuReceivesTheStudy()
    {
        SyntheticInstance first = SyntheticInstance.Numbered(1, 1, 1, 1);
        ToolResult result = await Tool.RunAsync(
            "getscu", "-v", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-od", _folder.Path, "127.0.0.1", $"{_server.DicomPort}", "-k", "QueryRetrieveLevel=STUDY", "-k", $"StudyInstanceUID={first.StudyInstanceUid}");
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(3, Directory.GetFiles(_folder.Path).Length);
        byte[] received = await File.ReadAllBytesAsync(Directory.GetFiles(_folder.Path).Single(path => path.EndsWith(first.SopInstanceUid, StringComparison.Ordinal)));
        Assert.True(received.AsSpan().EndsWith(first.Pixels()));
    }

    [Fact]
    public async Task GetscuOfTheUnknownFails()
    {
        ToolResult result = await Tool.RunAsync(
            "getscu", "-v", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-od", _folder.Path, "127.0.0.1", $"{_server.DicomPort}", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3.4");
        Assert.Empty(Directory.GetFiles(_folder.Path));
        Assert.Contains("UnableToProcess", result.Output + result.Error);
    }

    [Fact]
    public async Task MovescuSendsToTheDestination()
    {
        using Process sink = await StartSinkAsync();
        try
        {
            ToolResult result = await Tool.RunAsync(
                "movescu", "-d", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-aem", "SINK", "127.0.0.1", $"{_server.DicomPort}", "-k", "QueryRetrieveLevel=STUDY", "-k", $"StudyInstanceUID={SyntheticInstance.Numbered(2, 1, 1, 1).StudyInstanceUid}");
            Assert.True(result.ExitCode == 0, result.Error);
            Assert.Equal(3, Directory.GetFiles(_folder.Path).Length);
            Assert.Matches(@"Completed Suboperations\s*: 3", result.Output + result.Error);
            ToolResult byAccession = await Tool.RunAsync(
                "movescu", "-v", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-aem", "SINK", "127.0.0.1", $"{_server.DicomPort}", "-k", $"AccessionNumber={SyntheticInstance.Numbered(2, 1, 1, 1).AccessionNumber}", "-k", "StudyInstanceUID=");
            Assert.True(byAccession.ExitCode == 0, byAccession.Error); // some viewers name no level
            ToolResult unknown = await Tool.RunAsync(
                "movescu", "-v", "-S", "-aet", "SINK", "-aec", "ORTHANC", "-aem", "NOWHERE", "127.0.0.1", $"{_server.DicomPort}", "-k", "QueryRetrieveLevel=PATIENT", "-k", "PatientID=TEST-1");
            Assert.Contains("UnableToProcess", unknown.Output + unknown.Error);
        }
        finally
        {
            sink.Kill();
        }
    }

    [Fact]
    public async Task RestStoresAtAModality()
    {
        using Process sink = await StartSinkAsync();
        try
        {
            using HttpResponseMessage echo = await _server.Http.PostAsync("/modalities/sink/echo", new StringContent(""));
            Assert.Equal("{}", await echo.Content.ReadAsStringAsync());
            SyntheticInstance first = SyntheticInstance.Numbered(1, 1, 1, 1);
            string patient = ResourceId.ForPatient(first.PatientId);
            JsonNode sent = await _server.PostJsonAsync("/modalities/sink/store", new JsonObject { ["Resources"] = new JsonArray(patient) });
            Assert.Equal(3, (int)sent["InstancesCount"]!);
            Assert.Equal(0, (int)sent["FailedInstancesCount"]!);
            Assert.Equal("SINK", (string?)sent["RemoteAet"]);
            Assert.Equal(3, Directory.GetFiles(_folder.Path).Length);
            JsonNode exports = await _server.GetJsonAsync("/exports");
            Assert.Equal(patient, (string?)exports["Exports"]![0]!["ID"]);
            Assert.Equal("sink", (string?)exports["Exports"]![0]!["RemoteModality"]);

            SyntheticInstance other = SyntheticInstance.Numbered(9, 1, 1, 1);
            using HttpResponseMessage straight = await _server.Http.PostAsync("/modalities/sink/store-straight", new ByteArrayContent(other.ToFile()));
            Assert.Equal(other.SopInstanceUid, (string?)JsonNode.Parse(await straight.Content.ReadAsStringAsync())!["SOPInstanceUID"]);
            Assert.Equal(4, Directory.GetFiles(_folder.Path).Length);
        }
        finally
        {
            sink.Kill();
        }
    }

    [Fact]
    public async Task AModalityThatIsOffIsANetworkError()
    {
        string patient = ResourceId.ForPatient("TEST-1");
        using HttpResponseMessage answer = await _server.Http.PostAsync("/modalities/sink/store", new StringContent(patient));
        Assert.Equal(500, (int)answer.StatusCode);
        JsonNode error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(9, (int)error["OrthancStatus"]!);
        Assert.Contains("SINK", (string?)error["Details"]);
        using HttpResponseMessage unknown = await _server.Http.PostAsync("/modalities/nope/store", new StringContent(patient));
        Assert.Equal(404, (int)unknown.StatusCode);
        using HttpResponseMessage bad = await _server.Http.PostAsync("/modalities/sink/store", new StringContent("nonsense"));
        Assert.Equal(400, (int)bad.StatusCode);
    }

    [Fact]
    public async Task QueriesKeepTheirAnswersAndRetrieveThem()
    {
        JsonNode created = await _server.PostJsonAsync("/modalities/self/query", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-2" } });
        string path = (string)created["Path"]!;
        Assert.Equal("""["0"]""", (await _server.GetJsonAsync(path + "/answers")).ToJsonString());
        JsonNode answer = await _server.GetJsonAsync(path + "/answers/0/content?simplify");
        Assert.Equal("ACC2-1", (string?)answer["AccessionNumber"]);
        JsonNode below = await _server.PostJsonAsync(path + "/answers/0/query-instances", new JsonObject());
        Assert.Equal(3, (await _server.GetJsonAsync((string)below["Path"]! + "/answers")).AsArray().Count);
        JsonNode retrieved = await _server.PostJsonAsync(path + "/answers/0/retrieve", new JsonObject { ["TargetAet"] = "ORTHANC" });
        Assert.Equal(0, (int)retrieved["Details"]![0]!["DimseErrorStatus"]!);
        JsonNode got = await _server.PostJsonAsync(path + "/answers/0/retrieve", new JsonObject { ["RetrieveMethod"] = "C-GET" });
        Assert.Equal(3, got["Details"]![0]!["ReceivedInstancesIds"]!.AsArray().Count);
        using HttpResponseMessage outside = await _server.Http.GetAsync(path + "/answers/1/content");
        Assert.Equal(400, (int)outside.StatusCode);
    }

    [Fact]
    public async Task PeersReceiveWhatIsStoredAtThem()
    {
        await using EdgeServer other = await EdgeServer.StartNewAsync();
        using HttpResponseMessage put = await _server.Http.PutAsync("/peers/other", new StringContent($"[\"http://127.0.0.1:{other.RestPort}\"]"));
        Assert.Equal(200, (int)put.StatusCode);
        Assert.Equal("1.12.11", (string?)(await _server.GetJsonAsync("/peers/other/system"))["Version"]);
        string patient = ResourceId.ForPatient("TEST-1");
        JsonNode sent = await _server.PostJsonAsync("/peers/other/store", new JsonObject { ["Resources"] = new JsonArray(patient), ["Compress"] = true });
        Assert.Equal(3, (int)sent["InstancesCount"]!);
        Assert.Equal(3, (await other.GetJsonAsync("/instances")).AsArray().Count);
        using HttpResponseMessage straight = await _server.Http.PostAsync("/peers/other/store-straight", new ByteArrayContent(SyntheticInstance.Numbered(8, 1, 1, 1).ToFile()));
        Assert.Equal("Success", (string?)JsonNode.Parse(await straight.Content.ReadAsStringAsync())!["Status"]);
        using HttpResponseMessage delete = await _server.Http.DeleteAsync("/peers/other");
        Assert.Equal(200, (int)delete.StatusCode);
        using HttpResponseMessage gone = await _server.Http.GetAsync("/peers/other");
        Assert.Equal(404, (int)gone.StatusCode);
    }

    private Task<ToolResult> FindAsync(params string[] arguments) =>
        Tool.RunAsync("findscu", ["-v", arguments[0], .. arguments[1..3], "-aec", "ORTHANC", .. arguments[3..], "127.0.0.1", $"{_server.DicomPort}"]);

    /// <summary>A storescp that keeps what it receives in the folder of the test.</summary>
    private async Task<Process> StartSinkAsync()
    {
        Process sink = Process.Start(new ProcessStartInfo("storescp", ["-aet", "SINK", "-od", _folder.Path, $"{_sinkPort}"]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        for (int attempt = 0; attempt < 2400; attempt++)
        {
            ToolResult echo = await Tool.RunAsync("echoscu", "-aec", "SINK", "127.0.0.1", $"{_sinkPort}");
            if (echo.ExitCode == 0)
            {
                return sink;
            }

            await Task.Delay(50);
        }

        sink.Kill();
        throw new InvalidOperationException("storescp did not start");
    }
}
