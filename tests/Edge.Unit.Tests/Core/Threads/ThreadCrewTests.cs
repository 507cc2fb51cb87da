using System.Collections.Concurrent;
using Edge.Core.Threads;
using Xunit;

namespace Edge.Unit.Tests.Core.Threads;

/// <summary>Threads that are started when there is work for them.</summary>
public sealed class ThreadCrewTests
{
    [Fact]
    public async Task OneAfterTheOtherNeedsOneThread()
    {
        using ThreadCrew crew = new("test", 4);
        HashSet<int> seen = [];
        for (int i = 0; i < 20; i++)
        {
            seen.Add(await crew.RunAsync(0, static _ => Environment.CurrentManagedThreadId));
            await Task.Delay(5); // back to waiting
        }

        Assert.Single(seen);
    }

    [Fact]
    public async Task AsMuchRunsAtATimeAsThereMayBeThreadsAndNoMore()
    {
        using ThreadCrew crew = new("test", 3);
        using CountdownEvent inside = new(3);
        using ManualResetEventSlim go = new();
        int running = 0, most = 0;
        Task<int>[] all = [.. Enumerable.Range(0, 12).Select(_ => crew.RunAsync(0, _ =>
        {
            int now = Interlocked.Increment(ref running);
            InterlockedMax(ref most, now);
            if (inside.CurrentCount > 0)
            {
                inside.Signal();
            }

            go.Wait();
            return Interlocked.Decrement(ref running);
        }))];
        Assert.True(inside.Wait(TimeSpan.FromSeconds(30)), "three at a time");
        await Task.Delay(50);
        go.Set();
        await Task.WhenAll(all);
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task NothingIsLeftBehindWhoeverAsksAndHowever()
    {
        using ThreadCrew crew = new("test", 3);
        ConcurrentBag<int> done = [];
        await Parallel.ForEachAsync(Enumerable.Range(0, 20_000), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
            done.Add(await crew.RunAsync(i, static n => n)));
        Assert.Equal(Enumerable.Range(0, 20_000), done.Order());
    }

    [Fact]
    public async Task WhatIsQueuedIsFinishedAtTheEnd()
    {
        ThreadCrew crew = new("test", 1);
        Task<int>[] all = [.. Enumerable.Range(0, 50).Select(i => crew.RunAsync(i, static n =>
        {
            Thread.Sleep(1);
            return n;
        }))];
        crew.Dispose();
        Assert.All(all, static task => Assert.True(task.IsCompletedSuccessfully));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await crew.RunAsync(0, static n => n));
    }

    private static void InterlockedMax(ref int most, int value)
    {
        int seen = Volatile.Read(ref most);
        while (value > seen && Interlocked.CompareExchange(ref most, value, seen) is var before && before != seen)
        {
            seen = before;
        }
    }
}
