using Edge.Engine.Ingest;
using Xunit;

namespace Edge.Unit.Tests.Engine;

public sealed class IncomingObjectTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(70_000)]
    [InlineData(900_000)]
    [InlineData(3_000_000)]
    public async Task WhatWasAppendedIsThereInMemoryOrInAFile(int length)
    {
        await using EngineFixture engine = new(spoolThreshold: 1 << 20);
        byte[] bytes = Bytes(length);
        await using (IncomingObject content = engine.Pipeline.Receive())
        {
            for (int at = 0; at < length; at += 65_536)
            {
                await content.AppendAsync(bytes.AsMemory(at, Math.Min(65_536, length - at)), CancellationToken.None);
            }

            Assert.Equal(length, content.Length);
            Assert.Equal(length > 1 << 20, content.Spool is not null);
            if (content.Spool is { } spool)
            {
                byte[] back = new byte[length];
                Assert.Equal(length, await spool.ReadAsync(0, back));
                Assert.Equal(bytes, back);
                Assert.Equal(0, engine.Budget.Used);
            }
            else
            {
                Assert.Equal(bytes, content.Bytes.ToArray());
                Assert.InRange(engine.Budget.Used, length, engine.Budget.Capacity);
            }
        }

        Assert.Equal(0, engine.Budget.Used);
    }

    [Fact]
    public async Task WhoHoldsMemoryAndGetsNoMoreGoesOnInAFile()
    {
        await using EngineFixture engine = new(budget: 128 << 10);
        await using IncomingObject first = engine.Pipeline.Receive();
        await using IncomingObject second = engine.Pipeline.Receive();
        await first.AppendAsync(Bytes(60_000), CancellationToken.None);
        await second.AppendAsync(Bytes(60_000), CancellationToken.None);
        await first.AppendAsync(Bytes(60_000), CancellationToken.None);
        Assert.NotNull(first.Spool);
        Assert.Null(second.Spool);
        Assert.Equal(120_000, first.Length);
    }

    [Fact]
    public async Task WhoHoldsNothingWaitsForTheBudget()
    {
        await using EngineFixture engine = new(budget: 64 << 10);
        IncomingObject holder = engine.Pipeline.Receive();
        await holder.AppendAsync(Bytes(10), CancellationToken.None);
        await using IncomingObject late = engine.Pipeline.Receive();
        Task waiting = late.AppendAsync(Bytes(10), CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        await holder.DisposeAsync();
        await waiting.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.Equal(10, late.Length);
    }

    [Fact]
    public async Task AnAnnouncedSizeReservesNoMoreThanTheThreshold()
    {
        await using EngineFixture engine = new(spoolThreshold: 1 << 20);
        await using IncomingObject content = engine.Pipeline.Receive();
        await content.ExpectAsync(long.MaxValue, CancellationToken.None);
        Assert.Equal(1 << 20, engine.Budget.Used);
    }

    [Fact]
    public async Task AStreamReadsBackAcrossSeeks()
    {
        await using EngineFixture engine = new(spoolThreshold: 64 << 10);
        byte[] bytes = Bytes(200_000);
        await using IncomingObject content = engine.Pipeline.Receive();
        await content.AppendAsync(bytes, CancellationToken.None);
        await using IncomingStream stream = new(content);
        byte[] some = new byte[1000];
        foreach (int at in (int[])[0, 150_000, 65_000, 199_500])
        {
            stream.Position = at;
            int read = stream.Read(some);
            Assert.InRange(read, 1, some.Length);
            Assert.Equal(bytes[at..(at + read)], some[..read]);
        }

        Assert.Equal(200_000, stream.Seek(0, SeekOrigin.End));
        Assert.Equal(0, stream.Read(some));
    }

    private static byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) ^ (i >> 8));
        }

        return bytes;
    }
}
