using System.Text.Json.Nodes;
using Edge.Core.Ids;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>DCMTK's own clients against the native binary.</summary>
public sealed class DcmtkTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task EchoscuSucceeds()
    {
        ToolResult result = await Tool.RunAsync("echoscu", "-aec", "ORTHANC", "127.0.0.1", $"{_server.DicomPort}");
        Assert.Equal(0, result.ExitCode);
    }

    [Fact]
    public async Task StorescuStoresWhatRestGivesBack()
    {
        using TemporaryFolder folder = new();
        List<string> files = [];
        for (int i = 1; i <= 5; i++)
        {
            files.Add(folder.Combine($"{i}.dcm"));
            await File.WriteAllBytesAsync(files[^1], SyntheticInstance.Numbered(201, 1, 1, i).ToFile());
        }

        ToolResult result = await Tool.RunAsync("storescu", ["-xe", "-aet", "MODALITY1", "-aec", "ORTHANC", "127.0.0.1", $"{_server.DicomPort}", .. files]);
        Assert.True(result.ExitCode == 0, result.Error);
        SyntheticInstance first = SyntheticInstance.Numbered(201, 1, 1, 1);
        string id = ResourceId.ForInstance(first.PatientId, first.StudyInstanceUid, first.SeriesInstanceUid, first.SopInstanceUid);
        byte[] back = await _server.Http.GetByteArrayAsync($"/instances/{id}/file");
        Assert.True(back.AsSpan().EndsWith(first.ToDataSet()), "the data set is kept byte for byte");
        JsonNode header = await _server.GetJsonAsync($"/instances/{id}/header?simplify");
        Assert.Equal("1.2.840.10008.1.2.1", (string?)header["TransferSyntaxUID"]);
        JsonNode series = await _server.GetJsonAsync($"/instances/{id}/series");
        Assert.Equal(5, series["Instances"]!.AsArray().Count);
    }

    [Fact]
    public async Task TwoStorageContextsInBigEndianAndImplicitAreAccepted()
    {
        using TemporaryFolder folder = new();
        string path = folder.Combine("1.dcm");
        await File.WriteAllBytesAsync(path, SyntheticInstance.Numbered(202, 1, 1, 1).ToFile());
        ToolResult result = await Tool.RunAsync("storescu", "-xi", "-aec", "ORTHANC", "127.0.0.1", $"{_server.DicomPort}", path);
        Assert.True(result.ExitCode == 0, result.Error);
        JsonNode found = await _server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = "Instance", ["Expand"] = true, ["Query"] = new JsonObject { ["PatientID"] = "TEST-202" } });
        Assert.Single(found.AsArray());
        string id = (string)found[0]!["ID"]!;
        JsonNode header = await _server.GetJsonAsync($"/instances/{id}/header?simplify");
        Assert.Equal("1.2.840.10008.1.2", (string?)header["TransferSyntaxUID"]);
    }
}
