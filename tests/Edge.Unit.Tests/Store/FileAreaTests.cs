using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using System.Security.Cryptography;
using Edge.Core.Errors;
using Edge.Store.Files;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class FileAreaTests
{
    [Fact]
    public async Task AnMd5OnDemandIsWorkedOutWhenAskedFor()
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Image(700_000, 3, 0);
        AttachmentRecord container = await store.Files.WriteAsync(Split(plain), new WriteOptions { Md5OnDemand = true });
        Assert.Null(container.PlainMd5);
        AttachmentRecord digested = await store.Files.DigestAsync(container);
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(plain)), digested.PlainMd5);
        Assert.Equal(digested.PlainMd5, digested.LogicalMd5);

        // Without checksums of its own the stored form needs it at once.
        AttachmentRecord raw = await store.Files.WriteAsync(Split(plain), new WriteOptions { Md5OnDemand = true, Format = StorageFormat.Raw });
        Assert.Equal(digested.PlainMd5, raw.PlainMd5);
        await using ISpool spool = store.Files.CreateSpool(hashes: false);
        await spool.AppendAsync(plain);
        AttachmentRecord adopted = await store.Files.AdoptAsync(spool, new WriteOptions { Md5OnDemand = true, Incompressible = true });
        Assert.Equal(digested.PlainMd5, adopted.PlainMd5);
    }

    [Theory]
    [InlineData(0, StorageFormat.Lz4)]
    [InlineData(1, StorageFormat.Lz4)]
    [InlineData(700_000, StorageFormat.Lz4)]
    [InlineData(3_000_000, StorageFormat.Lz4)]
    [InlineData(0, StorageFormat.Raw)]
    [InlineData(700_000, StorageFormat.Raw)]
    public async Task WhatIsWrittenIsReadBackByRangeAndStream(int size, StorageFormat format)
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Image(size, 3, 0);
        AttachmentRecord file = await store.Files.WriteAsync(Split(plain), new WriteOptions { Format = format, Filter = new FilterHint(100, size, 2, 1, 0) });
        Assert.Equal((size, size, format), (file.PlainSize, file.LogicalSize, file.Format));
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(plain)), file.PlainMd5);
        Assert.Equal(file.PlainMd5, file.LogicalMd5);
        string path = Path.Combine(store.Folder, file.Uuid.ToString()[..2], file.Uuid.ToString()[2..4], file.Uuid.ToString());
        Assert.Equal(file.StoredSize, new FileInfo(path).Length);
        if (format == StorageFormat.Raw)
        {
            Assert.Equal(plain, await File.ReadAllBytesAsync(path));
        }

        byte[] back = new byte[size + 50];
        Assert.Equal(size, await store.Files.ReadAsync(file, AttachmentView.Plain, 0, back));
        Assert.True(plain.AsSpan().SequenceEqual(back.AsSpan(0, size)));
        Assert.Equal(Math.Min(50, size / 2), await store.Files.ReadAsync(file, AttachmentView.Logical, size - (size / 2), back.AsMemory(0, 50)));
        await using Stream stream = store.Files.OpenRead(file, AttachmentView.Plain);
        MemoryStream copy = new();
        await stream.CopyToAsync(copy);
        Assert.True(plain.AsSpan().SequenceEqual(copy.ToArray()));
        Assert.Throws<NotSupportedException>(() => stream.Read(back, 0, 1));
        Assert.True(await store.Files.VerifyAsync(file));
        Assert.Equal(file, await store.Files.DescribeAsync(file.Uuid, computeMd5: true));
    }

    [Fact]
    public async Task OrthancsZlibFormIsKeptByteForByte()
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Image(500_001, 3, 0);
        AttachmentRecord file = await store.Files.WriteAsync(Split(plain), new WriteOptions { Compression = AttachmentCompression.ZlibWithSize });
        byte[] logical = new byte[file.LogicalSize];
        Assert.Equal(logical.Length, await store.Files.ReadAsync(file, AttachmentView.Logical, 0, logical));
        Assert.Equal(plain.Length, BinaryPrimitives.ReadInt64LittleEndian(logical));
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(logical)), file.LogicalMd5);
        MemoryStream inflated = new();
        using (ZLibStream zlib = new(new MemoryStream(logical, 8, logical.Length - 8), CompressionMode.Decompress))
        {
            zlib.CopyTo(inflated);
        }

        Assert.True(plain.AsSpan().SequenceEqual(inflated.ToArray()));
        byte[] part = new byte[1000];
        Assert.Equal(1000, await store.Files.ReadAsync(file, AttachmentView.Plain, 400_000, part));
        Assert.True(plain.AsSpan(400_000, 1000).SequenceEqual(part));
        await using Stream stream = store.Files.OpenRead(file, AttachmentView.Plain);
        stream.Position = 450_000;
        await stream.ReadExactlyAsync(part);
        stream.Position = 10;
        await stream.ReadExactlyAsync(part);
        Assert.True(plain.AsSpan(10, 1000).SequenceEqual(part));
        Assert.True(await store.Files.VerifyAsync(file));
        Assert.Equal(file, await store.Files.DescribeAsync(file.Uuid, computeMd5: true));
        AttachmentRecord empty = await store.Files.WriteAsync(default, new WriteOptions { Compression = AttachmentCompression.ZlibWithSize });
        Assert.Equal((0, 0), (empty.LogicalSize, empty.StoredSize));
    }

    [Theory]
    [InlineData(StorageFormat.Raw, false, AttachmentCompression.None)]
    [InlineData(StorageFormat.Lz4, true, AttachmentCompression.None)]
    [InlineData(StorageFormat.Lz4, false, AttachmentCompression.None)]
    [InlineData(StorageFormat.Lz4, false, AttachmentCompression.ZlibWithSize)]
    public async Task ASpoolIsAdopted(StorageFormat format, bool incompressible, AttachmentCompression compression)
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Image(900_000, 8, 0);
        await using ISpool spool = store.Files.CreateSpool();
        for (int at = 0; at < plain.Length; at += 131_071)
        {
            await spool.AppendAsync(plain.AsMemory(at, Math.Min(131_071, plain.Length - at)));
        }

        byte[] head = new byte[64];
        Assert.Equal(64, await spool.ReadAsync(128, head));
        Assert.True(plain.AsSpan(128, 64).SequenceEqual(head));
        AttachmentRecord file = await store.Files.AdoptAsync(spool, new WriteOptions { Format = format, Incompressible = incompressible, Compression = compression });
        Assert.Equal(format == StorageFormat.Raw || incompressible || compression != AttachmentCompression.None ? StorageFormat.Raw : StorageFormat.Lz4, file.Format);
        Assert.Equal(Convert.ToHexStringLower(MD5.HashData(plain)), file.PlainMd5);
        await spool.DisposeAsync();
        Assert.Empty(Directory.GetFiles(Path.Combine(store.Folder, "incoming")));
        byte[] back = new byte[plain.Length];
        await store.Files.ReadAsync(file, AttachmentView.Plain, 0, back);
        Assert.True(plain.AsSpan().SequenceEqual(back));
    }

    [Fact]
    public async Task DataThatLooksLikeAContainerIsWrappedEvenAsRaw()
    {
        await using StoreFixture store = new();
        byte[] plain = StorageFormatTests.Write(new byte[100], null);
        AttachmentRecord file = await store.Files.WriteAsync(new(plain), new WriteOptions { Format = StorageFormat.Raw });
        Assert.Equal(StorageFormat.Lz4, file.Format);
        byte[] back = new byte[plain.Length];
        Assert.Equal(plain.Length, await store.Files.ReadAsync(file, AttachmentView.Plain, 0, back));
        Assert.Equal(plain, back);
    }

    [Fact]
    public async Task DamageAndAbsenceAreTold()
    {
        await using StoreFixture store = new();
        AttachmentRecord file = await store.Files.WriteAsync(new(new byte[5000]), new WriteOptions());
        AttachmentRecord raw = await store.Files.WriteAsync(new(new byte[5000]), new WriteOptions { Format = StorageFormat.Raw });
        string Path_(AttachmentRecord f) => Path.Combine(store.Folder, f.Uuid.ToString()[..2], f.Uuid.ToString()[2..4], f.Uuid.ToString());
        byte[] bytes = await File.ReadAllBytesAsync(Path_(file));
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(Path_(file), bytes);
        await File.WriteAllBytesAsync(Path_(raw), new byte[4000]);
        foreach (AttachmentRecord damaged in (AttachmentRecord[])[file, raw])
        {
            EdgeException e = await Assert.ThrowsAsync<EdgeException>(() => store.Files.ReadAsync(damaged, AttachmentView.Plain, 0, new byte[5000]).AsTask());
            Assert.Equal(ErrorCode.CorruptedFile, e.Code);
            Assert.False(await store.Files.VerifyAsync(damaged));
        }

        await store.Files.DeleteAsync(file.Uuid);
        await store.Files.DeleteAsync(file.Uuid);
        Assert.Equal(ErrorCode.InexistentFile, (await Assert.ThrowsAsync<EdgeException>(() => store.Files.ReadAsync(file, AttachmentView.Plain, 0, new byte[1]).AsTask())).Code);
        Assert.Equal(ErrorCode.InexistentFile, (await Assert.ThrowsAsync<EdgeException>(() => store.Files.DescribeAsync(file.Uuid, false).AsTask())).Code);
        Assert.False(await store.Files.VerifyAsync(file));
        Assert.Equal(raw.Uuid, Assert.Single(await IngestTests.Files(store)).Uuid);
    }

    [Fact]
    public async Task AFolderThatCannotBeWrittenFailsClearlyAndRecovers()
    {
        await using StoreFixture store = new();
        // Root may write anywhere, so a file in the way stands for a read-only folder.
        AttachmentRecord file = await store.Files.WriteAsync(new(new byte[10]), new WriteOptions());
        string folder = Path.Combine(store.Folder, file.Uuid.ToString()[..2], file.Uuid.ToString()[2..4]);
        Directory.Move(folder, folder + ".away");
        await File.WriteAllTextAsync(folder, "");
        EdgeException e = await Assert.ThrowsAsync<EdgeException>(() => store.Files.WriteAsync(new(new byte[10]), new WriteOptions()).AsTask());
        Assert.Equal(ErrorCode.CannotWriteFile, e.Code);
        File.Delete(folder);
        Directory.Move(folder + ".away", folder);
        await store.Files.WriteAsync(new(new byte[10]), new WriteOptions());
    }

    /// <summary>The same bytes in segments of odd lengths.</summary>
    private static ReadOnlySequence<byte> Split(byte[] bytes)
    {
        if (bytes.Length < 10)
        {
            return new ReadOnlySequence<byte>(bytes);
        }

        Segment first = new(bytes.AsMemory(0, 7), 0);
        Segment last = first.Append(bytes.AsMemory(7, (bytes.Length / 3) - 7)).Append(bytes.AsMemory(bytes.Length / 3));
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, long index)
        {
            Memory = memory;
            RunningIndex = index;
        }

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            Segment next = new(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
