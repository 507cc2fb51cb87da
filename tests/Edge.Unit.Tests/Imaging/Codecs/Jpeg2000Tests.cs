using System.Buffers;
using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Jpeg2000;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Codecs;

/// <summary>The parts of the JPEG 2000 codec, each for itself.</summary>
public sealed class Jpeg2000Tests
{
    /// <summary>The test sequence of ISO/IEC 15444-1 J.1 and what it decodes to there (ISO/IEC 14492 H.2: one context, state 0).</summary>
    [Fact]
    public void TheArithmeticCoderKeepsToTheStandardsSequence()
    {
        byte[] plain =
        [
            0x00, 0x02, 0x00, 0x51, 0x00, 0x00, 0x00, 0xc0, 0x03, 0x52, 0x87, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa,
            0x82, 0xc0, 0x20, 0x00, 0xfc, 0xd7, 0x9e, 0xf6, 0xbf, 0x7f, 0xed, 0x90, 0x4f, 0x46, 0xa3, 0xbf,
        ];
        byte[] coded =
        [
            0x84, 0xc7, 0x3b, 0xfc, 0xe1, 0xa1, 0x43, 0x04, 0x02, 0x20, 0x00, 0x00, 0x41, 0x0d, 0xbb,
            0x86, 0xf4, 0x31, 0x7f, 0xff, 0x88, 0xff, 0x37, 0x47, 0x1a, 0xdb, 0x6a, 0xdf,
        ];
        MqOutput output = new();
        output.Begin();
        MqEncoder encoder = MqEncoder.Start();
        uint context = MqStates.Table[0];
        foreach (byte value in plain)
        {
            for (int bit = 7; bit >= 0; bit--)
            {
                encoder.Encode((uint)(value >> bit) & 1, ref context, output);
            }
        }

        output.End(encoder);
        Assert.Equal(coded, output.Bytes.ToArray());

        MqInput input = new();
        input.Begin([.. coded, 0xff, 0xff], 0);
        MqDecoder decoder = input.Start();
        context = MqStates.Table[0];
        foreach (byte value in plain)
        {
            uint read = 0;
            for (int bit = 0; bit < 8; bit++)
            {
                read = (read << 1) | decoder.Decode(ref context, input);
            }

            Assert.Equal(value, read);
        }
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(5, 3)]
    [InlineData(16, 16)]
    [InlineData(1, 9)]
    public void TagTreesTellWhatTheyWereTold(int width, int height)
    {
        Random random = new(width);
        TagNode[] nodes = new TagNode[TagTree.Count(width, height)];
        int[] values = new int[width * height];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = random.Next(8);
            nodes[i] = new TagNode { Value = values[i] };
        }

        TagTree.Raise(nodes, width, height);
        ArrayBufferWriter<byte> output = new();
        PacketBitWriter writer = new(output);
        for (int i = 0; i < values.Length; i++)
        {
            TagTree.Encode(nodes, width, height, i % width, i / width, values[i] + 1, ref writer);
        }

        writer.End();
        TagTree.Clear(nodes);
        PacketBits reader = new(output.WrittenSpan, 0);
        for (int i = 0; i < values.Length; i++)
        {
            int value = 0;
            while (!TagTree.Decode(nodes, width, height, i % width, i / width, value + 1, ref reader))
            {
                value++;
            }

            Assert.Equal(values[i], value);
        }

