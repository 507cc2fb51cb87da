using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>Codestreams of another encoder of high-throughput JPEG 2000: against the images they were made of, and against OpenJPEG.</summary>
public sealed class HighThroughputGoldenTests
{
    private const int SizeOfComponent = 42;

    public static TheoryData<string> Lossless => ["1x1x1-8-levels5", "61x37x1-8-levels5", "61x37x1-12-blocks16x64", "61x37x1-16-blocks4x4", "61x37x1-16-levels5", "3x200x1-12-blocks4x1024", "61x37x1-12-tiles", "45x31x3-8-colour"];

    [Theory]
    [MemberData(nameof(Lossless))]
    public void NothingIsLost(string name)
    {
        (ImageDescription image, byte[] codestream) = Read(name);
        AssertEqual(image, CodecSamples.Generate(image), codestream);
    }

    /// <summary>The same samples, half of their range lower: the codestream differs in the bit that says so.</summary>
    [Theory]
    [InlineData("61x37x1-12-blocks16x64")]
    [InlineData("61x37x1-16-blocks4x4")]
    [InlineData("61x37x1-16-levels5")]
    public async Task SamplesMayHaveASign(string name)
    {
        (ImageDescription image, byte[] codestream) = Read(name);
        image = image with { IsSigned = true };
        codestream[SizeOfComponent] |= 0x80;
        AssertEqual(image, CodecSamples.Generate(image), codestream);
        AssertEqual(image, await DecompressAsync(codestream), codestream);
    }

    [Theory]
    [InlineData("61x37x1-12-lossy")]
    [InlineData("45x31x3-8-lossy")]
    public async Task WhatLostSomethingIsDecodedAsByOpenJpeg(string name)
    {
        (ImageDescription image, byte[] codestream) = Read(name);
        using PixelBuffer expected = NativeDecoder.Decode(image, await DecompressAsync(codestream));
        using PixelBuffer actual = FrameDecoder.Decode(CompressedSyntax.HtJpeg2000, image, codestream);
        Assert.Equal(expected.Bytes.Length, actual.Bytes.Length);
        for (int i = 0; i < expected.Bytes.Length / (image.BitsAllocated / 8); i++)
        {
            int difference = image.BitsAllocated == 8 ? expected.Bytes[i] - actual.Bytes[i] : expected.Samples<ushort>()[i] - actual.Samples<ushort>()[i];
            Assert.InRange(difference, -1, 1);
        }
    }

    /// <summary>
    /// The one block of a codestream becomes the upper bit-planes of one with more of them, refined by bits at random: whatever they are, they mean
    /// the same to both decoders. Placeholders are a set of passes without bytes.
    /// </summary>
    [Theory]
    [InlineData(2, 0x40, 1)]
    [InlineData(3, 0x40, 1)]
    [InlineData(3, 0x40, 2)]
    [InlineData(3, 0x40, 3)]
    [InlineData(3, 0x48, 4)]
    [InlineData(2, 0x48, 5)]
    [InlineData(1, 0x40, 6)]
    public async Task PassesOfRefinement(int passes, int style, int seed)
    {
        (_, byte[] codestream) = Read("61x37x1-8-sparse");
        ImageDescription image = CodecSamples.Describe(61, 37, 9);
        byte[] refined = Refine(codestream, passes, style, seed);
        byte[] expected = await DecompressAsync(refined);
        AssertEqual(image, expected, refined);
        if (passes > 1)
        {
            using PixelBuffer without = FrameDecoder.Decode(CompressedSyntax.HtJpeg2000, image, Refine(codestream, 1, style, seed));
            using PixelBuffer with = FrameDecoder.Decode(CompressedSyntax.HtJpeg2000, image, refined);
            Assert.False(without.Bytes.SequenceEqual(with.Bytes), "the passes refine nothing");
        }
    }

    /// <summary>As above, and with placeholders, which OpenJPEG does not know: the same as without, a bit-plane of nothing higher.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void PlaceholdersComeFirst(int sets)
    {
        (_, byte[] codestream) = Read("61x37x1-8-sparse");
        ImageDescription image = CodecSamples.Describe(61, 37, 9);
        using PixelBuffer expected = FrameDecoder.Decode(CompressedSyntax.HtJpeg2000, image, Refine(codestream, 3, 0x40, 9));
        using PixelBuffer actual = FrameDecoder.Decode(CompressedSyntax.HtJpeg2000, image, Refine(codestream, 3, 0x40, 9, sets));
        Assert.True(expected.Bytes.SequenceEqual(actual.Bytes));
    }

