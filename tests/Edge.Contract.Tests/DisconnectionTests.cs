using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Edge.TestKit.Samples;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Clients that go away in the middle.</summary>
public sealed class DisconnectionTests
{
    [Fact]
    public async Task AClientThatLeavesDuringAnAnswerIsNoErrorInTheLog()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync();
        JsonNode stored = await server.UploadAsync((SyntheticInstance.Numbered(930, 1, 1, 1) with { Rows = 2048, Columns = 2048 }).ToFile());
        byte[] request = Encoding.ASCII.GetBytes($"GET /instances/{stored["ID"]}/file HTTP/1.1\r\nHost: 127.0.0.1:{server.RestPort}\r\n\r\n");
        for (int i = 0; i < 20; i++)
        {
            using Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 4096, LingerState = new LingerOption(i % 2 == 0, 0) };
            await client.ConnectAsync(IPAddress.Loopback, server.RestPort);
            await client.SendAsync(request);
            Assert.True(await client.ReceiveAsync(new byte[100]) > 0);
        }

        Assert.Equal(HttpStatusCode.OK, (await server.AskAsync("GET", "/system")).Status);
        await server.StopAsync(); // every connection has ended, and the log is whole
        Assert.DoesNotContain(server.Log.Split('\n'), static line => line.Contains(" E ", StringComparison.Ordinal) || line.Contains("xception", StringComparison.Ordinal));
    }
}
