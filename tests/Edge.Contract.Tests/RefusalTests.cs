using System.Net.Sockets;
using System.Text.Json.Nodes;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Who is refused, and what is malformed, stands in the log at warning level: who it was, why, and which option decides; nothing of a patient.</summary>
public sealed class RefusalTests : IAsyncLifetime
{
    private const string Stranger = "STRANGER";
    private const string Secret = "SECRET";
    private readonly TemporaryFolder _folder = new();
    private EdgeServer _server = null!;

    public async ValueTask InitializeAsync() => _server = await EdgeServer.StartNewAsync(static configuration =>
    {
        configuration["DicomCheckCalledAet"] = true;
        configuration["DicomAlwaysAllowStore"] = false;
        configuration["DicomModalities"] = new JsonObject
        {
            ["quiet"] = new JsonObject { ["AET"] = "QUIET", ["Host"] = "127.0.0.1", ["Port"] = 104, ["AllowFind"] = false },
        };
    });

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("findscu", "C-FIND", "DicomAlwaysAllowFind")]
    [InlineData("getscu", "C-GET", "DicomAlwaysAllowGet")]
    [InlineData("movescu", "C-MOVE", "DicomAlwaysAllowMove")]
    [InlineData("storescu", "C-STORE", "DicomAlwaysAllowStore")]
    public async Task AnOperationOfAStranger(string tool, string operation, string option)
    {
        string sample = _folder.Combine("sample.dcm");
        await File.WriteAllBytesAsync(sample, (SyntheticInstance.Numbered(1, 1, 1, 1) with { PatientName = Secret, PatientId = Secret }).ToFile(), TestContext.Current.CancellationToken);
        string[] what = tool == "storescu" ? [sample] : ["-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.3", "-k", $"PatientName={Secret}"];
        await Tool.RunAsync(tool, ["-aet", Stranger, "-aec", "ORTHANC", .. tool == "movescu" ? ["-aem", Stranger] : Array.Empty<string>(), "127.0.0.1", $"{_server.DicomPort}", .. what]);
        string line = await WarningAsync($"{operation} of \"{Stranger}\"");
        Assert.Contains("127.0.0.1", line);
        Assert.Contains("no entry of DicomModalities has its AE title", line);
        Assert.Contains(option, line);
        Assert.DoesNotContain(Secret, _server.Log);
    }

    [Fact]
    public async Task AnOperationThatAModalityMayNot()
    {
        await Tool.RunAsync("findscu", "-aet", "QUIET", "-aec", "ORTHANC", "127.0.0.1", $"{_server.DicomPort}", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID");
        Assert.Contains("AllowFind is false in its entry of DicomModalities", await WarningAsync("C-FIND of \"QUIET\""));
    }

    [Fact]
    public async Task AWrongCalledTitle()
    {
        await Tool.RunAsync("echoscu", "-aet", Stranger, "-aec", "OTHER", "127.0.0.1", $"{_server.DicomPort}");
        string line = await WarningAsync($"\"{Stranger}\" calling \"OTHER\" rejected");
        Assert.Contains("DicomAet is \"ORTHANC\" and DicomCheckCalledAet is true", line);
    }

    [Fact]
    public async Task AHostThatIsNotThatOfTheModality()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration =>
        {
            foreach (string option in (string[])["Echo", "Store"])
            {
                configuration["DicomAlwaysAllow" + option] = false;
            }

            configuration["DicomCheckModalityHost"] = true;
            configuration["DicomModalities"] = new JsonObject { ["away"] = new JsonArray("AWAY", "192.0.2.7", 104) };
        });
        await Tool.RunAsync("echoscu", "-aet", "AWAY", "-aec", "ORTHANC", "127.0.0.1", $"{server.DicomPort}");
        string line = await WarningAsync("\"AWAY\" calling \"ORTHANC\" rejected", server);
        Assert.Contains("at 192.0.2.7, not at 127.0.0.1 (DicomCheckModalityHost is true)", line);
    }

    [Fact]
    public async Task ContextsThatAreNotSupported()
    {
        await using ClientAssociation association = await DicomClient.ConnectAsync(
            new DicomClientOptions
            {
                Host = "127.0.0.1",
                Port = _server.DicomPort,
                CalledAeTitle = "ORTHANC",
                CallingAeTitle = Stranger,
                Contexts = ProposedContexts.Number([(DicomUids.Verification, [DicomUids.ImplicitVrLittleEndian]), ("1.2.3.4.5", [DicomUids.ImplicitVrLittleEndian]), (SyntheticInstance.CtImageStorage, ["1.2.3.4.6"])]),
            },
            TestContext.Current.CancellationToken);
        string line = await WarningAsync($"\"{Stranger}\" proposes what is not accepted");
        Assert.EndsWith($"1.2.3.4.5 (SOP class not accepted), {SyntheticInstance.CtImageStorage} (none of its transfer syntaxes is accepted)", line);
        await association.ReleaseAsync();
    }

    [Theory]
    [InlineData(new byte[] { 0x42, 0, 0, 0, 0, 4, 0, 0, 0, 0 }, "PDU of unknown type 42H")]
    [InlineData(new byte[] { 1, 0, 0x7F, 0xFF, 0xFF, 0xFF, 0, 1, 0, 0 }, "PDU of type 01H of 2147483647 bytes")]
    public async Task AMalformedPdu(byte[] pdu, string why)
    {
        using TcpClient client = new();
        await client.ConnectAsync("127.0.0.1", _server.DicomPort, TestContext.Current.CancellationToken);
        await client.GetStream().WriteAsync(pdu, TestContext.Current.CancellationToken);
        Assert.Contains("127.0.0.1", await WarningAsync(why));
    }

    /// <summary>The line of the log that holds a text, which must be a warning.</summary>
    private async Task<string> WarningAsync(string text, EdgeServer? server = null)
    {
        for (int i = 0; i < 2400; i++)
        {
            if ((server ?? _server).Log.Split('\n').FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal)) is { } found)
            {
                Assert.Contains("Z W dicom:", found);
                return found;
            }

            await Task.Delay(50, TestContext.Current.CancellationToken);
        }

        throw new TimeoutException($"no line holds \"{text}\":\n{(server ?? _server).Log}");
    }
}
