using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests;

/// <summary>Two thousand clients at a time, each with a connection that it keeps.</summary>
public sealed class ManyClientsTests
{
    private const int Clients = 2000;

    /// <summary>Resident bytes that one more idle connection may cost.</summary>
    private const long MostPerConnection = 48 * 1024;

    [Fact]
    public async Task TwoThousandKeepAliveClientsAreServedInBoundedMemory()
    {
        await using EdgeServer server = await EdgeServer.StartNewAsync(static configuration => configuration["KeepAliveTimeout"] = 60);
        byte[] request = Encoding.ASCII.GetBytes($"GET /statistics HTTP/1.1\r\nHost: 127.0.0.1:{server.RestPort}\r\n\r\n");
        for (int i = 0; i < 200; i++)
        {
            await server.Http.GetStringAsync("/statistics");
        }

        long before = ProcessCost.ResidentBytes(server.ProcessId);
        List<Socket> clients = [];
        try
        {
            for (int i = 0; i < Clients; i++)
            {
                Socket client = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                clients.Add(client);
                await client.ConnectAsync(IPAddress.Loopback, server.RestPort);
            }

            for (int round = 0; round < 3; round++)
            {
                foreach (Socket client in clients)
                {
                    await client.SendAsync(request);
                }

                foreach (Socket client in clients)
                {
                    Assert.StartsWith("HTTP/1.1 200", await ReadAnswerAsync(client));
                }
            }

            long each = (ProcessCost.ResidentBytes(server.ProcessId) - before) / Clients;
            Assert.True(each < MostPerConnection, $"{each} bytes per connection");
            Assert.Equal(HttpStatusCode.OK, (await server.AskAsync("GET", "/system")).Status);
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }

        Assert.DoesNotContain("Too many open files", server.Log, StringComparison.Ordinal);
    }

    private static async Task<string> ReadAnswerAsync(Socket client)
    {
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        byte[] buffer = new byte[8192];
        int length = 0;
        while (true)
        {
            int read = await client.ReceiveAsync(buffer.AsMemory(length), patience.Token);
            Assert.True(read > 0, "the connection was closed");
            length += read;
            string text = Encoding.ASCII.GetString(buffer, 0, length);
            int end = text.IndexOf("\r\n\r\n", StringComparison.Ordinal);
            if (end >= 0)
            {
                int at = text.IndexOf("Content-Length: ", StringComparison.OrdinalIgnoreCase) + "Content-Length: ".Length;
                int body = int.Parse(text[at..text.IndexOf('\r', at)]);
                if (length >= end + 4 + body)
                {
                    return text;
                }
            }
        }
    }
}
