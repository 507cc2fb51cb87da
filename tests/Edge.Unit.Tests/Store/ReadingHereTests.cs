using System.Buffers;
using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Store.Files;
using Xunit;

namespace Edge.Unit.Tests.Store;

/// <summary>What is read on the thread of whoever asks, and what is not.</summary>
public sealed class ReadingHereTests
{
    [Fact]
    public async Task APeekIsAnsweredBeforeItReturnsAndSeesWhatWasCommitted()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        int here = Environment.CurrentManagedThreadId;
        ValueTask<int> peek = store.Index.PeekAsync(0, static (reader, _) => reader.Find(StoreFixture.PatientOf(1)) is null ? -1 : Environment.CurrentManagedThreadId);
        Assert.True(peek.IsCompletedSuccessfully);
        Assert.Equal(here, await peek);
    }

    [Fact]
    public async Task MorePeeksThanReadersGoToTheReaders()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        using SemaphoreSlim inside = new(0), go = new(0);
        string Slow() => store.Index.PeekAsync((inside, go), static (reader, s) =>
        {
            s.inside.Release();
            s.go.Wait();
            return reader.Find(StoreFixture.PatientOf(1))!.PublicId;
        }).AsTask().GetAwaiter().GetResult();
        Task<string>[] slow = [Task.Run(Slow), Task.Run(Slow)];
        await inside.WaitAsync();
        await inside.WaitAsync();
        int here = Environment.CurrentManagedThreadId;
        Task<int> third = store.Index.PeekAsync(0, static (_, _) => Environment.CurrentManagedThreadId).AsTask();
        bool isAnswered = await Task.WhenAny(third, Task.Delay(TimeSpan.FromSeconds(30))) == third;
        go.Release(2);
        Assert.True(isAnswered, "the readers were not free");
        int other = await third;
        Assert.NotEqual(here, other);
        Assert.All(await Task.WhenAll(slow), static id => Assert.Equal(StoreFixture.PatientOf(1), id));
    }

    [Fact]
    public async Task AFailureOfAPeekIsTheTasks()
    {
        await using StoreFixture store = new();
        ValueTask<int> peek = store.Index.PeekAsync(0, static (_, _) => int.Parse("x"));
        await Assert.ThrowsAsync<FormatException>(async () => await peek);
        using CancellationTokenSource gone = new();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await store.Index.PeekAsync(0, static (_, _) => 1, gone.Token));
    }

    [Theory]
    [InlineData(StorageFormat.Lz4, 5_000)]
    [InlineData(StorageFormat.Lz4, 700_000)]
    [InlineData(StorageFormat.Raw, 700_000)]
    public async Task AFileIsReadAlikeFromThePageCacheAndFromTheDisk(StorageFormat format, int size)
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Image(size, 3, 0);
        AttachmentRecord file = await store.Files.WriteAsync(new ReadOnlySequence<byte>(plain), new WriteOptions { Format = format });
        byte[] part = new byte[Math.Min(size, 200_000)];
        ValueTask<int> cached = store.Files.ReadAsync(file, AttachmentView.Plain, 0, part);
        Assert.Equal(part.Length, await cached);
        Assert.Equal(plain[..part.Length], part);

        // dd asks the kernel to drop the file's pages; where it does not, the read above is repeated.
        string path = Path.Combine(store.Folder, file.Uuid.ToString()[..2], file.Uuid.ToString()[2..4], file.Uuid.ToString());
        using (Process sync = Process.Start("dd", [$"if={path}", "iflag=nocache", "count=0", "status=none"]))
        {
            await sync.WaitForExitAsync();
        }

        Array.Clear(part);
        Assert.Equal(part.Length, await store.Files.ReadAsync(file, AttachmentView.Plain, 0, part));
        Assert.Equal(plain[..part.Length], part);
    }

    [Fact]
    public async Task AMissingFileIsNamed()
    {
        await using StoreFixture store = new();
        AttachmentRecord file = await store.Files.WriteAsync(new ReadOnlySequence<byte>(new byte[10]), new WriteOptions());
        await store.Files.DeleteAsync(file.Uuid);
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(async () => await store.Files.ReadAsync(file, AttachmentView.Plain, 0, new byte[10]));
        Assert.Equal(ErrorCode.InexistentFile, failure.Code);
    }
}
