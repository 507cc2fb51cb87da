using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class ResourceTagTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task SharedTagsAreThoseThatAllInstancesHave()
    {
        (string patient, string study, string series, _) = await _server.StoreAsync(SyntheticInstance.Numbered(330, 1, 1, 1));
        await _server.StoreAsync(SyntheticInstance.Numbered(330, 1, 1, 2));
        foreach (string at in (string[])[$"/patients/{patient}", $"/studies/{study}", $"/series/{series}"])
        {
            JsonNode full = await _server.GetJsonAsync($"{at}/shared-tags");
            Assert.Equal("Test^Number330", (string?)full["0010,0010"]!["Value"]);
            Assert.Null(full["0008,0018"]);
            Assert.Null(full["7fe0,0010"]);
            JsonNode simple = await _server.GetJsonAsync($"{at}/shared-tags?simplify");
            Assert.Equal("CT", (string?)simple["Modality"]);
            Assert.Null(simple["InstanceNumber"]);
        }

        (await _server.AskAsync("GET", "/series/nope/shared-tags")).IsError(404, 17);
    }

    [Fact]
    public async Task TheTagsOfAllInstancesAreListedById()
    {
        (string patient, string study, string series, string first) = await _server.StoreAsync(SyntheticInstance.Numbered(331, 1, 1, 1));
        (_, _, _, string second) = await _server.StoreAsync(SyntheticInstance.Numbered(331, 1, 1, 2));
        foreach (string at in (string[])[$"/patients/{patient}", $"/studies/{study}", $"/series/{series}"])
        {
            JsonNode tags = await _server.GetJsonAsync($"{at}/instances-tags?short");
            Assert.Equal(new[] { first, second }.Order(StringComparer.Ordinal), tags.AsObject().Select(member => member.Key));
            Assert.Equal("2", (string?)tags[second]!["0020,0013"]);
        }

        (await _server.AskAsync("GET", $"/series/{series}/instances-tags?ignore-length=nope")).IsError(500, 27);
        (await _server.AskAsync("GET", "/studies/nope/instances-tags")).IsError(404, 17);
    }

    [Fact]
    public async Task AModuleHoldsItsTagsAlone()
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(332, 1, 1, 1));
        Assert.Equal(["PatientID", "PatientName"], Keys(await _server.GetJsonAsync($"/patients/{patient}/module?simplify")).Intersect(["PatientID", "PatientName", "StudyDate"]));
        Assert.Equal(["PatientID", "PatientName"], Keys(await _server.GetJsonAsync($"/studies/{study}/module-patient?simplify")).Intersect(["PatientID", "PatientName", "StudyDate"]));
        Assert.Equal("20260102", (string?)(await _server.GetJsonAsync($"/studies/{study}/module"))["0008,0020"]!["Value"]);
        Assert.Equal("CT", (string?)(await _server.GetJsonAsync($"/series/{series}/module?short"))["0008,0060"]);
        string[] sop = Keys(await _server.GetJsonAsync($"/instances/{instance}/module?simplify"));
        Assert.Contains("SOPInstanceUID", sop);
        Assert.DoesNotContain("Modality", sop);
        (await _server.AskAsync("GET", "/series/nope/module")).IsError(404, 17);
    }

    [Fact]
    public async Task ContentLeadsToRawValues()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(333, 1, 1, 1);
        string at = $"/instances/{(await _server.StoreAsync(sample)).Instance}/content";
        string[] tags = (await _server.GetJsonAsync(at)).Strings();
        Assert.Contains("0008-0018", tags);
        Assert.Contains("7fe0-0010", tags);
        Answer name = await _server.AskAsync("GET", $"{at}/0010-0010");
        Assert.Equal((sample.PatientName, "application/octet-stream"), (name.Body.Trim(), name.ContentType));
        Assert.Equal(name.Body, (await _server.AskAsync("GET", $"{at}/PatientName")).Body);
        Assert.Equal(["0"], (await _server.GetJsonAsync($"{at}/7fe0-0010")).Strings());
        Assert.Equal(sample.Rows * sample.Columns * 2, (await _server.AskAsync("GET", $"{at}/7fe0-0010/0")).Bytes.Length);
        (await _server.AskAsync("GET", $"{at}/7fe0-0010/1")).IsEmpty(404);
        (await _server.AskAsync("GET", $"{at}/0008-9999")).IsEmpty(404);
        (await _server.AskAsync("GET", $"{at}/0010-0010/0/0010-0020")).IsEmpty(404);
        (await _server.AskAsync("GET", $"{at}/nope")).IsError(500, 27);
        (await _server.AskAsync("GET", "/instances/nope/content/0010-0010")).IsError(404, 17);
    }

    private static string[] Keys(JsonNode node) => [.. node.AsObject().Select(member => member.Key)];
}
