using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class MetadataTests(NamingServer shared) : IClassFixture<NamingServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Fact]
    public async Task SystemMetadataAreListedByNumber()
    {
        (string patient, _, _, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(310, 1, 1, 1));
        string[] names = (await _server.GetJsonAsync($"/instances/{instance}/metadata")).Strings();
        Assert.Equal("IndexInSeries", names[0]);
        Assert.Contains("TransferSyntax", names);
        Assert.DoesNotContain("PixelDataVR", names);
        Assert.Equal([1, 2, 3], (await _server.GetJsonAsync($"/instances/{instance}/metadata?numeric")).AsArray().Take(3).Select(number => (int)number!));
        JsonNode values = await _server.GetJsonAsync($"/instances/{instance}/metadata?expand");
        Assert.Equal("RestApi", (string?)values["Origin"]);
        Assert.Equal("RestApi", (string?)(await _server.GetJsonAsync($"/instances/{instance}/metadata?expand&numeric"))["8"]);
        Assert.Equal(["LastUpdate", "MainDicomTagsSignature"], (await _server.GetJsonAsync($"/patients/{patient}/metadata?expand=false")).Strings());
        Answer one = await _server.AskAsync("GET", $"/instances/{instance}/metadata/TransferSyntax");
        Assert.Equal(("1.2.840.10008.1.2.1", "text/plain"), (one.Body, one.ContentType));
    }

    [Theory]
    [InlineData("patients", 0)]
    [InlineData("studies", 1)]
    [InlineData("series", 2)]
    [InlineData("instances", 3)]
    public async Task UserMetadataAreSetReadAndDeletedAtEachLevel(string level, int index)
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(311, 1, 1, 1));
        string at = $"/{level}/{((string[])[patient, study, series, instance])[index]}/metadata";
        (await _server.AskAsync("GET", $"{at}/reviewed")).IsEmpty(404);
        Answer put = await _server.AskAsync("PUT", $"{at}/reviewed", "oui, c'est fait");
        put.IsEmpty(200);
        Assert.Equal($"\"0-{Asking.Md5("oui, c'est fait")}\"", put.ETag);
        JsonNode change = (await _server.GetJsonAsync("/changes?last"))["Changes"]![0]!;
        Assert.Equal("UpdatedMetadata", (string?)change["ChangeType"]);
        Assert.Equal("oui, c'est fait", (await _server.AskAsync("GET", $"{at}/1030")).Body);
        Assert.Contains("reviewed", (await _server.GetJsonAsync(at)).Strings());
        (await _server.AskAsync("DELETE", $"{at}/reviewed")).IsEmpty(200);
        (await _server.AskAsync("DELETE", $"{at}/reviewed")).IsError(404, 17);
    }

    [Fact]
    public async Task WhatIsWrongIsRefused()
    {
        string at = $"/instances/{(await _server.StoreAsync(SyntheticInstance.Numbered(312, 1, 1, 1))).Instance}/metadata";
        (await _server.AskAsync("PUT", $"{at}/Origin", "x")).IsEmpty(403);
        (await _server.AskAsync("DELETE", $"{at}/Origin")).IsEmpty(403);
        (await _server.AskAsync("GET", $"{at}/nope")).IsError(404, 7);
        (await _server.AskAsync("PUT", $"{at}/nope", "x")).IsError(404, 7);
        (await _server.AskAsync("PUT", $"{at}/70000", "x")).IsError(404, 7);
        (await _server.AskAsync("GET", $"{at}/500")).IsEmpty(404);
        (await _server.AskAsync("GET", $"{at}?expand=x")).IsError(400, 3);
        (await _server.AskAsync("GET", "/instances/nope/metadata")).IsError(404, 17);
        (await _server.AskAsync("PUT", "/instances/nope/metadata/1024", "x")).IsError(404, 17);
    }

    [Theory]
    [InlineData("metadata/1040")]
    [InlineData("attachments/1040")]
    public async Task RevisionsAreComparedWhereTheClientGivesThem(string item)
    {
        string read = item.StartsWith('a') ? "/data" : "";
        string at = $"/instances/{(await _server.StoreAsync(SyntheticInstance.Numbered(313, 1, 1, 1))).Instance}/{item}";
        string first = $"\"0-{Asking.Md5("one")}\"";
        Assert.Equal(first, (await _server.AskAsync("PUT", at, "one", ("If-Match", "\"7-abc\""))).ETag);
        Answer same = await _server.AskAsync("GET", at + read, null, ("If-None-Match", first));
        same.IsEmpty(304);
        Assert.Equal(first, same.ETag);
        Assert.Equal("one", (await _server.AskAsync("GET", at + read, null, ("If-None-Match", $"\"1-{Asking.Md5("one")}\""))).Body);
        Assert.Equal("one", (await _server.AskAsync("GET", at + read, null, ("If-None-Match", "\"0-abc\""))).Body);
        Answer malformed = await _server.AskAsync("GET", at + read, null, ("If-None-Match", "\"abc\""));
        malformed.IsError(400, 3);
        Assert.Equal(first, malformed.ETag);
        (await _server.AskAsync("PUT", at, "two", ("If-Match", "\"1-abc\""))).IsError(409, 43);
        (await _server.AskAsync("PUT", at, "two", ("If-Match", "abc"))).IsError(400, 3);
        string second = $"\"1-{Asking.Md5("two")}\"";
        Assert.Equal(second, (await _server.AskAsync("PUT", at, "two", ("If-Match", first))).ETag);
        Assert.Equal("two", (await _server.AskAsync("GET", at + read)).Body);
        (await _server.AskAsync("DELETE", at, null, ("If-Match", first))).IsError(409, 43);
        (await _server.AskAsync("DELETE", at, null, ("If-Match", second))).IsEmpty(200);
        (await _server.AskAsync("DELETE", at, null, ("If-Match", second))).IsError(404, 17);
        Assert.Equal(first, (await _server.AskAsync("PUT", at, "one")).ETag);
        (await _server.AskAsync("DELETE", at)).IsEmpty(200);
    }
}

/// <summary>The same where <c>CheckRevisions</c> is on.</summary>
public sealed class CheckedRevisionTests
{
    [Theory]
    [InlineData("metadata/1040")]
    [InlineData("attachments/1040")]
    public async Task AChangeMustNameTheRevision(string item)
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["CheckRevisions"] = true);
        string at = $"/instances/{(await server.StoreAsync(SyntheticInstance.Numbered(314, 1, 1, 1))).Instance}/{item}";
        (await server.AskAsync("DELETE", at)).IsError(409, 43);
        string first = (await server.AskAsync("PUT", at, "one")).ETag!;
        (await server.AskAsync("PUT", at, "one")).IsError(409, 43);
        (await server.AskAsync("DELETE", at)).IsError(409, 43);
        Assert.StartsWith("\"1-", (await server.AskAsync("PUT", at, "two", ("If-Match", first))).ETag);

        // Of many who hold the same revision exactly one may change it.
        string second = $"\"1-{Asking.Md5("two")}\"";
        Answer[] race = await Task.WhenAll(Enumerable.Range(0, 16).Select(i => server.AskAsync("PUT", at, $"value {i}", ("If-Match", second))));
        Assert.Equal(1, race.Count(answer => (int)answer.Status == 200));
        Assert.Equal(15, race.Count(answer => (int)answer.Status == 409));
    }
}
