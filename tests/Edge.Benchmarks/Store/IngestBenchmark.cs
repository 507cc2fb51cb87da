using System.Buffers;
using System.Diagnostics;
using Edge.Core.Ids;
using Edge.Store;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Benchmarks.Store;

/// <summary>Whole instances per second: file written and synced, rows committed, answer received.</summary>
internal static class IngestBenchmark
{
    public static async Task<int> Run(string[] args)
    {
        int size = int.Parse(args[0]), callers = int.Parse(args[1]), count = int.Parse(args[2]);
        string folder = Path.Combine(Environment.CurrentDirectory, $"bench-{Environment.ProcessId}");
        await using (EdgeStore store = EdgeStore.Open(new StoreOptions { StorageDirectory = folder }))
        {
            byte[] template = Pixels(size);
            await Load(store, template, callers, 50, 1_000_000);
            TimeSpan cpu = Process.GetCurrentProcess().TotalProcessorTime;
            long allocated = GC.GetTotalAllocatedBytes();
            Stopwatch watch = Stopwatch.StartNew();
            await Load(store, template, callers, count, 0);
            double seconds = watch.Elapsed.TotalSeconds;
            cpu = Process.GetCurrentProcess().TotalProcessorTime - cpu;
            Console.WriteLine($"{size} bytes, {callers} callers: {count / seconds:F0} instances/s, CPU {cpu.TotalMilliseconds / count:F2} ms, {(GC.GetTotalAllocatedBytes() - allocated) / count:N0} bytes allocated each");
        }

        Directory.Delete(folder, recursive: true);
        return 0;
    }

    public static InstanceRecord Record(int n, params AttachmentRecord[] files)
    {
        int series = n / 10, study = series, patient = study / 2;
        string p = $"PAT{patient:D6}", t = $"1.2.826.0.1.3680043.2.1125.{study}", s = $"{t}.1", i = $"{s}.{n}";
        return new InstanceRecord
        {
            Patient = new LevelRecord(ResourceId.ForPatient(p), [new(0x00100010, $"Name{patient % 997}^First{patient:D6}"), new(0x00100020, p), new(0x00100030, "19700101"), new(0x00100040, "F")], []),
            Study = new LevelRecord(ResourceId.ForStudy(p, t), [new(0x00080020, $"20{study % 25:D2}{1 + (study % 12):D2}{1 + (study % 28):D2}"), new(0x00080030, "120000"),
                new(0x00080050, $"ACC{study:D7}"), new(0x00080080, "Hospital"), new(0x00080090, "Dr^House"), new(0x00081030, $"CT Thorax {study % 40}"), new(0x0020000D, t), new(0x00200010, $"{study}")], []),
            Series = new LevelRecord(ResourceId.ForSeries(p, t, s), [new(0x00080060, "CT"), new(0x00080070, "Maker"), new(0x00081010, "STATION"), new(0x0008103E, "Lung 1.0"),
                new(0x00180015, "CHEST"), new(0x00181030, "Thorax routine"), new(0x0020000E, s), new(0x00200011, "1"), new(0x00200037, "1\\0\\0\\0\\1\\0")], [new(3, "SENDER")]),
            Instance = new LevelRecord(ResourceId.ForInstance(p, t, s, i), [new(0x00080012, "20240101"), new(0x00080013, "120000"), new(0x00080018, i), new(0x00200012, "1"),
                new(0x00200013, $"{n % 10}"), new(0x00200032, "-100\\-100\\50"), new(0x00200037, "1\\0\\0\\0\\1\\0")],
                [new(1, $"{n % 10}"), new(2, "20240101T120000"), new(3, "SENDER"), new(8, "DicomProtocol"), new(9, "1.2.840.10008.1.2.1"), new(10, "1.2.840.10008.5.1.4.1.1.2"),
                    new(11, "10.0.0.1"), new(12, "EDGE"), new(14, "1200"), new(15, "0008,0012;0008,0013;0008,0018;0020,0012;0020,0013;0020,0032;0020,0037")]),
            Attachments = files,
            Origin = new OriginRecord("dicom", "SENDER"),
            ReceivedAt = DateTimeOffset.UtcNow,
        };
    }

    private static async Task Load(EdgeStore store, byte[] template, int callers, int count, int first)
    {
        int next = -1;
        WriteOptions options = new() { Filter = new FilterHint(1200, template.Length - 1200, 2, 1, 512) };
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            byte[] bytes = template.ToArray();
            int n;
            while ((n = Interlocked.Increment(ref next)) < count)
            {
                BitConverter.TryWriteBytes(bytes, n);
                AttachmentRecord file = await store.Files.WriteAsync(new ReadOnlySequence<byte>(bytes), options);
                StoreOutcome outcome = await store.Index.StoreInstanceAsync(Record(first + n, file));
                if (outcome.Status != StoreStatus.Stored)
                {
                    throw new InvalidOperationException(outcome.Status.ToString());
                }
            }
        })));
    }

    private static byte[] Pixels(int size)
    {
        byte[] bytes = new byte[size];
        uint state = 1;
        for (int i = 1200; i + 1 < size; i += 2)
        {
            state = (state * 1664525) + 1013904223;
            int value = 1000 + (i % 1024 / 8) + (int)((state >> 20) % 40);
            (bytes[i], bytes[i + 1]) = ((byte)value, (byte)(value >> 8));
        }

        return bytes;
    }
}
