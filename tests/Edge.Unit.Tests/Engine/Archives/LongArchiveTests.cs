using System.IO.Compression;
using System.IO.Pipelines;
using Edge.Core.Threads;
using Edge.Engine.Archives;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Unit.Tests.Engine.Archives;

/// <summary>An archive beyond 4 GB: a member that is, and one that begins after it (APPNOTE 4.5.3).</summary>
public sealed class LongArchiveTests
{
    private const long Long = (4L << 30) + (200 << 20) + 77;

    /// <summary>What may be allocated on the way, which does not grow with the archive: buffers are pooled.</summary>
    private const long MostAllocated = 256 << 20;

    [Fact]
    public async Task SizesAndPlacesBeyond32BitsAreReadBack()
    {
        Assert.SkipUnless(Scale.IsSoak, "part of the soak");
        using TemporaryFolder folder = new("edge-zip64-");
        string path = Path.Combine(folder.Path, "long.zip");
        long before = GC.GetTotalAllocatedBytes();
        using (ThreadCrew crew = new("zip-test", 2))
        await using (SparseFile file = new(path))
        {
            PipeWriter output = PipeWriter.Create(file);
            ZipWriter zip = new(output, crew, 3, new DateTime(2026, 11, 21, 14, 30, 2));
            await zip.WriteAsync([new Marked(1000) { Name = "first" }, new Marked(Long) { Name = "long" }, new Marked(2000) { Name = "last" }], null, CancellationToken.None);
            await zip.CloseAsync(CancellationToken.None);
            await output.CompleteAsync();
            Assert.Equal(zip.Length, file.Position);
        }

        long allocated = GC.GetTotalAllocatedBytes() - before;
        Assert.InRange(allocated, 0, MostAllocated);
        Assert.InRange(new FileInfo(path).Length, Long, Long + (Long >> 10));
        using ZipArchive read = ZipFile.OpenRead(path);
        Assert.Equal([("first", 1000), ("long", Long), ("last", 2000)], read.Entries.Select(static entry => (entry.FullName, entry.Length)));
        await CheckAsync(read.Entries[2]);
        await CheckAsync(read.Entries[0]);
        await CheckAsync(read.Entries[1]);
        // With its sums, by a reader of its own.
        ToolResult result = await Tool.RunAsync("unzip", ["-tq", path]);
        Assert.True(result.ExitCode == 0, result.Output + result.Error);
    }

    private static async Task CheckAsync(ZipArchiveEntry entry)
    {
        byte[] room = new byte[1 << 20], expected = new byte[1 << 20];
        await using Stream stream = await entry.OpenAsync();
        for (long at = 0; at < entry.Length; at += room.Length)
        {
            int count = await stream.ReadAtLeastAsync(room, room.Length, throwOnEndOfStream: false);
            Assert.Equal(Math.Min(room.Length, entry.Length - at), count);
            Marked.Fill(at, expected.AsSpan(0, count));
            Assert.True(room.AsSpan(0, count).SequenceEqual(expected.AsSpan(0, count)), $"{entry.FullName} differs after byte {at}");
        }
    }

    /// <summary>Zeros, and every megabyte its number.</summary>
    private sealed class Marked : ZipMember
    {
        public Marked(long length) => (Length, IsCompressible) = (length, false);

        public override long Length { get; }

        public override ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
        {
            Fill(offset, destination.Span);
            return ValueTask.CompletedTask;
        }

        public static void Fill(long offset, Span<byte> to)
        {
            to.Clear();
            System.Buffers.Binary.BinaryPrimitives.WriteInt64LittleEndian(to, (offset >> 20) + 1);
        }
    }

    /// <summary>A file that takes no room for its zeros.</summary>
    private sealed class SparseFile(string path) : Stream
    {
        private const int Page = 4096;
        private readonly FileStream _file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1);
        private long _at;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => _at;

        public override long Position
        {
            get => _at;
            set => throw new NotSupportedException();
        }

        public override void Write(ReadOnlySpan<byte> buffer)
        {
            while (!buffer.IsEmpty)
            {
                int count = (int)Math.Min(buffer.Length, Page - (_at % Page));
                if (buffer[..count].ContainsAnyExcept((byte)0))
                {
                    RandomAccess.Write(_file.SafeFileHandle, buffer[..count], _at);
                }

                _at += count;
                buffer = buffer[count..];
            }
        }

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Write(buffer.Span);
            return ValueTask.CompletedTask;
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            if (disposing && _file.SafeFileHandle is { IsClosed: false })
            {
                _file.SetLength(_at);
                _file.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}
