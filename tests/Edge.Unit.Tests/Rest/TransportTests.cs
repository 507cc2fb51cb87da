using Edge.Core.Sockets;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Rest.Hosting.Transport;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>The threads that wait for connections, and what must not depend on them.</summary>
public sealed class TransportTests
{
    [Fact]
    public async Task ARequestIsServedWhereItsBytesWereNoticed()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        HashSet<string> threads = [];
        for (int i = 0; i < 50; i++)
        {
            threads.Add(await toy.Client.GetStringAsync("/thread"));
        }

        // The first request may come before the server listens to the connection: then it is served on the thread that begins to.
        Assert.Contains("http", threads);
    }

    [Fact]
    public async Task AHandlerThatKeepsItsThreadKeepsNoOtherWaiting()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        Task<string>[] held = [.. Enumerable.Range(0, 3).Select(_ => Task.Run(() => toy.Client.GetStringAsync("/held")))];
        await ToyServer.Held.WaitAsync(3, TimeSpan.FromSeconds(20));
        for (int i = 0; i < 50; i++)
        {
            using HttpClient other = new() { BaseAddress = toy.Client.BaseAddress, Timeout = TimeSpan.FromSeconds(20) };
            Assert.Equal("20260101T000000", await other.GetStringAsync("/tools/now"));
        }

        Assert.All(held, static one => Assert.False(one.IsCompleted));
        ToyServer.Held.Release();
        await Task.WhenAll(held);
    }

    [Fact]
    public async Task AClientThatReadsSlowlyGetsEveryByte()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        byte[] sent = new byte[6 << 20];
        new Random(1).NextBytes(sent);
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 8192 };
        await socket.ConnectAsync(IPAddress.Loopback, toy.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST /mirror HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {sent.Length}\r\n\r\n"));

        // Reading begins when the server can neither send nor, in the end, receive any more.
        Task sending = Task.Run(async () =>
        {
            for (int at = 0; at < sent.Length;)
            {
                at += await socket.SendAsync(sent.AsMemory(at));
            }
        });
        await Task.WhenAny(sending, Task.Delay(500));
        using MemoryStream answer = new();
        byte[] buffer = new byte[50_000];
        int count;
        while ((count = await socket.ReceiveAsync(buffer)) > 0)
        {
            answer.Write(buffer, 0, count);
        }

        await sending;
        byte[] all = answer.ToArray();
        int body = all.AsSpan().IndexOf("\r\n\r\n"u8) + 4;
        Assert.True(all.AsSpan(body).SequenceEqual(sent));
    }

    /// <summary>An end that came before the bytes were read is reported once, with them.</summary>
    [Fact]
    public async Task TheEndThatComesWithTheLastByteIsSeen()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async _ =>
        {
            string answer = await toy.RawAsync("GET /tools/now HTTP/1.1\r\nHost", 15_000, static socket =>
            {
                socket.Shutdown(SocketShutdown.Send);
                return Task.CompletedTask;
            });
            Assert.DoesNotContain("[open]", answer); // half of a request is waited for for 30 s
        }));
    }

    [Fact]
    public async Task BytesOneByOneMakeARequest()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        string answer = await toy.RawAsync("G", 20_000, static async socket =>
        {
            socket.NoDelay = true;
            foreach (char letter in "ET /tools/now HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            {
                await socket.SendAsync(new[] { (byte)letter });
                await Task.Yield();
            }
        });
        Assert.EndsWith("20260101T000000", answer);
    }

    [Fact]
    public async Task TheThreadsEndWithTheServer()
    {
        ToyServer toy = await ToyServer.StartAsync();
        string name = await toy.Client.GetStringAsync("/thread-id");
        await toy.DisposeAsync();
        for (int i = 0; i < 500 && Directory.Exists($"/proc/self/task/{name}"); i++)
        {
            await Task.Delay(20);
        }

        Assert.False(Directory.Exists($"/proc/self/task/{name}"));
    }

    [Fact]
    public async Task NoSignalIsLost()
    {
        ReadySignal signal = new();
        int raised = 0;
        int seen = 0;
        Task waiting = Task.Run(async () =>
        {
            while (seen < 200_000)
            {
                await signal.WaitAsync();
                seen = Volatile.Read(ref raised);
            }
        });
        Thread[] raising = [.. Enumerable.Range(0, 2).Select(_ => new Thread(() =>
        {
            for (int i = 0; i < 100_000; i++)
            {
                Interlocked.Increment(ref raised);
                signal.Raise();
            }
        }))];
        Array.ForEach(raising, static thread => thread.Start());
        Array.ForEach(raising, static thread => thread.Join());
        await waiting.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public void ARaisedSignalIsTakenOnce()
    {
        ReadySignal signal = new();
        signal.Raise();
        signal.Raise();
        Assert.True(signal.WaitAsync().IsCompletedSuccessfully);
        ValueTask second = signal.WaitAsync();
        Assert.False(second.IsCompleted);
        signal.Raise();
        Assert.True(second.IsCompletedSuccessfully);
    }
}
