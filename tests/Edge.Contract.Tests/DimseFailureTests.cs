using System.Net;
using System.Text.Json.Nodes;
using Edge.Dicom.Tags;
using Edge.TestKit.Dicom;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>What a modality answers with reaches the client: <c>ErrorPayload</c> (since Orthanc 1.12.10), in the error and in the job; and C-GET of more classes than an association holds.</summary>
public sealed class DimseFailureTests
{
    [Fact]
    public async Task AStatusOfCStoreIsInTheErrorAndInTheJob()
    {
        await using StoreSink sink = new() { Mode = SinkMode.Busy };
        sink.Up();
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["DicomModalities"] = new JsonObject { ["busy"] = new JsonArray("BUSY", "127.0.0.1", sink.Port) });
        string study = (string)(await server.UploadAsync(SyntheticInstance.Numbered(941, 1, 1, 1).ToFile()))["ParentStudy"]!;
        using HttpResponseMessage answer = await server.Http.PostAsync("/modalities/busy/store", new StringContent(study), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        JsonNode error = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        AssertBusy(error);
        string job = (string)Assert.Single((await server.GetJsonAsync("/jobs")).AsArray())!;
        AssertBusy(await server.GetJsonAsync($"/jobs/{job}"));
        await server.StopAsync();
        await server.StartAsync();
        AssertBusy(await server.GetJsonAsync($"/jobs/{job}"));

        static void AssertBusy(JsonNode told) => Assert.Equal(("Dimse", 0xA700), ((string)told["ErrorPayload"]!["Type"]!, (int)told["ErrorPayload"]!["Content"]!["DimseErrorStatus"]!));
    }

    [Theory]
    [InlineData("get")]
    [InlineData("move")]
    public async Task AStatusOfARetrievalIsThereWithItsQuery(string operation)
    {
        await using EdgeServer pacs = await EdgeServer.StartNewAsync(static configuration => (configuration["DicomAlwaysAllowGet"], configuration["DicomAlwaysAllowMove"]) = (true, true));
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("ORTHANC", "127.0.0.1", pacs.DicomPort) });
        using HttpResponseMessage answer = await server.Http.PostAsync($"/modalities/pacs/{operation}", new StringContent(Retrieval("1.2.3.4").ToJsonString()), TestContext.Current.CancellationToken);
        string text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        JsonNode payload = JsonNode.Parse(text)!["ErrorPayload"]!;
        Assert.Equal("RetrieveJob", (string)payload["Type"]!);
        JsonNode detail = Assert.Single(payload["Content"]!.AsArray())!;
        Assert.Equal(0xC000, (int)detail["DimseErrorStatus"]!);
        Assert.Contains("1.2.3.4", detail["Query"]!.ToJsonString());
        Assert.Empty(detail["ReceivedInstancesIds"]!.AsArray());
    }

    /// <summary>One association holds the contexts of 127 storage classes: the last of the registry comes on another one.</summary>
    [Fact]
    public async Task CGetTakesSeveralAssociationsWhereTheClassesNeedThem()
    {
        string[] classes = [.. UidRegistry.StorageClasses.Where(static known => !known.IsRetired).Select(static known => known.Uid)];
        Assert.True(classes.Length > 127, $"{classes.Length} classes fit into one association");
        await using EdgeServer pacs = await EdgeServer.StartNewAsync(static configuration => configuration["DicomAlwaysAllowGet"] = true);
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration => configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("ORTHANC", "127.0.0.1", pacs.DicomPort) });
        SyntheticInstance common = SyntheticInstance.Numbered(942, 1, 1, 1);
        await pacs.UploadAsync(common.ToFile());
        await pacs.UploadAsync((SyntheticInstance.Numbered(942, 1, 2, 1) with { SopClassUid = classes[^1] }).ToFile());
        await server.PostJsonAsync("/modalities/pacs/get", Retrieval(common.StudyInstanceUid));
        Assert.Equal(2, (int)(await server.GetJsonAsync("/statistics"))["CountInstances"]!);
        JsonNode job = Assert.Single((await server.GetJsonAsync("/jobs?expand")).AsArray())!;
        JsonNode detail = Assert.Single(job["Content"]!["Details"]!.AsArray())!;
        Assert.Equal((0, 2), ((int)detail["DimseErrorStatus"]!, detail["ReceivedInstancesIds"]!.AsArray().Count));
    }

    private static JsonObject Retrieval(string study) => new() { ["Level"] = "Study", ["Resources"] = new JsonArray(new JsonObject { ["StudyInstanceUID"] = study }) };
}
