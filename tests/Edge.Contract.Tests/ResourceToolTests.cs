using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class ResourceToolTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task StatisticsCountWhatIsBelow()
    {
        byte[] file = SyntheticInstance.Numbered(340, 1, 1, 1).ToFile();
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(340, 1, 1, 1));
        long second = SyntheticInstance.Numbered(340, 1, 2, 1).ToFile().Length;
        await _server.StoreAsync(SyntheticInstance.Numbered(340, 1, 2, 1));
        JsonNode ofPatient = await _server.GetJsonAsync($"/patients/{patient}/statistics");
        Assert.Equal((1, 2, 2), ((int)ofPatient["CountStudies"]!, (int)ofPatient["CountSeries"]!, (int)ofPatient["CountInstances"]!));
        Assert.Equal($"{file.Length + second}", (string?)ofPatient["DicomUncompressedSize"]);
        Assert.Equal(0, (int?)ofPatient["DicomUncompressedSizeMB"]);
        JsonNode ofStudy = await _server.GetJsonAsync($"/studies/{study}/statistics");
        Assert.Equal((2, 2), ((int)ofStudy["CountSeries"]!, (int)ofStudy["CountInstances"]!));
        Assert.Null(ofStudy["CountStudies"]);
        Assert.Equal(1, (int?)(await _server.GetJsonAsync($"/series/{series}/statistics"))["CountInstances"]);
        JsonNode ofInstance = await _server.GetJsonAsync($"/instances/{instance}/statistics");
        Assert.Equal($"{file.Length}", (string?)ofInstance["DiskSize"]);
        Assert.Null(ofInstance["CountInstances"]);
        (await _server.AskAsync("GET", "/series/nope/statistics")).IsError(404, 17);
    }

    [Fact]
    public async Task APatientIsProtectedAndUnprotected()
    {
        (string patient, _, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(341, 1, 1, 1));
        string at = $"/patients/{patient}/protected";
        Assert.Equal("0", (await _server.AskAsync("GET", at)).Body);
        foreach ((string body, string now) in new[] { ("1", "1"), ("false", "0"), ("true", "1"), ("0", "0") })
        {
            (await _server.AskAsync("PUT", at, body)).IsEmpty(200);
            Assert.Equal(now, (await _server.AskAsync("GET", at)).Body);
            Assert.Equal(now == "1", (bool?)(await _server.GetJsonAsync($"/patients/{patient}"))["IsProtected"]);
        }

        (await _server.AskAsync("PUT", at, "yes")).IsError(400, 15);
        (await _server.AskAsync("GET", "/patients/nope/protected")).IsError(400, 3);
        (await _server.AskAsync("PUT", "/patients/nope/protected", "1")).IsError(400, 3);
    }

    [Fact]
    public async Task SlicesAreOrderedByNumberWhereTheyHaveNoPosition()
    {
        (_, _, string series, string third) = await _server.StoreAsync(SyntheticInstance.Numbered(342, 1, 1, 3));
        string first = (await _server.StoreAsync(SyntheticInstance.Numbered(342, 1, 1, 1))).Instance;
        string second = (await _server.StoreAsync(SyntheticInstance.Numbered(342, 1, 1, 2))).Instance;
        JsonNode order = await _server.GetJsonAsync($"/series/{series}/ordered-slices");
        Assert.Equal("Sequence", (string?)order["Type"]);
        Assert.Equal([$"/instances/{first}/file", $"/instances/{second}/file", $"/instances/{third}/file"], order["Dicom"]!.Strings());
        Assert.Equal($"/instances/{second}/frames/0", (string?)order["Slices"]![1]);
        Assert.Equal((third, 0, 1), ((string)order["SlicesShort"]![2]![0]!, (int)order["SlicesShort"]![2]![1]!, (int)order["SlicesShort"]![2]![2]!));
        (await _server.AskAsync("GET", "/series/nope/ordered-slices")).IsError(404, 17);
    }

    [Fact]
    public async Task ReconstructionReadsTheFilesAgain()
    {
        // The patient shows the name of the first instance; reconstructing another one of the same PatientID shows that one's.
        SyntheticInstance sample = SyntheticInstance.Numbered(343, 1, 1, 1);
        (string patient, string study, _, _) = await _server.StoreAsync(sample);
        SyntheticInstance other = SyntheticInstance.Numbered(343, 2, 1, 1) with { PatientName = "Another^Name" };
        (_, string otherStudy, _, string otherInstance) = await _server.StoreAsync(other);
        Assert.Equal(sample.PatientName, await NameAsync());
        (await _server.AskAsync("PUT", $"/studies/{otherStudy}/metadata/1024", "kept")).IsEmpty(200);
        long last = (long)(await _server.GetJsonAsync("/changes?last"))["Last"]!;
        (await _server.AskAsync("POST", $"/instances/{otherInstance}/reconstruct", "{}")).IsEmpty(200);
        Assert.Equal("Another^Name", await NameAsync());
        Assert.Equal("kept", (await _server.AskAsync("GET", $"/studies/{otherStudy}/metadata/1024")).Body);
        Assert.Equal([patient], (await _server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = "Patient", ["Query"] = new JsonObject { ["PatientName"] = "Another^Name" } })).Strings());
        (await _server.AskAsync("POST", $"/patients/{patient}/reconstruct", "{\"LimitToThisLevelMainDicomTags\": true}")).IsEmpty(200);
        Assert.Equal(sample.PatientName, await NameAsync());
        (await _server.AskAsync("POST", $"/studies/{study}/reconstruct")).IsEmpty(200);
        (await _server.AskAsync("POST", "/tools/reconstruct")).IsEmpty(200);
        Assert.DoesNotContain(
            (await _server.GetJsonAsync($"/changes?since={last}"))["Changes"]!.AsArray(),
            change => !((string)change!["ChangeType"]!).StartsWith("Stable", StringComparison.Ordinal) && (string?)change["ID"] == patient);
        (await _server.AskAsync("POST", $"/studies/{study}/reconstruct", "{\"ReconstructFiles\": 1}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/studies/nope/reconstruct")).IsError(404, 17);

        async Task<string?> NameAsync() => (string?)(await _server.GetJsonAsync($"/patients/{patient}"))["MainDicomTags"]!["PatientName"];
    }

    [Fact]
    public async Task ReconstructionOfFilesBringsThemIntoTheConfiguredForm()
    {
        (_, string study, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(344, 1, 1, 1));
        byte[] file = await _server.Http.GetByteArrayAsync($"/instances/{instance}/file");
        await _server.AskAsync("POST", $"/instances/{instance}/attachments/dicom/compress");
        (await _server.AskAsync("POST", $"/studies/{study}/reconstruct")).IsEmpty(200);
        Assert.Equal("1", (await _server.AskAsync("GET", $"/instances/{instance}/attachments/dicom/is-compressed")).Body);
        (await _server.AskAsync("POST", $"/studies/{study}/reconstruct", "{\"ReconstructFiles\": true}")).IsEmpty(200);
        Assert.Equal("0", (await _server.AskAsync("GET", $"/instances/{instance}/attachments/dicom/is-compressed")).Body);
        Assert.Equal(file, await _server.Http.GetByteArrayAsync($"/instances/{instance}/file"));
    }

    [Fact]
    public async Task ExportIsForbiddenUnlessTheConfigurationAllowsIt()
    {
        (_, _, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(345, 1, 1, 1));
        using TemporaryFolder folder = new();
        string target = folder.Combine("x.dcm");
        (await _server.AskAsync("POST", $"/instances/{instance}/export", target)).IsEmpty(403);
        Assert.False(File.Exists(target));
        await using EdgeServer open = await EdgeServer.StartNewAsync(configuration => configuration["RestApiWriteToFileSystemEnabled"] = true);
        byte[] file = SyntheticInstance.Numbered(345, 1, 1, 1).ToFile();
        await open.UploadAsync(file);
        (await open.AskAsync("POST", $"/instances/{instance}/export", target)).IsEmpty(200);
        Assert.Equal(file, await File.ReadAllBytesAsync(target));
        (await open.AskAsync("POST", $"/instances/{instance}/export", folder.Combine("none/x.dcm"))).IsError(500, 14);
        (await open.AskAsync("POST", $"/instances/{instance}/export", "")).IsError(500, 14);
        (await open.AskAsync("POST", "/instances/nope/export", target)).IsError(404, 17);
    }
}
