using Edge.Dimse.Protocol;
using Edge.Dimse.Tests.Kit;
using Xunit;

namespace Edge.Dimse.Tests.Interop;

/// <summary>DCMTK's senders against this room's server.</summary>
public sealed class DcmtkClientTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edge-dimse-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("--max-pdu", "4096")]
    [InlineData("--max-pdu", "131072")]
    [InlineData("--repeat", "5")]
    [InlineData("--propose-ts", "3")]
    [InlineData("--propose-pc", "100")]
    [InlineData("--abort", null)]
    public async Task EchoscuIsAnswered(string option, string? value)
    {
        await using TestScp scp = new();
        (int exit, string output) = await Tool.RunAsync("echoscu", [option, .. value is null ? Array.Empty<string>() : [value], "127.0.0.1", $"{scp.Port}"]);
        Assert.True(exit == 0, output);
    }

    [Theory]
    [InlineData(4096, "--max-pdu", "4096", 1)]
    [InlineData(16384, "--max-send-pdu", "4096", 5)]
    [InlineData(131072, "--max-pdu", "131072", 300_000)]
    [InlineData(131072, "--required", null, 70_000)]
    [InlineData(131072, "+C", null, 70_000)]
    public async Task StorescuDeliversEveryByte(int ours, string option, string? value, int pixels)
    {
        await using TestScp scp = new(o => o with { MaximumPduLength = ours });
        SampleObject[] samples = [.. Enumerable.Range(1, 5).Select(i => new SampleObject(i, (pixels + i) * 2, i % 2 == 0 ? SampleObject.MrImageStorage : SampleObject.CtImageStorage))];
        string[] files = [.. samples.Select(s => s.WriteTo(_folder))];
        (int exit, string output) = await Tool.RunAsync("storescu", [option, .. value is null ? Array.Empty<string>() : [value], "-v", "127.0.0.1", $"{scp.Port}", .. files]);
        Assert.True(exit == 0, output);
        Assert.Equal(samples.Length, scp.Handler.Stored.Count);
        foreach ((SampleObject sample, StoredObject stored) in samples.Zip(scp.Handler.Stored))
        {
            Assert.Equal(sample.SopInstance, stored.Command.AffectedSopInstanceUid);
            Assert.Equal(sample.SopClass, stored.Command.AffectedSopClassUid);
            Assert.Equal(sample.TransferSyntax, stored.TransferSyntax);
            Assert.Equal(sample.DataSet, stored.DataSet);
        }
    }

    [Fact]
    public async Task DcmsendDeliversAFolder()
    {
        await using TestScp scp = new();
        for (int i = 0; i < 20; i++)
        {
            new SampleObject(i, 20_000).WriteTo(_folder);
        }

        (int exit, string output) = await Tool.RunAsync("dcmsend", "--scan-directories", "--no-uid-checks", "127.0.0.1", $"{scp.Port}", _folder);
        Assert.True(exit == 0, output);
        Assert.Equal(20, scp.Handler.Stored.Count);
    }

    [Fact]
    public async Task ManyStorescuAtOnceAreServed()
    {
        await using TestScp scp = new(o => o with { MaximumAssociations = 3 });
        string[] files = [.. Enumerable.Range(0, 5).Select(i => new SampleObject(i, 50_000).WriteTo(_folder))];
        (int ExitCode, string Output)[] results = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Tool.RunAsync("storescu", ["127.0.0.1", $"{scp.Port}", .. files])));
        Assert.All(results, r => Assert.True(r.ExitCode == 0, r.Output));
        Assert.Equal(50, scp.Handler.Stored.Count);
        Assert.Equal(10, scp.Metrics.AssociationsTotal);
    }

    [Fact]
    public async Task WrongCalledAeTitleIsRejected()
    {
        await using TestScp scp = new(policy: new TestPolicy { CalledAeTitle = "EDGE" });
        (int exit, string output) = await Tool.RunAsync("echoscu", "-aec", "OTHER", "127.0.0.1", $"{scp.Port}");
        Assert.NotEqual(0, exit);
        Assert.Contains("Called AE Title Not Recognized", output);
        (exit, output) = await Tool.RunAsync("echoscu", "-aec", "EDGE", "127.0.0.1", $"{scp.Port}");
        Assert.True(exit == 0, output);
        Assert.Equal(1, scp.Metrics.AssociationsRejected);
    }

    [Fact]
    public async Task UnsupportedContextsAreRefused()
    {
        await using TestScp scp = new(policy: new TestPolicy { SopClasses = [DicomUids.Verification] });
        string file = new SampleObject(1).WriteTo(_folder);
        (int exit, string output) = await Tool.RunAsync("storescu", "-v", "127.0.0.1", $"{scp.Port}", file);
        Assert.NotEqual(0, exit);
        Assert.Contains("No Acceptable Presentation Contexts", output);
        Assert.Empty(scp.Handler.Stored);
    }

    [Fact]
    public async Task FailureStatusReachesTheSender()
    {
        await using TestScp scp = new(handler: new TestHandler { Sink = _ => throw new Edge.Core.Errors.EdgeException(Edge.Core.Errors.ErrorCode.FullStorage, "no space left") });
        string file = new SampleObject(1, 400_000).WriteTo(_folder);
        (_, string output) = await Tool.RunAsync("storescu", "-d", "127.0.0.1", $"{scp.Port}", file);
        Assert.Contains("0xa700", output);
        Assert.Contains("no space left", output);
    }

    [Fact]
    public async Task UnhandledServicesAreRefusedByStatus()
    {
        await using TestScp scp = new();
        (_, string output) = await Tool.RunAsync("findscu", "-d", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", "127.0.0.1", $"{scp.Port}");
        Assert.Contains("0x0122", output);
    }

    [Fact]
    public async Task TermscuDoesNotStopTheServer()
    {
        await using TestScp scp = new(policy: new TestPolicy { SopClasses = [DicomUids.Verification] });
        await Tool.RunAsync("termscu", "127.0.0.1", $"{scp.Port}");
        (int exit, string output) = await Tool.RunAsync("echoscu", "127.0.0.1", $"{scp.Port}");
        Assert.True(exit == 0, output);
    }
}
