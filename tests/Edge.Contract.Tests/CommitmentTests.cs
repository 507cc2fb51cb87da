using System.Text.Json.Nodes;
using Edge.Core.Ids;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Storage commitment between two servers: the one asks, the other answers on an association of its own.</summary>
public sealed class CommitmentTests : IAsyncLifetime
{
    private EdgeServer _asking = null!;
    private EdgeServer _keeping = null!;

    public async ValueTask InitializeAsync()
    {
        int port = FreePort.Next();
        _keeping = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomAet"] = "KEEPER";
            configuration["DicomModalities"] = new JsonObject { ["asker"] = new JsonArray("ASKER", "127.0.0.1", port) };
        });
        _asking = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomAet"] = "ASKER";
            configuration["DicomPort"] = port;
            configuration["DicomModalities"] = new JsonObject { ["keeper"] = new JsonArray("KEEPER", "127.0.0.1", _keeping.DicomPort) };
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _asking.DisposeAsync();
        await _keeping.DisposeAsync();
    }

    [Fact]
    public async Task WhatWasSentIsCommittedAndMayBeRemoved()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(1, 1, 1, 1);
        await _asking.UploadAsync(sample.ToFile());
        JsonNode sent = await _asking.PostJsonAsync("/modalities/keeper/store", new JsonObject { ["Resources"] = new JsonArray(ResourceId.ForPatient(sample.PatientId)), ["StorageCommitment"] = true });
        string path = "/storage-commitment/" + (string)sent["StorageCommitmentTransactionUID"]!;
        JsonNode report = await WaitAsync(path);
        Assert.Equal("Success", (string?)report["Status"]);
        Assert.Equal("KEEPER", (string?)report["RemoteAET"]);
        Assert.Equal(sample.SopInstanceUid, (string?)report["Success"]![0]!["SOPInstanceUID"]);
        await _asking.PostJsonAsync(path + "/remove", new JsonObject());
        Assert.Empty((await _asking.GetJsonAsync("/instances")).AsArray());
        Assert.Single((await _keeping.GetJsonAsync("/instances")).AsArray());
    }

    [Fact]
    public async Task WhatIsMissingOrOfAnotherClassFails()
    {
        SyntheticInstance sample = SyntheticInstance.Numbered(2, 1, 1, 1);
        await _keeping.UploadAsync(sample.ToFile());
        JsonNode asked = await _asking.PostJsonAsync("/modalities/keeper/storage-commitment", new JsonObject
        {
            ["DicomInstances"] = new JsonArray(
                new JsonArray(SyntheticInstance.CtImageStorage, "1.2.3.4"),
                new JsonObject { ["SOPClassUID"] = "1.2.840.10008.5.1.4.1.1.4", ["SOPInstanceUID"] = sample.SopInstanceUid }),
        });
        JsonNode report = await WaitAsync((string)asked["Path"]!);
        Assert.Equal("Failure", (string?)report["Status"]);
        Assert.Equal([274, 281], report["Failures"]!.AsArray().Select(static failure => (int)failure!["FailureReason"]!).Order());
        using HttpResponseMessage remove = await _asking.Http.PostAsync((string)asked["Path"]! + "/remove", new StringContent(""));
        Assert.Equal(500, (int)remove.StatusCode);
        using HttpResponseMessage unknown = await _asking.Http.GetAsync("/storage-commitment/1.2.3");
        Assert.Equal(404, (int)unknown.StatusCode);
    }

    private async Task<JsonNode> WaitAsync(string path)
    {
        for (int attempt = 0; attempt < 2400; attempt++)
        {
            JsonNode report = await _asking.GetJsonAsync(path);
            if ((string?)report["Status"] != "Pending")
            {
                return report;
            }

            await Task.Delay(50);
        }

        throw new TimeoutException($"no answer\n{_asking.Log}\n{_keeping.Log}");
    }
}
