using System.Net;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>The option <c>ReadOnly</c>: what is there is served, nothing is changed.</summary>
public sealed class ReadOnlyTests
{
    [Fact]
    public async Task NothingCanBeChanged()
    {
        using TemporaryFolder folder = new("edge-read-only-");
        string study;
        string instance;
        byte[] other = SyntheticInstance.Numbered(2, 1, 1, 1).ToFile();
        await using (EdgeServer writable = await EdgeServer.StartNewAsync(folder: folder))
        {
            (_, study, _, instance) = await writable.StoreAsync(SyntheticInstance.Numbered(1, 1, 1, 1));
            await writable.StopAsync();
        }

        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["ReadOnly"] = true, folder);
        Assert.True((bool)(await server.GetJsonAsync("/system"))["ReadOnly"]!);
        string before = await server.Http.GetStringAsync("/statistics");
        foreach ((string method, string path, string body) in new[]
        {
            ("DELETE", $"/studies/{study}", ""), ("PUT", $"/studies/{study}/labels/a", ""), ("PUT", $"/studies/{study}/metadata/1024", "x"), ("PUT", $"/studies/{study}/attachments/1024", "x"),
            ("POST", "/tools/bulk-delete", $$"""{"Resources":["{{study}}"]}"""), ("DELETE", "/changes", ""),
        })
        {
            (await server.AskAsync(method, path, body.Length == 0 && method == "DELETE" ? null : body)).IsError(500, 22);
        }

        using (HttpResponseMessage refused = await server.Http.PostAsync("/instances", new ByteArrayContent(other)))
        {
            Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
            Assert.Equal(22, (int)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["OrthancStatus"]!);
        }

        Assert.Equal(before, await server.Http.GetStringAsync("/statistics"));
        Assert.Equal(HttpStatusCode.OK, (await server.AskAsync("GET", $"/instances/{instance}/file")).Status);
        Assert.Single((await server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject() })).AsArray());
    }
}
