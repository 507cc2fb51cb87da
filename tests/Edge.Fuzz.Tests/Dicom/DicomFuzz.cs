using System.Diagnostics;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Xunit;

namespace Edge.Fuzz.Tests.Dicom;

/// <summary>
/// Mutated files through one part of the room: nothing but <see cref="DicomFormatException"/> escapes, time and memory stay in proportion.
/// </summary>
public abstract class DicomFuzz(ITestOutputHelper output)
{
    // A mutant may inflate; otherwise objects take up to some 20 times the bytes of the densest input.
    private const long MemoryPerInput = 64;
    private const long MemoryFloor = 8 << 20;

    private protected static readonly DicomReadOptions Limits = new() { MaximumLoadedLength = 4 << 20, MaximumElements = 100_000 };

    private protected void Run(string target, Action<byte[], Mutator> attack)
    {
        int seed = FuzzRun.Seed;
        output.WriteLine($"{target}: EDGE_FUZZ_SEED={seed}, {FuzzRun.Seconds} s, {Seeds.Files.Count} seeds");
        var mutator = new Mutator(seed);
        var watch = Stopwatch.StartNew();
        long rounds = 0, refused = 0;
        for (; watch.Elapsed.TotalSeconds < FuzzRun.Seconds; rounds++)
        {
            byte[] bytes = mutator.Mutate(Seeds.Files[mutator.Next(Seeds.Files.Count)], Seeds.Files);
            long before = GC.GetAllocatedBytesForCurrentThread();
            long started = watch.ElapsedMilliseconds;
            try
            {
                attack(bytes, mutator);
            }
            catch (DicomFormatException)
            {
                refused++;
            }
            catch (Exception error)
            {
                string path = Path.Combine(Path.GetTempPath(), $"edge-fuzz-{target}-{seed}.bin");
                File.WriteAllBytes(path, bytes);
                throw new InvalidOperationException($"{target}: seed {seed}, round {rounds}, input {path}: {error.Message}", error);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(allocated < MemoryFloor * 8 + bytes.Length * MemoryPerInput, $"{target}: seed {seed}, round {rounds}: {allocated} bytes allocated for {bytes.Length}");
            Assert.True(watch.ElapsedMilliseconds - started < 5000, $"{target}: seed {seed}, round {rounds}: took {watch.ElapsedMilliseconds - started} ms");
        }

        output.WriteLine($"{target}: {rounds} inputs, {refused} refused");
        Assert.True(rounds > 100, $"{rounds} rounds");
        Assert.True(refused < rounds, "everything was refused");
    }

    private protected sealed class Windowed(byte[] bytes) : IByteSource
    {
        private readonly MemoryByteSource _memory = new(bytes);

        public long Length => bytes.Length;

        public int Read(long offset, Span<byte> destination) => _memory.Read(offset, destination);
    }
}
