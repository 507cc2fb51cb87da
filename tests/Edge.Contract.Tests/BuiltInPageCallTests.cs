using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>What the script of the built-in page asks and reads, view by view: it is asked here as it asks, and each field that it shows must be there.</summary>
public sealed class BuiltInPageCallTests(BuiltInPageCallTests.Loaded loaded) : IClassFixture<BuiltInPageCallTests.Loaded>
{
    private readonly EdgeServer _server = loaded.Server;

    /// <summary>The request that the script builds in <c>studies</c>.</summary>
    private static JsonObject Search(JsonObject query, int since, int limit) => new()
    {
        ["Level"] = "Study",
        ["Query"] = query,
        ["Expand"] = true,
        ["Since"] = since,
        ["Limit"] = limit,
        ["RequestedTags"] = new JsonArray("ModalitiesInStudy", "NumberOfStudyRelatedInstances"),
        ["OrderBy"] = new JsonArray(new JsonObject { ["Type"] = "Metadata", ["Key"] = "LastUpdate", ["Direction"] = "DESC" }),
    };

    [Fact]
    public async Task StudiesAreSearchedAndPaged()
    {
        await ContainsAsync("Level: 'Study', Query: query, Expand: true, Since: since, Limit: page + 1, RequestedTags: ['ModalitiesInStudy', 'NumberOfStudyRelatedInstances']");
        JsonArray all = (await _server.PostJsonAsync("/tools/find", Search([], 0, 51))).AsArray();
        Assert.Equal(3, all.Count);
        JsonNode study = Assert.Single((await _server.PostJsonAsync("/tools/find", Search(new JsonObject { ["PatientName"] = "*number901*", ["PatientID"] = "*-901*", ["AccessionNumber"] = "*c901-1*" }, 0, 51))).AsArray())!;
        Assert.Equal("Test^Number901", (string?)study["PatientMainDicomTags"]!["PatientName"]);
        Assert.Equal("TEST-901", (string?)study["PatientMainDicomTags"]!["PatientID"]);
        Assert.Equal(("CT", "3"), ((string?)study["RequestedTags"]!["ModalitiesInStudy"], (string?)study["RequestedTags"]!["NumberOfStudyRelatedInstances"]));
        Assert.Equal(2, study["Series"]!.AsArray().Count);
        Assert.Equal(["urgent"], study["Labels"]!.Strings());
        string date = (string)study["MainDicomTags"]!["StudyDate"]!;
        Assert.Equal(3, (await _server.PostJsonAsync("/tools/find", Search(new JsonObject { ["StudyDate"] = date }, 0, 51))).AsArray().Count);
        Assert.Equal(3, (await _server.PostJsonAsync("/tools/find", Search(new JsonObject { ["StudyDate"] = $"-{date}" }, 0, 51))).AsArray().Count);
        Assert.Empty((await _server.PostJsonAsync("/tools/find", Search(new JsonObject { ["StudyDescription"] = "*no such*" }, 0, 51))).AsArray());
        // Pages meet without a gap.
        string[] paged = [.. (await PageAsync(0)).Concat(await PageAsync(2))];
        Assert.Equal(all.Select(static one => (string)one!["ID"]!), paged);

        async Task<IEnumerable<string>> PageAsync(int since) => (await _server.PostJsonAsync("/tools/find", Search([], since, 2))).AsArray().Select(static one => (string)one!["ID"]!);
    }

