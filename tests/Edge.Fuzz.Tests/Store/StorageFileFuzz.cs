using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Store.Files;
using Edge.Store.Format;
using Xunit;

namespace Edge.Fuzz.Tests.Store;

/// <summary>Damaged and hostile containers: a typed error or the right bytes, never anything else, in bounded memory.</summary>
public sealed class StorageFileFuzz
{
    private static readonly TimeSpan Time = TimeSpan.FromSeconds(FuzzRun.Seconds);

    [Fact]
    public void MutatedContainersGiveTypedErrors()
    {
        ulong state = 20261121;
        int Next(int below)
        {
            state = (state * 6364136223846793005UL) + 1442695040888963407UL;
            return (int)((state >> 33) % (uint)below);
        }

        Stopwatch watch = Stopwatch.StartNew();
        byte[] target = new byte[1 << 20];
        long allocatedBefore = GC.GetTotalAllocatedBytes();
        int cases = 0, refused = 0;
        while (watch.Elapsed < Time)
        {
            byte[] plain = new byte[Next(20) == 0 ? 300_000 : Next(5000)];
            for (int i = 0; i < plain.Length; i++)
            {
                plain[i] = (byte)((i >> 4) + Next(5));
            }

            int offset = Next(plain.Length + 1);
            FilterHint? hint = Next(3) == 0 ? null : new FilterHint(offset, plain.Length - offset, 1 << Next(3), 1 + Next(3), 0, Next(2) == 0);
            byte[] stored = Write(plain, hint);
            for (int m = Next(4); m >= 0; m--)
            {
                int at = Next(3) == 0 ? Next(Math.Min(stored.Length, 120)) : Next(stored.Length);
                stored[at] = Next(2) == 0 ? (byte)Next(256) : (byte)(stored[at] ^ (1 << Next(8)));
            }

            if (Next(3) == 0 && stored.Length > 1)
            {
                stored = stored[..Next(stored.Length)];
            }

            if (Next(2) == 0)
            {
                Seal(stored); // so that what lies behind the checksum is reached
            }

            cases++;
            try
            {
                using StorageFile file = StorageFile.Open(new MemoryStream(stored));
                int at = Next(6000);
                int read = file.Read(at, target.AsSpan(0, Next(target.Length)));
                Assert.InRange(read, 0, Math.Max(0, file.Length - at));
            }
            catch (EdgeException e) when (e.Code == ErrorCode.CorruptedFile)
            {
                refused++;
            }
        }

        Assert.True(refused > cases / 10, $"{refused} of {cases} refused");
        Assert.True((GC.GetTotalAllocatedBytes() - allocatedBefore) / cases < 4 << 20);
    }

    /// <summary>Makes header and blocks checksum again wherever that is possible.</summary>
    private static void Seal(byte[] stored)
    {
        if (stored.Length < ContainerHeader.Size)
        {
            return;
        }

        BinaryPrimitives.WriteInt64LittleEndian(stored.AsSpan(24), stored.Length);
        uint blocks = BinaryPrimitives.ReadUInt32LittleEndian(stored.AsSpan(56));
        long head = ContainerHeader.Size + (8L * blocks);
        if (head > stored.Length)
        {
            return;
        }

        long at = head;
        for (int i = 0; i < blocks; i++)
        {
            Span<byte> entry = stored.AsSpan(ContainerHeader.Size + (8 * i));
            long length = BinaryPrimitives.ReadUInt32LittleEndian(entry) & 0x7FFFFFFF;
            if (at + length > stored.Length)
            {
                break;
            }

            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], Crc32C.Of(stored.AsSpan((int)at, (int)length)));
            at += length;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(stored.AsSpan(60), ContainerHeader.Checksum(stored.AsSpan(0, (int)head)));
    }

    private static byte[] Write(byte[] plain, FilterHint? hint)
    {
        Target target = new();
        ContainerWriter.Write(new SequenceSource(new ReadOnlySequence<byte>(plain)), static (s, offset, memory, _) => s.Read(offset, memory.Span), plain.Length, hint, target);
        return target.Stream.ToArray();
    }

    private sealed class Target : IRandomTarget
    {
        public MemoryStream Stream { get; } = new();

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            Stream.Position = offset;
            Stream.Write(bytes);
        }
    }
}
