using System.IO.Compression;
using Edge.Imaging.Output;
using Edge.Imaging.Output.Deflate;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Output;

/// <summary>Read back by zlib.</summary>
public sealed class RunDeflaterTests
{
    public static TheoryData<string, int> Inputs()
    {
        TheoryData<string, int> inputs = [];
        foreach (string kind in new[] { "zeros", "noise", "runs", "skewed", "ramp" })
        {
            foreach (int length in new[] { 1, 2, 3, 4, 63, 64, 65, 66, 67, 127, 129, 257, 258, 259, 260, 261, 517, 1000, 65535, 65536 })
            {
                inputs.Add(kind, length);
            }
        }

        return inputs;
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void EveryBlockIsReadAgain(string kind, int length)
    {
        byte[] bytes = Make(kind, length, 1);
        Assert.Equal(bytes, Inflate(Deflate(bytes)));
    }

    [Fact]
    public void BlocksFollowEachOther()
    {
        byte[][] blocks = [Make("noise", 1001, 2), Make("zeros", 65536, 3), Make("skewed", 7, 4), Make("runs", 30000, 5), Make("zeros", 1, 6)];
        Assert.Equal([.. blocks.SelectMany(static block => block)], Inflate(Deflate(blocks)));
    }

    /// <summary>Fibonacci's numbers make the longest codes, far beyond what is allowed.</summary>
    [Fact]
    public void CodesAreNotLongerThanAllowed()
    {
        List<byte> bytes = [];
        for ((int a, int b, byte value) = (1, 1, (byte)0); bytes.Count + a <= RunDeflater.BlockSize; (a, b, value) = (b, a + b, (byte)(value + 1)))
        {
            bytes.AddRange(Enumerable.Repeat(value, a));
        }

        new Random(3).Shuffle(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        Assert.Equal(bytes, Inflate(Deflate([.. bytes])));
    }

    /// <summary>No larger than zlib's strategy for runs makes it.</summary>
    [Theory]
    [InlineData("runs")]
    [InlineData("skewed")]
    [InlineData("zeros")]
    public void ItIsAsSmallAsZLibsRuns(string kind)
    {
        byte[] bytes = Make(kind, 60000, 8);
        MemoryStream other = new();
        using (ZLibStream zlib = new(other, new ZLibCompressionOptions { CompressionLevel = 6, CompressionStrategy = ZLibCompressionStrategy.RunLengthEncoding }, leaveOpen: true))
        {
            zlib.Write(bytes);
        }

        int length = Deflate(bytes).Length;
        Assert.True(length <= (other.Length * 101 / 100) + 20, $"{length} bytes, zlib {other.Length}");
    }

    [Fact]
    public void TheChecksumIsZLibs()
    {
        foreach (int length in new[] { 0, 1, 31, 32, 33, 5551, 5552, 5553, 40000 })
        {
            byte[] bytes = Make("noise", length, length);
            bytes.AsSpan(0, length / 2).Fill(0xff);
            uint a = 1, b = 0;
            foreach (byte value in bytes)
            {
                a = (a + value) % 65521;
                b = (b + a) % 65521;
            }

            Assert.Equal(b << 16 | a, Adler32.Append(Adler32.Start, bytes));
        }
    }

    private static byte[] Deflate(params byte[][] blocks)
    {
        using EncodedImage output = new(16);
        RunDeflater deflater = new();
        deflater.Begin();
        for (int i = 0; i < blocks.Length; i++)
        {
            deflater.Write(blocks[i], i == blocks.Length - 1, output);
        }

        return output.Span.ToArray();
    }

    private static byte[] Inflate(byte[] deflated)
    {
        using DeflateStream stream = new(new MemoryStream(deflated), CompressionMode.Decompress);
        MemoryStream plain = new();
        stream.CopyTo(plain);
        return plain.ToArray();
    }

    private static byte[] Make(string kind, int length, int seed)
    {
        Random random = new(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++)
        {
            bytes[i] = kind switch
            {
                "zeros" => 0,
                "noise" => (byte)random.Next(256),
                "runs" => i > 0 && random.Next(20) != 0 ? bytes[i - 1] : (byte)random.Next(256),
                "skewed" => (byte)(random.Next(256) & random.Next(256) & random.Next(256)),
                _ => (byte)(i / 7),
            };
        }

        return bytes;
    }
}