    [Fact]
    public async Task AStudyShowsItsSeriesWithPreviews()
    {
        JsonNode one = await _server.GetJsonAsync($"/studies/{loaded.Study}");
        Assert.Equal((false, "Test^Number901"), ((bool)one["IsStable"]!, (string?)one["PatientMainDicomTags"]!["PatientName"]));
        JsonArray series = (await _server.GetJsonAsync($"/studies/{loaded.Study}/series")).AsArray();
        Assert.Equal(2, series.Count);
        foreach (JsonNode? each in series)
        {
            string[] instances = each!["Instances"]!.Strings();
            await IsPictureAsync($"/instances/{instances[instances.Length >> 1]}/preview");
            Assert.Equal("CT", (string?)each["MainDicomTags"]!["Modality"]);
        }

        JsonNode statistics = await _server.GetJsonAsync($"/studies/{loaded.Study}/statistics");
        Assert.Equal(3, (int)statistics["CountInstances"]!);
        Assert.True(long.Parse((string)statistics["DiskSize"]!, System.Globalization.CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public async Task ASeriesAndAnInstanceAreShown()
    {
        JsonNode series = await _server.GetJsonAsync($"/series/{loaded.Series}");
        Assert.Equal(loaded.Study, (string?)series["ParentStudy"]);
        Assert.NotNull((string?)series["Status"]);
        Assert.False((bool)series["IsStable"]!);
        string instance = series["Instances"]!.Strings()[0];
        JsonNode one = await _server.GetJsonAsync($"/instances/{instance}");
        Assert.Equal(loaded.Series, (string?)one["ParentSeries"]);
        Assert.NotNull((string?)one["MainDicomTags"]!["InstanceNumber"]);
        byte[] file = await _server.Http.GetByteArrayAsync($"/instances/{instance}/file");
        Assert.Equal(file.Length, (int)one["FileSize"]!);
        Assert.Equal([0], (await _server.GetJsonAsync($"/instances/{instance}/frames")).AsArray().Select(static frame => (int)frame!));
        await IsPictureAsync($"/instances/{instance}/frames/0/preview");
        foreach ((string tag, JsonNode? node) in (await _server.GetJsonAsync($"/instances/{instance}/tags")).AsObject())
        {
            Assert.Matches("^[0-9a-f]{4},[0-9a-f]{4}$", tag);
            Assert.Contains((string?)node!["Type"], (string?[])["String", "Null", "Sequence", "TooLong", "Binary"]);
            Assert.NotNull((string?)node["Name"]);
            Assert.True(node.AsObject().ContainsKey("Value"), tag);
        }

        // Of what is gone the status is all there is to tell.
        (await _server.AskAsync("GET", "/studies/nope")).IsEmpty(404);
    }

    [Fact]
    public async Task FilesAndArchivesAreUploadedAndRefusalsExplained()
    {
        byte[] file = SyntheticInstance.Numbered(903, 1, 1, 1).ToFile();
        JsonNode again = await _server.UploadAsync(file);
        Assert.Equal("AlreadyStored", (string?)again["Status"]);
        Assert.Equal(44, ((string)again["ParentStudy"]!).Length);
        using MemoryStream bytes = new();
        using (ZipArchive zip = new(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using Stream entry = zip.CreateEntry("a/b.dcm").Open();
            entry.Write(file);
        }

        using HttpResponseMessage archive = await _server.Http.PostAsync("/instances", new ByteArrayContent(bytes.ToArray()));
        JsonNode several = JsonNode.Parse(await archive.Content.ReadAsStringAsync())!;
        Assert.Equal(("AlreadyStored", (string?)again["ParentStudy"]), ((string?)several[0]!["Status"], (string?)several[0]!["ParentStudy"]));
        Answer refused = await _server.AskAsync("POST", "/instances", "no DICOM at all");
        refused.IsError(400, 15);
        Assert.False(string.IsNullOrEmpty((string?)refused.Json["Details"]));
    }

    [Fact]
    public async Task ForwardingIsShownPausedResumedAndRetried()
    {
        JsonNode each = Assert.Single((await _server.GetJsonAsync("/edge/forwarding")).AsArray())!;
        Assert.Equal(("nowhere", ""), ((string?)each["Name"], (string?)each["PausedBy"]));
        Assert.NotNull((string?)each["Activity"]);
        Assert.NotNull((string?)each["LastError"]);
        Assert.True(each.AsObject().ContainsKey("LastErrorAt"));
        Assert.Equal(0, (int)each["Pending"]! + (int)each["Sending"]! + (int)each["Delivered"]! + (int)each["Parked"]!);
        foreach (string what in (string[])["pause", "retry", "resume"])
        {
            Answer done = await _server.AskAsync("POST", $"/edge/forwarding/nowhere/{what}", "{}");
            Assert.Equal(HttpStatusCode.OK, done.Status);
            Assert.NotNull(done.Json);
            string paused = (string)(await _server.GetJsonAsync("/edge/forwarding"))[0]!["PausedBy"]!;
            Assert.Equal(what == "resume", paused.Length == 0);
        }
    }

    [Fact]
    public async Task TheSystemIsShown()
    {
        JsonNode system = await _server.GetJsonAsync("/system");
        foreach (string name in (string[])["Name", "EdgeVersion", "Version", "DicomAet", "DicomPort"])
        {
            Assert.NotNull(system[name]);
        }

        JsonNode statistics = await _server.GetJsonAsync("/statistics");
        Assert.Equal((3, 3, 4, 5), ((int)statistics["CountPatients"]!, (int)statistics["CountStudies"]!, (int)statistics["CountSeries"]!, (int)statistics["CountInstances"]!));
        Assert.NotNull((string?)statistics["TotalDiskSize"]);
        Assert.NotNull((string?)statistics["TotalUncompressedSize"]);
        Assert.Equal("3.0.3", (string?)(await _server.GetJsonAsync("/openapi.json"))["openapi"]);
        Assert.Contains("orthanc_count_studies 3", (await _server.AskAsync("GET", "/tools/metrics-prometheus")).Body, StringComparison.Ordinal);
    }

    /// <summary>The script asks nothing that is not asked here.</summary>
    [Fact]
    public async Task NothingElseIsAsked()
    {
        string script = (await _server.AskAsync("GET", "/app/explorer.js")).Body;
        string[] asked = [.. System.Text.RegularExpressions.Regex.Matches(script, @"(?:ask\(|picture\(|fetch\(|href: )['`](?:\.\.)?(/[^'`]*)['`]").Select(static match => match.Groups[1].Value).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(
            [
                "/edge/forwarding", "/edge/forwarding/${encodeURIComponent(name)}/${what}", "/instances", "/instances/", "/instances/${each.Instances[each.Instances.length >> 1]}/preview", "/instances/${id}/file", "/instances/${id}/frames",
                "/instances/${id}/frames/${frame}/preview", "/instances/${id}/tags", "/instances/${instance}/preview", "/openapi.json", "/series/", "/statistics", "/studies/", "/studies/${id}/series", "/studies/${id}/statistics", "/system",
                "/tools/find", "/tools/metrics-prometheus",
            ],
            asked);
    }

    private async Task ContainsAsync(string text) => Assert.Contains(text, (await _server.AskAsync("GET", "/app/explorer.js")).Body, StringComparison.Ordinal);

    private async Task IsPictureAsync(string path)
    {
        Answer picture = await _server.AskAsync("GET", path);
        Assert.Equal((HttpStatusCode.OK, "image/png"), (picture.Status, picture.ContentType));
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.Bytes[..4]);
    }

    /// <summary>A server with three studies and a destination.</summary>
    public sealed class Loaded : IAsyncLifetime
    {
        public EdgeServer Server { get; } = new(static configuration =>
        {
            configuration["StableAge"] = 3600;
            configuration["DicomModalities"] = new JsonObject { ["nowhere"] = new JsonArray("NOWHERE", "127.0.0.1", 9) };
            configuration["Edge"] = new JsonObject { ["Forwarding"] = new JsonObject { ["Rules"] = new JsonObject { ["none"] = new JsonObject { ["To"] = "nowhere", ["Tags"] = new JsonObject { ["PatientID"] = "NOBODY" } } } } };
        });

        public string Study { get; private set; } = "";

        public string Series { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            await Server.StartAsync();
            (_, Study, Series, _) = await Server.StoreAsync(SyntheticInstance.Numbered(901, 1, 1, 1));
            await Server.StoreAsync(SyntheticInstance.Numbered(901, 1, 1, 2));
            await Server.StoreAsync(SyntheticInstance.Numbered(901, 1, 2, 1));
            await Server.StoreAsync(SyntheticInstance.Numbered(902, 1, 1, 1));
            await Server.StoreAsync(SyntheticInstance.Numbered(903, 1, 1, 1));
            Assert.Equal(HttpStatusCode.OK, (await Server.AskAsync("PUT", $"/studies/{Study}/labels/urgent", "")).Status);
        }

        public ValueTask DisposeAsync() => Server.DisposeAsync();
    }
}
