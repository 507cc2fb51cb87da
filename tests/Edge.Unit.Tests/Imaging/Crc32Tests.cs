using System.Text;
using Edge.Imaging.Output;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

public sealed class Crc32Tests
{
    [Theory]
    [InlineData("", 0u)]
    [InlineData("123456789", 0xcbf43926u)]
    [InlineData("IEND", 0xae426082u)]
    public void KnownValues(string text, uint expected)
    {
        Assert.Equal(expected, Crc32.Of(Encoding.ASCII.GetBytes(text)));
        Assert.Equal(expected, Crc32.OfByTable(Encoding.ASCII.GetBytes(text)));
    }

    [Fact]
    public void AllWaysAgreeAtEveryLength()
    {
        byte[] bytes = new byte[1000];
        uint seed = 1;
        for (int i = 0; i < bytes.Length; i++)
        {
            seed = (seed * 1664525) + 1013904223;
            bytes[i] = (byte)(seed >> 24);
        }

        for (int length = 0; length <= bytes.Length; length++)
        {
            uint expected = BitByBit(bytes.AsSpan(0, length));
            Assert.Equal(expected, Crc32.OfByTable(bytes.AsSpan(0, length)));
            Assert.Equal(expected, Crc32.Of(bytes.AsSpan(0, length)));
            Assert.Equal(expected, Crc32.Append(Crc32.Of(bytes.AsSpan(0, length / 3)), bytes.AsSpan(length / 3, length - (length / 3))));
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64)]
    [InlineData(997)]
    public void ChecksumsCombine(int split)
    {
        byte[] bytes = new byte[1000];
        new Random(7).NextBytes(bytes);
        Assert.Equal(Crc32.Of(bytes), Crc32.Combine(Crc32.Of(bytes.AsSpan(0, split)), Crc32.Of(bytes.AsSpan(split)), bytes.Length - split));
        Assert.Equal(Crc32.Of(bytes), Crc32.Combine(Crc32.Of(bytes), 0, 0));
    }

    private static uint BitByBit(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }
}
