using System.Collections.Concurrent;
using System.Net;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Crash.Tests;

/// <summary>What the server acknowledged, and the audit of it.</summary>
public sealed class Ledger
{
    /// <summary>Identifier to the bytes that must come back at the end of the file.</summary>
    private readonly ConcurrentDictionary<string, byte[]> _stored = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _uncertain = new(StringComparer.Ordinal);

    public int Count => _stored.Count;

    /// <summary>Identifiers stored now, to choose from.</summary>
    public ICollection<string> Ids => _stored.Keys;

    /// <summary>The server said Success.</summary>
    public void Acknowledge(string id, byte[] content)
    {
        _stored[id] = content;
        _uncertain.TryRemove(id, out _);
    }

    /// <summary>A deletion was asked for: until it is acknowledged, both states are right.</summary>
    public void BeginDeletion(string id) => _uncertain[id] = true;

    /// <summary>The server said the instance is gone.</summary>
    public void AcknowledgeDeletion(string id)
    {
        _stored.TryRemove(id, out _);
        _uncertain.TryRemove(id, out _);
    }

    /// <summary>Every acknowledged instance is there, whole; every listed one can be read.</summary>
    public async Task AuditAsync(EdgeServer server)
    {
        foreach ((string id, byte[] content) in _stored)
        {
            using HttpResponseMessage answer = await server.Http.GetAsync($"/instances/{id}/file");
            if (answer.StatusCode == HttpStatusCode.NotFound && _uncertain.ContainsKey(id))
            {
                _stored.TryRemove(id, out _);
                continue;
            }

            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"acknowledged instance {id} is lost: {(int)answer.StatusCode}\n{server.Log}");
            byte[] back = await answer.Content.ReadAsByteArrayAsync();
            Assert.True(back.AsSpan().EndsWith(content), $"acknowledged instance {id} came back changed");
        }

        _uncertain.Clear();
        System.Text.Json.Nodes.JsonArray listed = (await server.GetJsonAsync("/instances")).AsArray();
        foreach (System.Text.Json.Nodes.JsonNode? id in listed)
        {
            using HttpResponseMessage answer = await server.Http.GetAsync($"/instances/{(string?)id}/file");
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"listed instance {id} cannot be read: {(int)answer.StatusCode}");
        }

        System.Text.Json.Nodes.JsonNode statistics = await server.GetJsonAsync("/statistics");
        Assert.Equal(listed.Count, (int?)statistics["CountInstances"]);
    }
}