    // 9 bits of precision, one bit-plane more, and a packet header of this block alone.
    private static byte[] Refine(byte[] codestream, int passes, int style, int seed, int placeholders = 0)
    {
        byte[] bytes = [.. codestream];
        bytes[SizeOfComponent]++;
        bytes[bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0x52]) + 12] = (byte)style;
        bytes[bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0x5c]) + 5] += 1 << 3;
        int start = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0x93]) + 2, part = bytes.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xff, 0x90]);
        byte[] cleanup = bytes[(start + 4)..^2], refinement = new byte[300];
        Random random = new(seed);
        random.NextBytes(refinement);
        for (int i = 0; i < refinement.Length; i++)
        {
            // Bits stuffed for readers from both sides; more ones than by chance.
            refinement[i] = (byte)(i > 0 && (refinement[i - 1] == 0xff || refinement[i] == 0xff) ? refinement[i] & 0x7f : seed == 2 ? refinement[i] | 0x55 : refinement[i]);
        }

        List<int> bits = [1, 1];
        bits.AddRange(Enumerable.Repeat(0, 6 - placeholders));
        bits.Add(1);
        int all = passes + (3 * placeholders);
        bits.AddRange(all switch { 1 => [0], 2 => [1, 0], < 6 => [1, 1, (all - 3) >> 1, (all - 3) & 1], _ => [1, 1, 1, 1, .. Enumerable.Range(0, 5).Select(i => (all - 6) >> (4 - i) & 1)] });
        // 13 bits, and what the number of passes adds.
        bits.AddRange([.. Enumerable.Repeat(1, 10), 0]);
        Add(cleanup.Length, 13 + int.Log2((3 * placeholders) + 1));
        if (passes > 1)
        {
            Add(refinement.Length, 13 + int.Log2(passes - 1));
        }

        List<byte> header = [];
        for (int at = 0; at < bits.Count;)
        {
            int value = 0, count = header.Count > 0 && header[^1] == 0xff ? 7 : 8;
            for (int i = 0; i < count; i++, at++)
            {
                value = (2 * value) + (at < bits.Count ? bits[at] : 0);
            }

            header.Add((byte)value);
        }

        byte[] result = [.. bytes[..start], .. header, .. cleanup, .. passes > 1 ? refinement : [], 0xff, 0xd9];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(result.AsSpan(part + 6), result.Length - 2 - part);
        return result;

        void Add(int value, int width)
        {
            for (int i = width - 1; i >= 0; i--)
            {
                bits.Add(value >> i & 1);
            }
        }
    }

    private static void AssertEqual(ImageDescription image, byte[] frame, byte[] codestream)
    {
        foreach (string syntax in new[] { CompressedSyntax.HtJpeg2000Lossless, CompressedSyntax.HtJpeg2000LosslessRpcl, CompressedSyntax.HtJpeg2000 })
        {
            using PixelBuffer expected = NativeDecoder.Decode(image, frame);
            using PixelBuffer actual = FrameDecoder.Decode(syntax, image, codestream);
            Assert.Equal(expected.Format, actual.Format);
            Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), $"first difference at byte {expected.Bytes.CommonPrefixLength(actual.Bytes)}");
        }
    }

    private static (ImageDescription Image, byte[] Codestream) Read(string name)
    {
        int[] numbers = [.. name.Split('x', '-').Take(4).Select(int.Parse)];
        return (CodecSamples.Describe(numbers[0], numbers[1], numbers[3], samples: numbers[2]), File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests/Edge.Golden.Tests/Codecs/HighThroughput", name + ".j2c")));
    }

    // Little endian; components one after the other become pixels.
    private static async Task<byte[]> DecompressAsync(byte[] codestream)
    {
        using TemporaryFolder folder = new("edge-ht-");
        string coded = Path.Combine(folder.Path, "in.j2k"), raw = Path.Combine(folder.Path, "out.rawl");
        await File.WriteAllBytesAsync(coded, codestream);
        ToolResult result = await Tool.RunAsync("opj_decompress", ["-i", coded, "-o", raw]);
        Assert.True(File.Exists(raw), result.Output + result.Error);
        byte[] planes = await File.ReadAllBytesAsync(raw);
        if (codestream[41] == 1)
        {
            return planes;
        }

        int size = planes.Length / 3;
        return [.. Enumerable.Range(0, planes.Length).Select(i => planes[(i % 3 * size) + (i / 3)])];
    }
}
