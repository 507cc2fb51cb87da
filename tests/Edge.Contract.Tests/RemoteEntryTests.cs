using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Modalities and peers that live in the index (<c>DicomModalitiesInDatabase</c>, <c>OrthancPeersInDatabase</c>).</summary>
public sealed class RemoteEntryTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EntriesInTheIndexOutliveARestart(bool inDatabase)
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(configuration =>
        {
            configuration["DicomModalitiesInDatabase"] = inDatabase;
            configuration["OrthancPeersInDatabase"] = inDatabase;
            configuration["DicomModalities"] = new JsonObject { ["configured"] = new JsonArray("A", "127.0.0.1", 104) };
            configuration["OrthancPeers"] = new JsonObject { ["configured"] = new JsonArray("http://127.0.0.1:1/") };
        });
        string[] configured = inDatabase ? [] : ["configured"];
        Assert.Equal(configured, (await server.GetJsonAsync("/modalities")).Strings());
        Assert.Equal(configured, (await server.GetJsonAsync("/peers")).Strings());

        const string Modality = """{"AET": "PACS", "Host": "10.0.0.1", "Port": 11112, "Manufacturer": "GE", "AllowMove": false, "UseDicomTls": true, "LocalAet": "ME", "Timeout": 7, "RetrieveMethod": "C-GET"}""";
        const string Peer = """{"Url": "https://10.0.0.2/orthanc", "Username": "alice", "Password": "secret", "HttpHeaders": {"X-Token": "t"}, "Timeout": 9, "RemoteSelf": "us"}""";
        Assert.Equal(200, (int)(await server.AskAsync("PUT", "/modalities/pacs", Modality)).Status);
        Assert.Equal(200, (int)(await server.AskAsync("PUT", "/modalities/gone", """["GONE", "10.0.0.3", 104]""")).Status);
        Assert.Equal(200, (int)(await server.AskAsync("DELETE", "/modalities/gone")).Status);
        Assert.Equal(200, (int)(await server.AskAsync("PUT", "/peers/other", Peer)).Status);
        (await server.AskAsync("PUT", "/modalities/bad", """["BAD", "10.0.0.3", 0]""")).IsError(400, 3);
        string modality = (await server.AskAsync("GET", "/modalities/pacs/configuration")).Body;
        string peer = (await server.AskAsync("GET", "/peers/other/configuration")).Body;
        Assert.DoesNotContain("secret", peer);

        await server.StopAsync();
        await server.StartAsync();
        Assert.Equal(inDatabase ? ["pacs"] : configured, (await server.GetJsonAsync("/modalities")).Strings());
        Assert.Equal(inDatabase ? ["other"] : configured, (await server.GetJsonAsync("/peers")).Strings());
        if (inDatabase)
        {
            Assert.Equal(modality, (await server.AskAsync("GET", "/modalities/pacs/configuration")).Body);
            Assert.Equal(peer, (await server.AskAsync("GET", "/peers/other/configuration")).Body);
        }
    }

    [Fact]
    public async Task ThePasswordOfAPeerInTheIndexIsStillUsed()
    {
        await using EdgeServer other = await EdgeServer.StartNewAsync(static configuration =>
        {
            configuration["AuthenticationEnabled"] = true;
            configuration["RegisteredUsers"] = new JsonObject { ["alice"] = "secret" };
        });
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["OrthancPeersInDatabase"] = true);
        Assert.Equal(200, (int)(await server.AskAsync("PUT", "/peers/other", $$"""["http://127.0.0.1:{{other.RestPort}}/", "alice", "secret"]""")).Status);
        await server.StopAsync();
        await server.StartAsync();
        Assert.Equal("test", (string)(await server.GetJsonAsync("/peers/other/system"))["Name"]!);
    }
}
