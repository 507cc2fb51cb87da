using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Modification, anonymization, split, merge and creation on the native binary.</summary>
public sealed class ModificationTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task AnInstanceIsAnsweredModifiedAndNothingIsStored()
    {
        (_, _, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(610, 1, 1, 1));
        string before = (await _server.AskAsync("GET", "/statistics")).Body;
        Answer answer = await _server.AskAsync("POST", $"/instances/{instance}/modify", "{\"Replace\":{\"PatientName\":\"Hello^World\"}}");
        Assert.Equal((200, "application/dicom"), ((int)answer.Status, answer.ContentType));
        Assert.True(answer.Bytes.AsSpan().IndexOf("Hello^World"u8) > 0);
        Assert.Equal(-1, answer.Bytes.AsSpan().IndexOf("Test^Number610"u8));
        Assert.Equal(before, (await _server.AskAsync("GET", "/statistics")).Body);
        (await _server.AskAsync("POST", "/instances/nope/modify", "{}")).IsError(404, 17);
        (await _server.AskAsync("POST", $"/instances/{instance}/modify", "")).IsError(400, 15);
    }

    [Fact]
    public async Task AStudyIsModifiedByAJob()
    {
        (string patient, string study, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(611, 1, 1, 1));
        await _server.StoreAsync(SyntheticInstance.Numbered(611, 1, 2, 1));
        JsonNode done = await _server.PostJsonAsync($"/studies/{study}/modify", new JsonObject { ["Replace"] = new JsonObject { ["StudyDescription"] = "new" } });
        Assert.Equal((2, 0, false, "Study"), ((int)done["InstancesCount"]!, (int)done["FailedInstancesCount"]!, (bool)done["IsAnonymization"]!, (string)done["Type"]!));
        Assert.Equal(patient, (string?)done["PatientID"]);
        JsonNode made = await _server.GetJsonAsync((string)done["Path"]!);
        Assert.Equal(study, (string?)made["ModifiedFrom"]);
        Assert.Equal("new", (string?)made["MainDicomTags"]!["StudyDescription"]);
        Assert.Equal(2, made["Series"]!.AsArray().Count);
        string[] sources = [.. (await _server.GetJsonAsync($"/studies/{(string)done["ID"]!}/instances")).AsArray().Select(static one => (string)one!["ModifiedFrom"]!)];
        Assert.Contains(instance, sources);
        await _server.AskAsync("DELETE", $"/patients/{patient}");
    }

    [Fact]
    public async Task ASourceThatIsNotKeptGoesWhenAllIsDone()
    {
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(612, 1, 1, 1));
        JsonNode done = await _server.PostJsonAsync($"/studies/{study}/anonymize", new JsonObject { ["KeepSource"] = false });
        (await _server.AskAsync("GET", $"/studies/{study}")).IsEmpty(404);
        JsonNode made = await _server.GetJsonAsync((string)done["Path"]!);
        Assert.Equal(study, (string?)made["AnonymizedFrom"]);
        Assert.StartsWith("Anonymized", (string?)made["PatientMainDicomTags"]!["PatientName"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task AReplacedUidOfTheSameValueRenewsWhatTheIndexShows()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(613, 1, 1, 1);
        (string patient, string study, _, _) = await _server.StoreAsync(sample);
        JsonNode done = await _server.PostJsonAsync(
            $"/studies/{study}/modify",
            new JsonObject { ["Replace"] = new JsonObject { ["StudyInstanceUID"] = sample.StudyInstanceUid, ["PatientName"] = "Renamed" }, ["Force"] = true });
        Assert.Equal(study, (string?)done["ID"]);
        Assert.Equal("Renamed", (string?)(await _server.GetJsonAsync($"/studies/{study}"))["PatientMainDicomTags"]!["PatientName"]);
        Assert.Equal("Renamed", (string?)(await _server.GetJsonAsync($"/patients/{patient}"))["MainDicomTags"]!["PatientName"]);
    }

    [Fact]
    public async Task APatientWithOtherStudiesIsNotRenamedByOne()
    {
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(614, 1, 1, 1));
        await _server.StoreAsync(SyntheticInstance.Numbered(614, 2, 1, 1));
        (await _server.AskAsync("POST", $"/studies/{study}/modify", "{\"Replace\":{\"PatientName\":\"X\"},\"Force\":true}")).IsError(400, 8);
    }

    [Fact]
    public async Task AStudyBringsNoNewAttributeToAPatientWithOtherStudies()
    {
        (string patient, _, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(624, 1, 1, 1));
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(625, 1, 1, 1));
        JsonObject hers = (JsonObject)(await _server.GetJsonAsync($"/patients/{patient}"))["MainDicomTags"]!.DeepClone();
        Assert.False(hers.ContainsKey("OtherPatientIDs"));
        JsonObject other = (JsonObject)hers.DeepClone();
        other["OtherPatientIDs"] = "new";
        (await _server.AskAsync("POST", $"/studies/{study}/modify", new JsonObject { ["Replace"] = other, ["Force"] = true }.ToJsonString())).IsError(400, 8);
        JsonNode done = await _server.PostJsonAsync($"/studies/{study}/modify", new JsonObject { ["Replace"] = hers, ["Force"] = true });
        Assert.Equal(patient, (string?)done["PatientID"]);
    }

    [Fact]
    public async Task LabelsGoOverWhereTheyAreKept()
    {
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(615, 1, 1, 1));
        (await _server.AskAsync("PUT", $"/studies/{study}/labels/mine", "")).IsEmpty(200);
        JsonNode without = await _server.PostJsonAsync($"/studies/{study}/modify", new JsonObject());
        JsonNode with = await _server.PostJsonAsync($"/studies/{study}/modify", new JsonObject { ["KeepLabels"] = true });
        Assert.Empty((await _server.GetJsonAsync((string)without["Path"]!))["Labels"]!.Strings());
        Assert.Equal(["mine"], (await _server.GetJsonAsync((string)with["Path"]!))["Labels"]!.Strings());
    }

    [Fact]
    public async Task InstancesThatKeepTheirUidsReplaceThemselvesOnlyWhereThatIsAllowed()
    {
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(616, 1, 1, 1));
        const string Keep = "\"Keep\":[\"StudyInstanceUID\",\"SeriesInstanceUID\",\"SOPInstanceUID\"],\"Force\":true";
        (await _server.AskAsync("POST", $"/studies/{study}/modify", $"{{{Keep},\"KeepSource\":false}}")).IsError(400, 8);
        (await _server.AskAsync("POST", $"/studies/{study}/modify", $"{{{Keep}}}")).IsError(400, 8);
    }

    [Fact]
    public async Task ABulkRequestListsWhatItMade()
    {
        (_, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(617, 1, 1, 1));
        JsonNode done = await _server.PostJsonAsync("/tools/bulk-modify", new JsonObject { ["Resources"] = new JsonArray(instance) });
        string[] types = [.. done["Resources"]!.AsArray().Select(static one => (string)one!["Type"]!)];
        Assert.Equal(["Instance", "Series", "Study", "Patient"], types);
        Assert.Equal(series, (string?)done["Resources"]![1]!["ID"]);
        Assert.Equal(study, (string?)done["Resources"]![2]!["ID"]);
        (await _server.AskAsync("POST", "/tools/bulk-modify", "{}")).IsError(400, 15);
        (await _server.AskAsync("POST", "/tools/bulk-anonymize", "{\"Resources\":[\"nope\"]}")).IsError(404, 17);
    }

    [Fact]
    public async Task AStudyIsSplitAndMergedAgain()
    {
        (_, string study, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(618, 1, 1, 1));
        (_, _, string second, _) = await _server.StoreAsync(SyntheticInstance.Numbered(618, 1, 2, 1));
        (await _server.AskAsync("POST", $"/studies/{study}/split", "{}")).IsError(400, 8);
        (await _server.AskAsync("POST", $"/studies/{study}/split", "{\"Series\":[\"nope\"]}")).IsError(404, 17);
        (await _server.AskAsync("POST", $"/studies/{study}/split", $"{{\"Series\":[\"{second}\"],\"Remove\":[\"Modality\"]}}")).IsError(400, 3);
        JsonNode split = await _server.PostJsonAsync($"/studies/{study}/split", new JsonObject { ["Series"] = new JsonArray(second), ["Replace"] = new JsonObject { ["PatientName"] = "Split" } });
        string target = (string)split["TargetStudy"]!;
        JsonNode made = await _server.GetJsonAsync($"/studies/{target}");
        Assert.Equal((string?)split["TargetStudyUID"], (string?)made["MainDicomTags"]!["StudyInstanceUID"]);
        (await _server.AskAsync("GET", $"/series/{second}")).IsEmpty(404);
        (await _server.AskAsync("POST", $"/studies/{study}/merge", $"{{\"Resources\":[\"{study}\"]}}")).IsError(404, 17);
        JsonNode merged = await _server.PostJsonAsync($"/studies/{study}/merge", new JsonObject { ["Resources"] = new JsonArray(target) });
        Assert.Equal(study, (string?)merged["TargetStudy"]);
        (await _server.AskAsync("GET", $"/studies/{target}")).IsEmpty(404);
        Assert.Equal(2, (await _server.GetJsonAsync($"/studies/{study}"))["Series"]!.AsArray().Count);
    }

    [Fact]
    public async Task AJobThatWasKilledGoesOnWithoutRepeatingOrLosing()
    {
        await using EdgeServer server = new();
        server.Environment["EDGE_FAILPOINT"] = "job.after-ingest:3";
        await server.StartAsync();
        string study = "";
        for (int i = 1; i <= 5; i++)
        {
            (_, study, _, _) = await server.StoreAsync(SyntheticInstance.Numbered(619, 1, i, 1));
        }

        string job = (string)(await server.PostJsonAsync($"/studies/{study}/anonymize", new JsonObject { ["Asynchronous"] = true, ["KeepSource"] = false }))["ID"]!;
        await server.WaitForExitAsync(TimeSpan.FromMinutes(2));
        server.Environment.Remove("EDGE_FAILPOINT");
        await server.StartAsync();
        JsonNode ended = await server.GetJsonAsync($"/jobs/{job}");
        for (int i = 0; i < 300 && (string?)ended["State"] is not ("Success" or "Failure"); i++)
        {
            await Task.Delay(100);
            ended = await server.GetJsonAsync($"/jobs/{job}");
        }

        Assert.Equal("Success", (string?)ended["State"]);
        Assert.Equal(5, (await server.GetJsonAsync("/instances")).AsArray().Count);
        string made = Assert.Single((await server.GetJsonAsync("/studies")).Strings());
        Assert.Equal(made, (string?)ended["Content"]!["ID"]);
        Assert.NotEqual(study, made);
        Assert.Equal(5, (await server.GetJsonAsync($"/studies/{made}"))["Series"]!.AsArray().Count);
    }

    [Fact]
    public async Task InstancesAreCreated()
    {
        const string Png = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg==";
        JsonNode one = await _server.PostJsonAsync(
            "/tools/create-dicom", new JsonObject { ["Tags"] = new JsonObject { ["PatientName"] = "Created", ["SOPClassUID"] = "1.2.840.10008.5.1.4.1.1.7" }, ["Content"] = Png });
        JsonNode tags = await _server.GetJsonAsync($"/instances/{(string)one["ID"]!}/simplified-tags");
        Assert.Equal(("5", "5", "RGB", "8"), ((string)tags["Rows"]!, (string)tags["Columns"]!, (string)tags["PhotometricInterpretation"]!, (string)tags["BitsStored"]!));
        JsonNode series = await _server.PostJsonAsync("/tools/create-dicom", new JsonObject { ["Parent"] = (string)one["ParentStudy"]!, ["Tags"] = new JsonObject { ["Modality"] = "OT" }, ["Content"] = new JsonArray(Png, Png) });
        JsonNode made = await _server.GetJsonAsync((string)series["Path"]!);
        Assert.Equal((2, (string)one["ParentStudy"]!), (made["Instances"]!.AsArray().Count, (string)made["ParentStudy"]!));
        string pdf = "data:application/pdf;base64," + Convert.ToBase64String("%PDF-1.4 small!"u8);
        JsonNode document = await _server.PostJsonAsync("/tools/create-dicom", new JsonObject { ["Tags"] = new JsonObject(), ["Content"] = pdf });
        Assert.Equal("1.2.840.10008.5.1.4.1.1.104.1", (string?)(await _server.GetJsonAsync($"/instances/{(string)document["ID"]!}/simplified-tags"))["SOPClassUID"]);
        Assert.Equal("%PDF-1.4 small!"u8.ToArray(), (await _server.AskAsync("GET", $"/instances/{(string)document["ID"]!}/pdf")).Bytes); // without the byte that makes it even
        JsonNode counted = await _server.PostJsonAsync("/tools/create-dicom", new JsonObject { ["Tags"] = new JsonObject { ["0042,0015"] = "16" }, ["Content"] = "data:application/pdf;base64," + Convert.ToBase64String("%PDF-1.4 small!\0"u8) });
        Assert.Equal(16, (await _server.AskAsync("GET", $"/instances/{(string)counted["ID"]!}/pdf")).Bytes.Length);
    }

    [Theory]
    [InlineData("{\"Tags\":{\"Nope\":\"x\"}}", 500, 27)]
    [InlineData("{\"Tags\":{\"PatientName\":5}}", 400, 5)]
    [InlineData("{\"Tags\":{\"PixelData\":\"x\"}}", 0, 2021)]
    [InlineData("{\"Tags\":{\"SOPInstanceUID\":\"1.2\"}}", 0, 2020)]
    [InlineData("{\"Tags\":{\"SpecificCharacterSet\":\"nope\"}}", 400, 3)]
    [InlineData("{\"Tags\":{},\"Parent\":\"nope\"}", 0, 2024)]
    [InlineData("{\"Tags\":{},\"Content\":\"nope\"}", 400, 15)]
    [InlineData("{\"Tags\":{},\"Content\":\"data:application/pdf;base64,AAAA\"}", 400, 15)]
    [InlineData("{\"Tags\":{},\"Content\":\"data:image/png;base64,AAAA\"}", 400, 15)]
    [InlineData("{\"Tags\":{},\"Content\":\"data:image/png;base64,****\"}", 400, 15)]
    [InlineData("{\"PatientName\":5}", 0, 2019)]
    public async Task WhatCannotBeCreatedIsRefused(string body, int status, int code)
    {
        string before = (await _server.AskAsync("GET", "/statistics")).Body;
        Answer answer = await _server.AskAsync("POST", "/tools/create-dicom", body);
        answer.IsError(status == 0 ? (int)answer.Status : status, code);
        Assert.InRange((int)answer.Status, 400, 599);
        Assert.Equal(before, (await _server.AskAsync("GET", "/statistics")).Body);
    }

    /// <summary>The newest profile keeps objects valid: dciodvfy finds nothing that it did not find before, and dcmdump reads them.</summary>
    [Theory]
    [InlineData("CT_small.dcm")]
    [InlineData("MR_small.dcm")]
    public async Task AnonymizedObjectsAreAsValidAsBefore(string name)
    {
        if (RepositoryPaths.Corpus is null)
        {
            Assert.Skip("no corpus");
        }

        byte[] source = await File.ReadAllBytesAsync(Path.Combine(RepositoryPaths.Corpus, "files", name));
        string instance = (string)(await _server.UploadAsync(source))["ID"]!;
        using TemporaryFolder folder = new("edge-anonymized-");
        string file = Path.Combine(folder.Path, name);
        await File.WriteAllBytesAsync(file, (await _server.AskAsync("POST", $"/instances/{instance}/anonymize", "{\"DicomVersion\":\"2024e\"}")).Bytes);
        Assert.Equal(0, (await Tool.RunAsync("dcmdump", "-q", file)).ExitCode);
        HashSet<string> before = await ErrorsAsync(Path.Combine(RepositoryPaths.Corpus, "files", name)), after = await ErrorsAsync(file);
        after.ExceptWith(before);
        Assert.Empty(after);
    }

    private static async Task<HashSet<string>> ErrorsAsync(string file)
    {
        ToolResult result = await Tool.RunAsync("dciodvfy", file);
        return [.. (result.Output + result.Error).Split('\n').Where(static line => line.StartsWith("Error", StringComparison.Ordinal))];
    }
}
