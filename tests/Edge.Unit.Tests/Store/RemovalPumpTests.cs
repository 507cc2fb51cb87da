using System.Buffers;
using Edge.Store.Files;
using Edge.Store.Sqlite;
using Xunit;

namespace Edge.Unit.Tests.Store;

/// <summary>One sync of a folder and one commit for many files.</summary>
public sealed class RemovalPumpTests
{
    [Fact]
    public async Task WhatGathersMeanwhileIsRemovedInBatches()
    {
        await using StoreFixture store = new();
        TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<Guid[]> forgotten = [];
        RemovalPump pump = new((FileArea)store.Files, uuids =>
        {
            forgotten.Add([.. uuids]);
            begun.TrySetResult();
            return forgotten.Count == 1 ? first.Task : Task.CompletedTask;
        }, null);
        List<Guid> all = await FilesAsync(store, 301);
        pump.Add([all[0]]);
        await begun.Task;
        all.Skip(1).ToList().ForEach(uuid => pump.Add([uuid]));
        first.SetResult();
        await pump.DrainAsync();
        Assert.Equal([1, 256, 44], forgotten.Select(static batch => batch.Length));
        Assert.Equal(all, forgotten.SelectMany(static batch => batch));
        Assert.Empty(await StoredAsync(store));
        await pump.StopAsync();
    }

    /// <summary>Files that come one after the other within a few milliseconds. Where the machine keeps the test waiting for longer, it is tried again.</summary>
    [Fact]
    public async Task TheFirstOfABurstWaitsForTheOthers()
    {
        await using StoreFixture store = new();
        int least = int.MaxValue;
        for (int attempt = 0; attempt < 10 && least > 1; attempt++)
        {
            int batches = 0;
            RemovalPump pump = new((FileArea)store.Files, _ =>
            {
                batches++;
                return Task.CompletedTask;
            }, null);
            foreach (Guid uuid in await FilesAsync(store, 10))
            {
                pump.Add([uuid]);
                Thread.Sleep(2);
            }

            await pump.DrainAsync();
            await pump.StopAsync();
            least = Math.Min(least, batches);
        }

        Assert.Equal(1, least);
    }

    private static async Task<List<Guid>> FilesAsync(StoreFixture store, int count)
    {
        List<Guid> files = [];
        for (int i = 0; i < count; i++)
        {
            files.Add((await store.Files.WriteAsync(new ReadOnlySequence<byte>(new byte[10]), new WriteOptions())).Uuid);
        }

        return files;
    }

    private static async Task<List<Guid>> StoredAsync(StoreFixture store)
    {
        List<Guid> stored = [];
        await foreach (StoredFile file in store.Files.EnumerateAsync())
        {
            stored.Add(file.Uuid);
        }

        return stored;
    }
}
