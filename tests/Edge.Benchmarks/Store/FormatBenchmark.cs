using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics;
using System.IO.Compression;
using Edge.Store.Files;
using Edge.Store.Format;

namespace Edge.Benchmarks.Store;

/// <summary>Filter + LZ4 against zlib level 6, over files whose native 16-bit pixel data ends the file (explicit or implicit VR little endian).</summary>
internal static class FormatBenchmark
{
    public static int Run(string[] folders)
    {
        List<(byte[] Bytes, FilterHint Hint)> files = [];
        foreach (string folder in folders)
        {
            foreach (string path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories))
            {
                byte[] bytes = File.ReadAllBytes(path);
                if (Native16(bytes) is { } hint)
                {
                    files.Add((bytes, hint));
                }
            }
        }

        long plain = files.Sum(f => (long)f.Bytes.Length), stored = 0, zlib = 0;
        Sink sink = new();
        List<byte[]> containers = [];
        foreach ((byte[] bytes, FilterHint hint) in files)
        {
            sink.Clear();
            stored += Write(bytes, hint, sink);
            containers.Add(sink.ToArray());
            using MemoryStream deflated = new();
            using (ZLibStream z = new(deflated, new ZLibCompressionOptions { CompressionLevel = 6 }, leaveOpen: true))
            {
                z.Write(bytes);
            }

            zlib += deflated.Length;
        }

        Console.WriteLine($"{files.Count} files, {plain:N0} bytes: ours {(double)plain / stored:F3}, zlib 6 {(double)plain / zlib:F3}");
        Time("compress", plain, () =>
        {
            foreach ((byte[] bytes, FilterHint hint) in files)
            {
                sink.Clear();
                Write(bytes, hint, sink);
            }
        });
        byte[] target = new byte[files.Max(f => f.Bytes.Length)];
        Time("restore", plain, () =>
        {
            foreach (byte[] container in containers)
            {
                using StorageFile file = StorageFile.Open(new MemoryStream(container));
                file.Read(0, target);
            }
        });
        byte[] filtered = new byte[ContainerHeader.BlockSize];
        (byte[] largest, FilterHint h) = files.MaxBy(f => f.Bytes.Length);
        int length = Math.Min(filtered.Length, largest.Length);
        Time("filter alone", length, () => PixelFilter.Apply(largest.AsSpan(0, length), 0, h, filtered.AsSpan(0, length)));
        byte[] back = new byte[length];
        Time("unfilter alone", length, () => PixelFilter.Restore(filtered.AsSpan(0, length), 0, h, back));
        Time("crc32c", length, () => Crc32C.Of(largest.AsSpan(0, length)));
        return back.AsSpan().SequenceEqual(largest.AsSpan(0, length)) ? 0 : 1;
    }

    private static long Write(byte[] bytes, FilterHint hint, Sink sink) => ContainerWriter.Write(new SequenceSource(new ReadOnlySequence<byte>(bytes)),
        static (s, offset, memory, _) => s.Read(offset, memory.Span), bytes.Length, hint, sink);

    private static void Time(string what, long bytes, Action work)
    {
        work();
        double best = double.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            int repeats = 0;
            Stopwatch watch = Stopwatch.StartNew();
            while (watch.ElapsedMilliseconds < 200)
            {
                work();
                repeats++;
            }

            best = Math.Min(best, watch.Elapsed.TotalSeconds / repeats);
        }

        Console.WriteLine($"{what}: {bytes / best / 1e9:F2} GB/s");
    }

    private static FilterHint? Native16(byte[] bytes)
    {
        // (7FE0,0010) OW with an explicit length to the end of the file, BitsAllocated 16.
        int allocated = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0x28, 0x00, 0x00, 0x01, (byte)'U', (byte)'S', 2, 0, 16, 0]);
        int at = bytes.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[0xE0, 0x7F, 0x10, 0x00, (byte)'O', (byte)'W', 0, 0]);
        if (allocated < 0 || at < 0)
        {
            return null;
        }

        uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8));
        return length != uint.MaxValue && at + 12 + (long)length <= bytes.Length ? new FilterHint(at + 12, length, 2, 1, 0) : null;
    }

    private sealed class Sink : IRandomTarget
    {
        private readonly byte[] _bytes = new byte[64 << 20];
        private long _length;

        public void Clear() => _length = 0;

        public void Write(long offset, ReadOnlySpan<byte> bytes)
        {
            bytes.CopyTo(_bytes.AsSpan((int)offset));
            _length = Math.Max(_length, offset + bytes.Length);
        }

        public byte[] ToArray() => _bytes.AsSpan(0, (int)_length).ToArray();
    }
}
