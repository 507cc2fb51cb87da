using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;
using Edge.Store.Files;
using Edge.Store.Format;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class StorageFormatTests
{
    public static TheoryData<int, int, int, bool, int, int> Shapes()
    {
        TheoryData<int, int, int, bool, int, int> shapes = [];
        foreach (int bytes in (int[])[1, 2, 4])
        {
            foreach (int samples in (int[])[1, 3])
            {
                foreach (bool big in (bool[])[false, true])
                {
                    foreach ((int size, int offset) in ((int, int)[])[(0, 0), (1, 0), (5, 1), (511, 7), (4096, 0), (70_001, 348), (262_144, 0), (262_145, 3), (700_003, 1001), (524_289, 262_143)])
                    {
                        shapes.Add(bytes, samples, big ? 1 : 0, big, size, offset);
                    }
                }
            }
        }

        return shapes;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void WhatIsWrittenIsRead(int bytesPerSample, int samplesPerPixel, int noise, bool bigEndian, int size, int offset)
    {
        byte[] plain = Image(size, (uint)(size + offset), noise);
        FilterHint hint = new(offset, Math.Max(0, size - offset - (size > 1000 ? 13 : 0)), bytesPerSample, samplesPerPixel, 0, bigEndian);
        byte[] stored = Write(plain, hint);
        using StorageFile file = StorageFile.Open(new MemoryStream(stored));
        Assert.True(file.IsContainer);
        Assert.Equal(size, file.Length);
        MemoryStream copy = new();
        file.CopyTo(copy);
        Assert.True(plain.AsSpan().SequenceEqual(copy.ToArray()));

        Lcg random = new(7);
        for (int i = 0; i < 20 && size > 0; i++)
        {
            int from = random.Next(size);
            byte[] part = new byte[1 + random.Next(size)];
            int read = file.Read(from, part);
            Assert.Equal(Math.Min(part.Length, size - from), read);
            Assert.True(plain.AsSpan(from, read).SequenceEqual(part.AsSpan(0, read)));
        }

        Assert.Equal(0, file.Read(size + 10, new byte[5]));
    }

    [Fact]
    public void NarrowVectorsGiveTheSamePlanes()
    {
        byte[] samples = new byte[256];
        new Lcg(3).Fill(samples);
        byte[] planes = new byte[256];
        BitPlanes.Split(ref samples[0], ref planes[0], 32);
        for (int plane = 0; plane < 8; plane++)
        {
            for (int k = 0; k < 32; k++)
            {
                for (int j = 0; j < 8; j++)
                {
                    Assert.Equal((samples[(32 * j) + k] >> plane) & 1, (planes[(32 * plane) + k] >> j) & 1);
                }
            }
        }

        byte[] back = new byte[256];
        BitPlanes.Join(ref planes[0], 32, ref back[0]);
        Assert.Equal(samples, back);
        byte[] narrow = new byte[256];
        BitPlanes.SplitNarrow(ref samples[0], ref narrow[0], 32);
        Assert.Equal(planes, narrow);
        BitPlanes.JoinNarrow(ref planes[0], 32, ref back[0]);
        Assert.Equal(samples, back);
    }

    [Fact]
    public void SmoothImagesShrinkAndNoiseCostsOnlyTheHead()
    {
        byte[] smooth = Image(600_000, 1, 0);
        FilterHint hint = new(0, smooth.Length, 2, 1, 512);
        Assert.True(Write(smooth, hint).Length < smooth.Length / 3);
        byte[] noise = new byte[600_000];
        new Lcg(1).Fill(noise);
        Assert.Equal(noise.Length + 64 + (3 * 8), Write(noise, hint).Length);
    }

    [Fact]
    public void AnythingElseIsReadAsItIs()
    {
        byte[] plain = [1, 2, 3];
        using StorageFile file = StorageFile.Open(new MemoryStream(plain));
        Assert.False(file.IsContainer);
        byte[] part = new byte[10];
        Assert.Equal(2, file.Read(1, part));
        Assert.Equal(2, part[0]);
    }

    [Fact]
    public void ARangeTouchesOnlyItsBlocks()
    {
        byte[] stored = Write(Image(1_000_000, 5, 0), null);
        stored[^5] ^= 1; // the last block
        using StorageFile file = StorageFile.Open(new MemoryStream(stored));
        Assert.Equal(700_000, file.Read(0, new byte[700_000]));
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<EdgeException>(() => file.Read(999_000, new byte[10])).Code);
    }

    [Fact]
    public void EachByteIsCovered()
    {
        byte[] plain = Image(3000, 9, 0);
        byte[] stored = Write(plain, new FilterHint(100, 2800, 2, 1, 0));
        byte[] read = new byte[plain.Length];
        for (int i = 8; i < stored.Length; i++)
        {
            byte[] damaged = stored.ToArray();
            damaged[i] ^= 0x40;
            EdgeException e = Assert.Throws<EdgeException>(() =>
            {
                using StorageFile file = StorageFile.Open(new MemoryStream(damaged));
                file.Read(0, read);
            });
            Assert.Equal(ErrorCode.CorruptedFile, e.Code);
        }

        for (int length = 8; length < stored.Length; length++)
        {
            Assert.Throws<EdgeException>(() => StorageFile.Open(new MemoryStream(stored, 0, length)));
        }
    }

    [Fact]
    public void TheHeadIsAsSpecified()
    {
        byte[] stored = Write(Image(300_000, 2, 0), new FilterHint(1000, 2000, 2, 1, 512));
        Assert.Equal("8e-45-44-47-45-0d-0a-1a", BitConverter.ToString(stored, 0, 8).ToLowerInvariant());
        Assert.Equal(1, BinaryPrimitives.ReadUInt16LittleEndian(stored.AsSpan(8)));
        Assert.Equal((1, 1), (stored[10], stored[11]));
        Assert.Equal(262_144u, BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(12)));
        Assert.Equal(300_000, BinaryPrimitives.ReadInt64LittleEndian(stored.AsSpan(16)));
        Assert.Equal(stored.Length, BinaryPrimitives.ReadInt64LittleEndian(stored.AsSpan(24)));
        Assert.Equal(1000, BinaryPrimitives.ReadInt64LittleEndian(stored.AsSpan(32)));
        Assert.Equal(2000, BinaryPrimitives.ReadInt64LittleEndian(stored.AsSpan(40)));
        Assert.Equal((2, 0), (stored[48], stored[49]));
        Assert.Equal(512u, BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(52)));
        Assert.Equal(2u, BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(56)));
        // The check value of CRC-32C.
        Assert.Equal(0xE3069283u, Crc32C.Of("123456789"u8));
    }

    internal static byte[] Write(byte[] plain, FilterHint? hint)
    {
        MemoryTarget target = new();
        long size = ContainerWriter.Write(new SequenceSource(new ReadOnlySequence<byte>(plain)), static (s, offset, memory, _) => s.Read(offset, memory.Span), plain.Length, hint, target);
        byte[] stored = target.ToArray();
        Assert.Equal(size, stored.Length);
        return stored;
    }

    /// <summary>Something like a CT slice: a smooth surface with a little noise, 16-bit little-endian.</summary>
    internal static byte[] Image(int size, uint seed, int noise)
    {
        byte[] bytes = new byte[size];
        Lcg random = new(seed);
        for (int i = 0; i + 1 < size; i += 2)
        {
            int x = (i / 2) % 512, y = i / 1024;
            int value = 1000 + (x / 3) + (y / 2) + (noise == 0 ? random.Next(4) : random.Next(3000));
            BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(i), (ushort)value);
        }

        return bytes;
    }

    private sealed class MemoryTarget : IRandomTarget
    {
        private readonly MemoryStream _stream = new();

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            _stream.Position = offset;
            _stream.Write(bytes);
        }

        public byte[] ToArray() => _stream.ToArray();
    }
}
