using System.IO.Compression;
using System.IO.Pipelines;
using Edge.Core.Errors;
using Edge.Core.Threads;
using Edge.Engine.Archives;
using Xunit;

namespace Edge.Unit.Tests.Engine.Archives;

/// <summary>What is written is read back by the framework's own reader, which shares nothing with the writer.</summary>
public sealed class ZipWriterTests : IDisposable
{
    private readonly ThreadCrew _crew = new("zip-test", 2);

    public void Dispose() => _crew.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ZipPart.Size - 1)]
    [InlineData(ZipPart.Size)]
    [InlineData(ZipPart.Size + 1)]
    [InlineData((3 * ZipPart.Size) + 12345)]
    public async Task EveryByteComesBack(int length)
    {
        byte[] content = Content(length, seed: length);
        byte[] archive = await WriteAsync([Member("a/b.dcm", content), Member("a/ç.dcm", Content(100, 1)), Member("stored", content, isCompressible: false)]);
        using ZipArchive read = new(new MemoryStream(archive));
        Assert.Equal(["a/b.dcm", "a/ç.dcm", "stored"], read.Entries.Select(static entry => entry.FullName));
        Assert.Equal(content, await ReadAsync(read.Entries[0]));
        Assert.Equal(Content(100, 1), await ReadAsync(read.Entries[1]));
        Assert.Equal(content, await ReadAsync(read.Entries[2]));
    }

    [Fact]
    public async Task AnArchiveOfNothingIsAnArchive()
    {
        using ZipArchive read = new(new MemoryStream(await WriteAsync([])));
        Assert.Empty(read.Entries);
    }

    [Fact]
    public async Task ManyMembersNeedTheLongForm()
    {
        byte[] archive = await WriteAsync(Enumerable.Range(0, 66_000).Select(static i => Member($"m{i}", new byte[] { (byte)i })));
        using ZipArchive read = new(new MemoryStream(archive));
        Assert.Equal(66_000, read.Entries.Count);
        Assert.Equal(new[] { unchecked((byte)65_999) }, await ReadAsync(read.Entries[65_999]));
    }

    [Fact]
    public async Task WhatIsGoneIsLeftOut()
    {
        List<string> written = [];
        byte[] archive = await WriteAsync(
            [new Faulty(ErrorCode.InexistentFile, opens: false) { Name = "never" }, Member("a", [1, 2]), new Faulty(ErrorCode.InexistentFile) { Name = "since" }, Member("b", [3])],
            member => written.Add(member.Name));
        using ZipArchive read = new(new MemoryStream(archive));
        Assert.Equal(["a", "b"], read.Entries.Select(static entry => entry.FullName));
        Assert.Equal(["a", "b"], written);
    }

    [Fact]
    public async Task DamageEndsTheWork()
    {
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => WriteAsync([Member("a", [1, 2]), new Faulty(ErrorCode.CorruptedFile) { Name = "x" }, Member("b", [3])]));
        Assert.Equal(ErrorCode.CorruptedFile, failure.Code);
    }

    [Fact]
    public async Task AReaderThatGoesEndsTheWork()
    {
        Pipe pipe = new();
        await pipe.Reader.CompleteAsync();
        ZipWriter zip = new(pipe.Writer, _crew, 3, DateTime.Now);
        int asked = 0;
        IEnumerable<ZipMember> endless = Enumerable.Range(0, int.MaxValue).Select(i =>
        {
            asked++;
            return Member($"m{i}", new byte[1000]);
        });
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await zip.WriteAsync(endless, null, CancellationToken.None));
        Assert.InRange(asked, 1, 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1000)]
    [InlineData(ZipPart.Size)]
    [InlineData((2 * ZipPart.Size) + 77)]
    public async Task AStreamIsOneMember(int length)
    {
        byte[] content = Content(length, 5);
        using MemoryStream archive = new();
        PipeWriter output = PipeWriter.Create(archive, new StreamPipeWriterOptions(leaveOpen: true));
        ZipWriter zip = new(output, _crew, 3, DateTime.Now);
        await zip.WriteStreamedAsync("arr_0", async (writer, cancellation) => await writer.WriteAsync(content, cancellation), CancellationToken.None);
        await zip.CloseAsync(CancellationToken.None);
        await output.CompleteAsync();
        archive.Position = 0;
        using ZipArchive read = new(archive);
        Assert.Equal(content, await ReadAsync(Assert.Single(read.Entries)));
    }

    [Fact]
    public async Task AStreamThatFailsFailsTheArchive()
    {
        ZipWriter zip = new(PipeWriter.Create(new MemoryStream()), _crew, 3, DateTime.Now);
        await Assert.ThrowsAsync<EdgeException>(async () => await zip.WriteStreamedAsync(
            "x", static (_, _) => ValueTask.FromException(new EdgeException(ErrorCode.CorruptedFile)), CancellationToken.None));
    }

    private async Task<byte[]> WriteAsync(IEnumerable<ZipMember> members, Action<ZipMember>? written = null)
    {
        using MemoryStream archive = new();
        PipeWriter output = PipeWriter.Create(archive, new StreamPipeWriterOptions(leaveOpen: true));
        ZipWriter zip = new(output, _crew, 3, new DateTime(2026, 11, 21, 14, 30, 2));
        await zip.WriteAsync(members, written, CancellationToken.None);
        await zip.CloseAsync(CancellationToken.None);
        await output.CompleteAsync();
        Assert.Equal(zip.Length, archive.Length);
        return archive.ToArray();
    }

    private static Slices Member(string name, byte[] content, bool isCompressible = true) => new(content, isCompressible) { Name = name };

    private static async Task<byte[]> ReadAsync(ZipArchiveEntry entry)
    {
        await using Stream stream = entry.Open();
        using MemoryStream content = new();
        await stream.CopyToAsync(content);
        Assert.Equal(entry.Length, content.Length);
        return content.ToArray();
    }

    // Half noise, half runs.
    private static byte[] Content(int length, int seed)
    {
        byte[] content = new byte[length];
        new Random(seed).NextBytes(content.AsSpan(0, length / 2));
        return content;
    }

    private sealed class Slices : ZipMember
    {
        private readonly byte[] _content;

        public Slices(byte[] content, bool isCompressible) => (_content, IsCompressible) = (content, isCompressible);

        public override long Length => _content.Length;

        public override async ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
        {
            await Task.Yield();
            _content.AsMemory((int)offset, destination.Length).CopyTo(destination);
        }
    }

    private sealed class Faulty(ErrorCode code, bool opens = true) : ZipMember
    {
        public override long Length => 10;

        public override ValueTask<bool> OpenAsync(CancellationToken cancellation) => ValueTask.FromResult(opens);

        public override ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation) => ValueTask.FromException(new EdgeException(code));
    }
}
