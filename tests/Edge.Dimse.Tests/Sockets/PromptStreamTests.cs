using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Sockets;
using Xunit;

namespace Edge.Dimse.Tests.Sockets;

/// <summary>A socket on an event loop: nothing is lost between an event and who waits for it, and everybody who waits is woken.</summary>
public sealed class PromptStreamTests
{
    [Fact]
    public async Task MessagesGoBackAndForth()
    {
        (PromptStream stream, Socket peer) = await PairAsync();
        Task echoing = Task.Run(() =>
        {
            byte[] buffer = new byte[100];
            int read;
            while ((read = peer.Receive(buffer)) > 0)
            {
                peer.Send(buffer.AsSpan(0, read));
            }
        });
        byte[] message = new byte[64];
        for (int i = 0; i < 20_000; i++)
        {
            BitConverter.TryWriteBytes(message, i);
            await stream.WriteAsync(message);
            await stream.ReadExactlyAsync(message);
            Assert.Equal(i, BitConverter.ToInt32(message));
        }

        await stream.DisposeAsync();
        await echoing;
        peer.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(100)]
    [InlineData(100_000)]
    public async Task WhatIsSentBeforeTheEndArrivesAndThenTheEnd(int length)
    {
        for (int round = 0; round < 50; round++)
        {
            (PromptStream stream, Socket peer) = await PairAsync();
            Task sending = Task.Run(() =>
            {
                peer.Send(new byte[length]);
                peer.Dispose(); // data and end in one event, or in two
            });
            using MemoryStream received = new();
            await stream.CopyToAsync(received).WaitAsync(TimeSpan.FromSeconds(30));
            Assert.Equal(length, received.Length);
            await sending;
            await stream.DisposeAsync();
        }
    }

    [Fact]
    public async Task WhoSendsMoreThanThePeerTakesWaits()
    {
        (PromptStream stream, Socket peer) = await PairAsync();
        byte[] data = new byte[24 << 20];
        new Random(1).NextBytes(data);
        byte[] headers = [1, 2, 3];
        List<ArraySegment<byte>> pieces = [new(headers, 1, 2)];
        for (int at = 0; at < data.Length; at += 1 << 17)
        {
            pieces.Add(new ArraySegment<byte>(data, at, 1 << 17));
        }

        Task writing = WriteAsync();
        await Task.Delay(100);
        Assert.False(writing.IsCompleted);
        byte[] received = new byte[2 + (2 * data.Length)];
        await Task.Run(() =>
        {
            for (int at = 0; at < received.Length;)
            {
                at += peer.Receive(received.AsSpan(at));
            }
        });
        await writing.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.Equal([2, 3], received[..2]);
        Assert.True(received.AsSpan(2, data.Length).SequenceEqual(data));
        Assert.True(received.AsSpan(2 + data.Length).SequenceEqual(data));
        await stream.DisposeAsync();
        peer.Dispose();

        async Task WriteAsync()
        {
            await stream.WriteAsync(headers, data, pieces);
            await stream.WriteAsync(data);
        }
    }

    [Fact]
    public async Task DisposingEndsWhoWaits()
    {
        (PromptStream stream, Socket peer) = await PairAsync();
        Task<int> reading = stream.ReadAsync(new byte[10]).AsTask();
        Task writing = stream.WriteAsync(new byte[64 << 20]).AsTask();
        await Task.Delay(50);
        Assert.False(reading.IsCompleted || writing.IsCompleted);
        await stream.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => writing.WaitAsync(TimeSpan.FromSeconds(30)));
        peer.Dispose();
    }

    [Fact]
    public async Task CancellingEndsWhoWaitsAndTheStreamGoesOn()
    {
        (PromptStream stream, Socket peer) = await PairAsync();
        using (CancellationTokenSource cancel = new(50))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new byte[10], cancel.Token).AsTask());
        }

        // Without room a read waits until there is something, and takes none of it.
        ValueTask<int> waiting = stream.ReadAsync(Memory<byte>.Empty);
        Assert.False(waiting.IsCompleted);
        peer.Send([7]);
        Assert.Equal(0, await waiting);
        byte[] one = new byte[10];
        Assert.Equal(1, await stream.ReadAsync(one));
        Assert.Equal(7, one[0]);
        await stream.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task AResetIsAnError()
    {
        (PromptStream stream, Socket peer) = await PairAsync();
        Task<int> reading = stream.ReadAsync(new byte[10]).AsTask();
        peer.LingerState = new LingerOption(true, 0);
        peer.Dispose();
        IOException lost = await Assert.ThrowsAsync<IOException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Contains("reset", lost.Message, StringComparison.OrdinalIgnoreCase);
        await stream.DisposeAsync();
    }

    private static async Task<(PromptStream Stream, Socket Peer)> PairAsync()
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        Socket peer = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        peer.Connect(listener.LocalEndPoint!);
        return (new PromptStream(await listener.AcceptAsync()), peer);
    }
}