        reader.End();
        Assert.Equal(output.WrittenCount, reader.Position);
    }

    [Fact]
    public void PacketHeadersAreStuffedAfterFullBytes()
    {
        ArrayBufferWriter<byte> output = new();
        PacketBitWriter writer = new(output);
        writer.Write(0xffff, 16);
        writer.End();
        Assert.Equal([0xff, 0x7f, 0x80], output.WrittenSpan.ToArray());
        output.Clear();
        writer = new PacketBitWriter(output);
        writer.Write(0xff, 8);
        writer.End();
        Assert.Equal([0xff, 0x00], output.WrittenSpan.ToArray());
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(1, 2)]
    [InlineData(7, 5)]
    [InlineData(64, 33)]
    [InlineData(130, 67)]
    public void TheReversibleFilterLosesNothing(int width, int height)
    {
        int[] plane = new int[width * height], low = new int[plane.Length], right = new int[plane.Length], below = new int[plane.Length], both = new int[plane.Length];
        Random random = new(7);
        for (int i = 0; i < plane.Length; i++)
        {
            plane[i] = random.Next(-70000, 70000);
        }

        int[] spent = [.. plane], room = new int[2 * (width + 8)], result = new int[plane.Length];
        Wavelet<int, Reversible>.Split(width, height, spent, low, right, below, both, room);
        Wavelet<int, Reversible>.Compose(0, 0, width, height, low, right, below, both, result, room);
        Assert.Equal(plane, result);
    }

    [Fact]
    public void TheIrreversibleFilterKeepsAConstantInItsLowBand()
    {
        const int Width = 33, Height = 21;
        float[] plane = new float[Width * Height], low = new float[plane.Length], right = new float[plane.Length], below = new float[plane.Length], both = new float[plane.Length];
        Array.Fill(plane, 1000f);
        float[] room = new float[2 * (Width + 8)], result = new float[plane.Length];
        Wavelet<float, Irreversible>.Split(Width, Height, [.. plane], low, right, below, both, room);
        Assert.All(low[..(17 * 11)], static value => Assert.InRange(value, 999.9f, 1000.1f));
        Assert.All(both, static value => Assert.InRange(value, -0.1f, 0.1f));
        Wavelet<float, Irreversible>.Compose(0, 0, Width, Height, low, right, below, both, result, room);
        Assert.All(result, static value => Assert.InRange(value, 999.9f, 1000.1f));
    }

    [Theory]
    [InlineData(64, 64, 0)]
    [InlineData(64, 64, 1)]
    [InlineData(33, 7, 2)]
    [InlineData(1, 1, 0)]
    [InlineData(1024, 4, 2)]
    [InlineData(4, 1024, 1)]
    public void CodeBlocksComeBack(int width, int height, int band)
    {
        Random random = new(width + band);
        BlockEncoder encoder = new();
        Span<int> coefficients = encoder.Begin(width, height, band);
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width; x++)
            {
                coefficients[(((y / 4 * width) + x) * 4) + (y % 4)] = random.Next(5) == 0 ? random.Next(-9000, 9000) : random.Next(-3, 4);
            }
        }

        int[] expected = coefficients.ToArray();
        int planes = encoder.Encode();
        BlockDecoder decoder = new();
        decoder.Begin(width, height, band, isCausal: false);
        decoder.Decode([.. encoder.Bytes, 0xff, 0xff], 0, encoder.Bytes.Length, 0, (3 * planes) - 2, planes, BlockStyle.None);
        int[] actual = Array.ConvertAll(decoder.Coefficients.ToArray(), static value => value / 2);
        Assert.Equal(expected, actual);
    }

    /// <summary>What a few bytes may claim is bounded: neither memory nor time is spent on it.</summary>
    [Theory]
    [InlineData(30000, 30000)]
    [InlineData(60000, 1500)]
    public void ASmallCodestreamOfAHugeImageIsRefused(int columns, int rows)
    {
        ImageDescription small = Describe(8, 8), huge = Describe(columns, rows);
        ArrayBufferWriter<byte> output = new();
        FrameEncoder.Encode(new FrameEncoding { TransferSyntax = CompressedSyntax.Jpeg2000Lossless }, small, new byte[64], output);
        byte[] stream = output.WrittenSpan.ToArray();
        foreach (int at in new[] { 8, 24 })
        {
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(stream.AsSpan(at), columns);
            System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(stream.AsSpan(at + 4), rows);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        ImageException refused = Assert.Throws<ImageException>(() => FrameDecoder.Decode(CompressedSyntax.Jpeg2000Lossless, huge, stream));
        Assert.True(refused.Code is ErrorCode.CorruptedFile or ErrorCode.BadFileFormat, refused.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static ImageDescription Describe(int columns, int rows) => new() { Rows = rows, Columns = columns, BitsAllocated = 8, BitsStored = 8, HighBit = 7, Photometric = "MONOCHROME2" };
}
