using System.Diagnostics;
using System.Globalization;
using Edge.Imaging;
using Edge.TestKit;
using Xunit;

namespace Edge.Fuzz.Tests.Imaging;

/// <summary>Mutated input of every decoder, of each as much: an image or an <see cref="ImageException"/>, in bounded time, and memory does not grow.</summary>
public sealed class AllDecodersFuzzTests
{
    private const long SoakInputs = 10_000_000;
    private const long MostGrowth = 64 << 20;

    // Far above what a small image needs on a machine that does other things, too.
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(10);

    /// <summary>By time; in the soak ten million inputs, or EDGE_FUZZ_INPUTS.</summary>
    [Fact]
    public void MutatedImages()
    {
        long? wanted = long.TryParse(Environment.GetEnvironmentVariable("EDGE_FUZZ_INPUTS"), CultureInfo.InvariantCulture, out long inputs) ? inputs : Scale.IsSoak ? SoakInputs : null;
        int seed = FuzzRun.Seed;
        Random random = new(seed);
        List<DecoderSeed> seeds = DecoderSeeds.Make();
        foreach (DecoderSeed one in seeds.Where(static one => !one.Name.Contains(" as ", StringComparison.Ordinal)))
        {
            one.Decode(one.Bytes);
        }

        Console.WriteLine($"decoders: seed {seed}, {seeds.Count} images");
        long[] decoded = new long[seeds.Count], refused = new long[seeds.Count];
        long count = 0, start = Stopwatch.GetTimestamp(), warm = 0;
        double longest = 0;
        while (wanted is { } most ? count < most : Stopwatch.GetElapsedTime(start).TotalSeconds < FuzzRun.Seconds)
        {
            int at = (int)(count % seeds.Count);
            byte[] mutated = Mutate(random, seeds[at].Bytes);
            long began = Stopwatch.GetTimestamp();
            try
            {
                seeds[at].Decode(mutated);
                decoded[at]++;
            }
            catch (ImageException)
            {
                refused[at]++;
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"{seeds[at].Name} failed in run {count} of EDGE_FUZZ_SEED={seed}, input {Convert.ToHexString(mutated)}: {failure.Message}", failure);
            }

            TimeSpan taken = Stopwatch.GetElapsedTime(began);
            longest = Math.Max(longest, taken.TotalMilliseconds);
            Assert.True(taken < Slow, $"{seeds[at].Name} took {taken} in run {count} of EDGE_FUZZ_SEED={seed}, input {Convert.ToHexString(mutated)}");
            if (++count == 20_000)
            {
                warm = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        long grown = warm == 0 ? 0 : GC.GetTotalMemory(forceFullCollection: true) - warm;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"decoders: {count} inputs, {decoded.Sum()} decoded, {refused.Sum()} refused, longest {longest:F0} ms, memory grew by {grown / 1e6:F1} MB"));
        Assert.True(grown < MostGrowth, $"memory grew by {grown} bytes over {count} inputs of EDGE_FUZZ_SEED={seed}");
        for (int i = 0; i < seeds.Count && count > 100 * seeds.Count; i++)
        {
            Assert.True(decoded[i] > 0 || seeds[i].Name.Contains(" as ", StringComparison.Ordinal), $"no mutation of {seeds[i].Name} was decoded");
            Assert.True(refused[i] > 0 || seeds[i].Name.StartsWith("native", StringComparison.Ordinal), $"no mutation of {seeds[i].Name} was refused");
        }
    }

    // Bits and bytes of all of it, headers as often as what follows; cut off; some bytes inserted or taken out.
    private static byte[] Mutate(Random random, byte[] original)
    {
        byte[] bytes = [.. original];
        for (int i = random.Next(1, 6); i > 0; i--)
        {
            int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 120) : bytes.Length);
            bytes[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[at] ^ 1 << random.Next(8)),
                _ => (byte)(random.Next(2) == 0 ? 0xff : 0),
            };
        }

        return random.Next(8) switch
        {
            0 => bytes[..random.Next(bytes.Length)],
            1 => FuzzRun.Mutate(random, bytes),
            _ => bytes,
        };
    }
}
