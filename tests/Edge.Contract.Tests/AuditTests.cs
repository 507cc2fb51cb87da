using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using Edge.TestKit;
using Edge.TestKit.Dicom;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>The audit log of the native binary tells who received, read, sent and deleted what, and nothing of the patient beyond identifiers.</summary>
public sealed class AuditTests
{
    [Fact]
    public async Task WhoDidWhatToWhichInstance()
    {
        using TemporaryFolder folder = new();
        await using StoreSink sink = new();
        sink.Up();
        string path = folder.Combine("audit.jsonl");
        await using EdgeServer server = new(
            configuration =>
            {
                configuration["AuthenticationEnabled"] = true;
                configuration["RegisteredUsers"] = new JsonObject { ["alice"] = "secret" };
                configuration["DicomModalities"] = new JsonObject { ["pacs"] = new JsonArray("PACS", "127.0.0.1", sink.Port) };
                configuration["OrthancPeers"] = new JsonObject { ["self"] = new JsonArray($"http://127.0.0.1:{configuration["HttpPort"]}/", "alice", "secret") };
                configuration["Edge"] = new JsonObject
                {
                    ["Audit"] = new JsonObject { ["File"] = path },
                    ["Forwarding"] = new JsonObject { ["Rules"] = new JsonObject { ["all"] = new JsonObject { ["To"] = "pacs" } } },
                };
            },
            folder);
        await server.StartAsync();
        using (HttpResponseMessage refused = await server.Http.GetAsync("/studies"))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        }

        server.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes("alice:secret")));
        string id = (string)(await server.UploadAsync((SyntheticInstance.Numbered(430, 1, 1, 1) with { PatientName = "Nobody^Must See" }).ToFile()))["ID"]!;
        await server.Http.GetByteArrayAsync($"/instances/{id}/file");
        await server.PostJsonAsync("/tools/find", new JsonObject { ["Level"] = "Study", ["Query"] = new JsonObject { ["PatientName"] = "Nobody*" } });
        await server.PostJsonAsync("/peers/self/store", new JsonObject { ["Resources"] = new JsonArray(id) });
        for (int i = 0; i < 6000 && sink.Stored == 0; i++)
        {
            await Task.Delay(20);
        }

        await server.Http.GetStringAsync("/system");
        string metrics = await server.Http.GetStringAsync("/tools/metrics-prometheus");
        Assert.Contains("edge_audit_lost_total 0 ", metrics);
        using (HttpResponseMessage gone = await server.Http.DeleteAsync($"/instances/{id}"))
        {
            Assert.Equal(HttpStatusCode.OK, gone.StatusCode);
        }

        await server.StopAsync();
        string text = await File.ReadAllTextAsync(path);
        Assert.DoesNotContain("Nobody", text);
        Assert.DoesNotContain("secret", text);
        string[] told = [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonNode.Parse(line)!)
            .Select(static line => $"{line["action"]} {line["actor"]} {line["operation"]} {line["subject"]} {line["peer"]} {line["outcome"]}")];
        Assert.Contains("read  GET /studies  401", told);
        Assert.Contains("receive alice POST /instances  200", told);
        Assert.Contains($"receive alice RestApi {id}  Success", told);
        Assert.Contains($"read alice GET /instances/{id}/file  200", told);
        Assert.Contains("query alice POST /tools/find  200", told);
        Assert.Contains($"send  C-STORE {id} PACS 0000", told);
        Assert.Contains(told, line => line.StartsWith($"send  POST /instances {id} http://127.0.0.1:", StringComparison.Ordinal) && line.EndsWith(" sent", StringComparison.Ordinal));
        Assert.Contains($"delete alice DELETE /instances/{id}  200", told);
        Assert.DoesNotContain(told, static line => (line.Contains("/system", StringComparison.Ordinal) && !line.EndsWith("401", StringComparison.Ordinal)) || line.Contains("metrics", StringComparison.Ordinal));
    }
}
