using System.Diagnostics;
using System.Globalization;
using Xunit;

[assembly: CollectionBehavior(MaxParallelThreads = 4)]

namespace Edge.Fuzz.Tests;

/// <summary>Runs a target again and again for EDGE_FUZZ_SECONDS (20; 300 with EDGE_SOAK=1); EDGE_FUZZ_SEED repeats a run. The seed is printed, and named in a failure.</summary>
internal static class FuzzRun
{
    public static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("EDGE_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out double seconds)
        ? seconds
        : Environment.GetEnvironmentVariable("EDGE_SOAK") == "1" ? 300 : 20;

    public static int Seed => int.TryParse(Environment.GetEnvironmentVariable("EDGE_FUZZ_SEED"), out int seed) ? seed : Environment.TickCount;

    public static async Task RunAsync(string target, Func<Random, Task> once)
    {
        int seed = Seed;
        Console.WriteLine($"{target}: seed {seed}, {Seconds} s");
        Random random = new(seed);
        var watch = Stopwatch.StartNew();
        long count = 0;
        while (watch.Elapsed.TotalSeconds < Seconds)
        {
            try
            {
                await once(random);
                count++;
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{target} failed in run {count} of EDGE_FUZZ_SEED={seed}: {failure.Message}", failure);
            }
        }

        Console.WriteLine($"{target}: {count} runs");
    }

    /// <summary>Changes, cuts, repeats and inserts bytes; lengths are likely places.</summary>
    public static byte[] Mutate(Random random, ReadOnlySpan<byte> original)
    {
        List<byte> bytes = [.. original];
        for (int change = random.Next(1, 6); change > 0 && bytes.Count > 0; change--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0xFF : (byte)0;
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 40), bytes.Count - at)));
                    break;
                default:
                    byte[] noise = new byte[random.Next(1, 16)];
                    random.NextBytes(noise);
                    bytes.InsertRange(at, noise);
                    break;
            }
        }

        return [.. bytes];
    }
}
