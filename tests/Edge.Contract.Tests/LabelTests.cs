using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

public sealed class LabelTests(SharedServer shared) : IClassFixture<SharedServer>
{
    private readonly EdgeServer _server = shared.Server;

    [Theory]
    [InlineData("patients", 0)]
    [InlineData("studies", 1)]
    [InlineData("series", 2)]
    [InlineData("instances", 3)]
    public async Task ALabelIsAddedFoundAndRemovedAtEachLevel(string level, int index)
    {
        (string patient, string study, string series, string instance) = await _server.StoreAsync(SyntheticInstance.Numbered(320 + index, 1, 1, 1));
        string id = ((string[])[patient, study, series, instance])[index];
        string at = $"/{level}/{id}/labels";
        (await _server.AskAsync("GET", $"{at}/b-{index}")).IsEmpty(404);
        (await _server.AskAsync("PUT", $"{at}/b-{index}", "")).IsEmpty(200);
        (await _server.AskAsync("PUT", $"{at}/b-{index}", "")).IsEmpty(200);
        (await _server.AskAsync("PUT", $"{at}/A_{index}", "")).IsEmpty(200);
        (await _server.AskAsync("GET", $"{at}/b-{index}")).IsEmpty(200);
        Assert.Equal([$"A_{index}", $"b-{index}"], (await _server.GetJsonAsync(at)).Strings());
        Assert.Equal([$"A_{index}", $"b-{index}"], (await _server.GetJsonAsync($"/{level}/{id}"))["Labels"]!.Strings());
        Assert.Contains($"b-{index}", (await _server.GetJsonAsync("/tools/labels")).Strings());
        string[] words = ["Patient", "Study", "Series", "Instance"];
        JsonNode found = await _server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = words[index], ["Query"] = new JsonObject(), ["Labels"] = new JsonArray($"b-{index}") });
        Assert.Equal([id], found.Strings());
        (await _server.AskAsync("DELETE", $"{at}/b-{index}")).IsEmpty(200);
        (await _server.AskAsync("DELETE", $"{at}/b-{index}")).IsEmpty(200);
        Assert.Equal([$"A_{index}"], (await _server.GetJsonAsync(at)).Strings());
        Assert.DoesNotContain($"b-{index}", (await _server.GetJsonAsync("/tools/labels")).Strings());
    }

    [Fact]
    public async Task NoneWithoutLabelsFindsWhatHasNone()
    {
        (_, string bare, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(325, 1, 1, 1));
        (_, string labelled, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(325, 2, 1, 1));
        (await _server.AskAsync("PUT", $"/studies/{labelled}/labels/x", "")).IsEmpty(200);
        JsonObject query = new() { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientID"] = "TEST-325" }, ["Labels"] = new JsonArray(), ["LabelsConstraint"] = "None" };
        Assert.Equal([bare], (await _server.PostJsonAsync("/tools/find", query)).Strings());
        Assert.Equal(1, (int?)(await _server.PostJsonAsync("/tools/count-resources", query))["Count"]);
    }

    [Theory]
    [InlineData("a%20b")]
    [InlineData("a.b")]
    [InlineData("%C3%A9")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task WhatIsNoLabelIsRefused(string label)
    {
        (string patient, _, _, _) = await _server.StoreAsync(SyntheticInstance.Numbered(326, 1, 1, 1));
        (await _server.AskAsync("PUT", $"/patients/{patient}/labels/{label}", "")).IsError(400, 3);
        (await _server.AskAsync("PUT", "/patients/nope/labels/x", "")).IsError(404, 17);
        (await _server.AskAsync("GET", "/patients/nope/labels")).IsError(404, 17);
        Assert.Empty((await _server.GetJsonAsync($"/patients/{patient}/labels")).AsArray());
    }
}
