using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Edge.Core.Ids;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>
/// Each of DCMTK's network tools against the native binary, as the side that calls and as the side that is called; over TLS too where
/// the tool of Debian 12 (3.6.7) has it: echoscu, storescu, findscu, storescp, dcmrecv.
/// </summary>
public sealed class DcmtkBothWaysTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly int _peerPort = FreePort.Next();
    private readonly Certificates _certificates;
    private EdgeServer _plain = null!;
    private EdgeServer _secure = null!;

    public DcmtkBothWaysTests() => _certificates = new Certificates(_folder);

    public async ValueTask InitializeAsync()
    {
        _certificates.Create("edge", "tool");
        _plain = await EdgeServer.StartNewAsync(configuration => Configure(configuration, secure: false));
        _secure = await EdgeServer.StartNewAsync(configuration => Configure(configuration, secure: true));
    }

    public async ValueTask DisposeAsync()
    {
        await _plain.DisposeAsync();
        await _secure.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ClientsEchoStoreAndFind(bool secure)
    {
        await SuccessAsync("echoscu", [.. Call(secure)]);
        await SuccessAsync("storescu", [.. Call(secure), Sample(1)]);
        await SuccessAsync("storescu", [.. Call(secure), "-xi", Sample(2)]);
        ToolResult found = await SuccessAsync("findscu", ["-v", .. Call(secure), "-S", "-k", "QueryRetrieveLevel=IMAGE", "-k", "PatientID=TEST-901", "-k", "SOPInstanceUID"]);
        Assert.Equal(2, Regex.Count(found.Error, "Find Response: [0-9]+"));
    }

    [Fact]
    public async Task ClientsWithoutTlsSendMoveAndGet()
    {
        await _plain.UploadAsync((Numbered(3) with { Rows = 1200, Columns = 1300 }).ToFile());
        await SuccessAsync("dcmsend", ["-aet", "TOOL", "-aec", "ORTHANC", "127.0.0.1", $"{_plain.DicomPort}", Sample(1), Sample(2)]);
        string[] study = ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", $"StudyInstanceUID={Numbered(1).StudyInstanceUid}"];
        string got = Directory.CreateDirectory(_folder.Combine("got")).FullName;
        await SuccessAsync("getscu", [.. Call(secure: false), "-od", got, .. study]);
        Assert.Equal(3, Directory.GetFiles(got).Length);
        Assert.True((await File.ReadAllBytesAsync(Directory.GetFiles(got).Single(static path => path.EndsWith(Numbered(3).SopInstanceUid, StringComparison.Ordinal)))).AsSpan().EndsWith((Numbered(3) with { Rows = 1200, Columns = 1300 }).Pixels()));

        string moved = Directory.CreateDirectory(_folder.Combine("moved")).FullName;
        await SuccessAsync("movescu", ["-aet", "TOOL", "-aec", "ORTHANC", "-aem", "TOOL", "+P", $"{_peerPort}", "-od", moved, "127.0.0.1", $"{_plain.DicomPort}", .. study]);
        Assert.Equal(3, Directory.GetFiles(moved).Length);

        // What it asks for is an association that nobody accepts: we answer, and go on.
        await Tool.RunAsync("termscu", "-aet", "TOOL", "-aec", "ORTHANC", "127.0.0.1", $"{_plain.DicomPort}");
        await SuccessAsync("echoscu", [.. Call(secure: false)]);
    }

    [Theory]
    [InlineData("storescp", false)]
    [InlineData("storescp", true)]
    [InlineData("dcmrecv", false)]
    [InlineData("dcmrecv", true)]
    public async Task ServersAreEchoedAndStoredAt(string tool, bool secure)
    {
        EdgeServer server = secure ? _secure : _plain;
        string received = Directory.CreateDirectory(_folder.Combine("received")).FullName;
        string[] tls = secure ? ["+tls", _certificates.Key("tool"), _certificates.Certificate("tool"), "+cf", _certificates.Certificate("edge")] : [];
        // Without a profile dcmrecv accepts verification alone.
        string[] profile = tool == "dcmrecv" ? ["-xf", "/etc/dcmtk/storescp.cfg", "Default"] : [];
        await using RunningTool peer = await RunningTool.StartAsync(_peerPort, tool, [.. tls, .. profile, "-aet", "TOOL", "-od", received, $"{_peerPort}"]);
        Answer echo = await server.AskAsync("POST", "/modalities/tool/echo", "{}");
        Assert.True((int)echo.Status == 200, echo.Body + peer.Log + server.Log);
        // Smaller than the head that is read first, than what is read ahead, and larger than both.
        SyntheticInstance[] samples = [Numbered(1), Numbered(2) with { Rows = 512, Columns = 512 }, Numbered(3) with { Rows = 1200, Columns = 1300 }, Numbered(4)];
        foreach (SyntheticInstance sample in samples)
        {
            await server.UploadAsync(sample.ToFile());
        }

        JsonNode sent = await server.PostJsonAsync("/modalities/tool/store", new JsonObject { ["Resources"] = new JsonArray(ResourceId.ForPatient(Numbered(1).PatientId)) });
        Assert.Equal((4, 0), ((int)sent["InstancesCount"]!, (int)sent["FailedInstancesCount"]!));
        foreach (SyntheticInstance sample in samples)
        {
            string file = Directory.GetFiles(received).Single(path => path.EndsWith(sample.SopInstanceUid, StringComparison.Ordinal));
            Assert.True((await File.ReadAllBytesAsync(file)).AsSpan().EndsWith(sample.Pixels()), file);
        }
    }

    [Fact]
    public async Task AQueryRetrieveServerIsStoredAtAskedMovedFromAndGotFrom()
    {
        string database = Directory.CreateDirectory(_folder.Combine("database")).FullName;
        string configuration = _folder.Combine("dcmqrscp.cfg");
        await File.WriteAllTextAsync(configuration, $"""
            NetworkTCPPort = {_peerPort}
            MaxPDUSize = 16384
            MaxAssociations = 16
            HostTable BEGIN
            edge = (ORTHANC, 127.0.0.1, {_plain.DicomPort})
            HostTable END
            VendorTable BEGIN
            VendorTable END
            AETable BEGIN
            TOOL {database} RW (100, 1024mb) ANY
            AETable END
            """);
        await using RunningTool peer = await RunningTool.StartAsync(_peerPort, "dcmqrscp", "-c", configuration);
        (string Patient, string Study, string Series, string Instance) stored = await _plain.StoreAsync(Numbered(1));
        await _plain.StoreAsync(Numbered(2));
        await _plain.PostJsonAsync("/modalities/tool/store", new JsonObject { ["Resources"] = new JsonArray(stored.Study) });

        JsonNode query = await _plain.PostJsonAsync("/modalities/tool/query", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-9*" } });
        JsonNode answer = Assert.Single((await _plain.GetJsonAsync($"{query["Path"]}/answers?expand&simplify")).AsArray())!;
        Assert.Equal(Numbered(1).StudyInstanceUid, (string)answer["StudyInstanceUID"]!);
        foreach (string method in new[] { "C-MOVE", "C-GET" })
        {
            Assert.Equal(200, (int)(await _plain.AskAsync("DELETE", $"/patients/{stored.Patient}")).Status);
            Answer retrieved = await _plain.AskAsync("POST", $"{query["Path"]}/retrieve", $$"""{"TargetAet": "ORTHANC", "RetrieveMethod": "{{method}}"}""");
            Assert.True((int)retrieved.Status == 200, method + retrieved.Body + peer.Log);
            Assert.Equal(2, (int)(await _plain.GetJsonAsync("/statistics"))["CountInstances"]!);
        }
    }

    [Fact]
    public async Task AWorklistServerIsAsked()
    {
        string items = Directory.CreateDirectory(_folder.Combine("lists", "TOOL")).FullName;
        await File.WriteAllTextAsync(Path.Combine(items, "lockfile"), "");
        await File.WriteAllTextAsync(_folder.Combine("item.dump"), """
            (0008,0050) SH [A-77]
            (0010,0010) PN [DOE^JANE]
            (0010,0020) LO [W-1]
            (0020,000d) UI [1.2.3.77]
            (0040,0100) SQ
            (fffe,e000) -
            (0008,0060) CS [CT]
            (0040,0001) AE [TOOL]
            (0040,0002) DA [20260105]
            (0040,0003) TM [0900]
            (fffe,e00d) -
            (fffe,e0dd) -
            (0040,1001) SH [P-1]
            """);
        await SuccessAsync("dump2dcm", [_folder.Combine("item.dump"), Path.Combine(items, "1.wl")]);
        await using RunningTool peer = await RunningTool.StartAsync(_peerPort, "wlmscpfs", "-efr", "-dfr", "-dfp", _folder.Combine("lists"), $"{_peerPort}");
        Answer found = await _plain.AskAsync("POST", "/modalities/tool/find-worklist", """
            {"PatientName": "DOE*", "PatientID": "", "AccessionNumber": "", "ScheduledProcedureStepSequence": [{"Modality": "CT", "ScheduledProcedureStepStartDate": ""}]}
            """);
        Assert.True((int)found.Status == 200, found.Body + peer.Log);
        JsonNode item = Assert.Single(found.Json.AsArray())!;
        Assert.Equal(("W-1", "A-77"), ((string)item["PatientID"]!, (string)item["AccessionNumber"]!));
        Assert.Equal("20260105", (string)item["ScheduledProcedureStepSequence"]![0]!["ScheduledProcedureStepStartDate"]!);
    }

    private void Configure(JsonObject configuration, bool secure)
    {
        configuration["DicomAlwaysAllowFind"] = true;
        configuration["DicomModalities"] = new JsonObject
        {
            ["tool"] = new JsonObject { ["AET"] = "TOOL", ["Host"] = "127.0.0.1", ["Port"] = _peerPort, ["UseDicomTls"] = secure },
        };
        if (secure)
        {
            configuration["DicomTlsEnabled"] = true;
            configuration["DicomTlsCertificate"] = _certificates.Certificate("edge");
            configuration["DicomTlsPrivateKey"] = _certificates.Key("edge");
            configuration["DicomTlsTrustedCertificates"] = _certificates.Trusted;
        }
    }

    private static SyntheticInstance Numbered(int number) => SyntheticInstance.Numbered(901, 1, 1, number);

    private string Sample(int number)
    {
        string path = _folder.Combine($"{number}.dcm");
        File.WriteAllBytes(path, Numbered(number).ToFile());
        return path;
    }

    private string[] Call(bool secure)
    {
        string[] tls = secure ? ["+tls", _certificates.Key("tool"), _certificates.Certificate("tool"), "+cf", _certificates.Certificate("edge")] : [];
        return [.. tls, "-aet", "TOOL", "-aec", "ORTHANC", "127.0.0.1", $"{(secure ? _secure : _plain).DicomPort}"];
    }

    private static async Task<ToolResult> SuccessAsync(string name, string[] arguments)
    {
        ToolResult result = await Tool.RunAsync(name, arguments);
        Assert.True(result.ExitCode == 0, $"{name}: {result.Output}{result.Error}");
        return result;
    }
}
