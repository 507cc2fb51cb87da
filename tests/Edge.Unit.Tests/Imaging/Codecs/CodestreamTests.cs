using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Codecs;

/// <summary>Codestreams made by hand.</summary>
public sealed class CodestreamTests
{
    private static readonly ImageDescription Square = new() { Rows = 2, Columns = 2, BitsAllocated = 8, BitsStored = 8, HighBit = 7, Photometric = "MONOCHROME2" };

    /// <summary>Two rows of lossless JPEG, each a restart interval: category 0 is the code 0, category 1 the code 10.</summary>
    private static byte[] Lossless(byte marker = 0xd0, byte rows = 2) =>
    [
        0xff, 0xd8, 0xff, 0xc3, 0, 11, 8, 0, rows, 0, 2, 1, 1, 0x11, 0,
        0xff, 0xc4, 0, 21, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
        0xff, 0xdd, 0, 4, 0, 2,
        0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0,
        0b0101_1111, 0xff, marker, 0b1000_1111, 0xff, 0xd9,
    ];

    [Fact]
    public void RestartsBeginPredictionAnew()
    {
        using PixelBuffer pixels = FrameDecoder.Decode(CompressedSyntax.JpegLosslessFirstOrder, Square, Lossless());
        Assert.Equal([128, 129, 127, 127], pixels.Bytes.ToArray());
    }

    [Theory]
    [InlineData(0xd9)]
    [InlineData(0xc4)]
    public void AMissingRestartIsAnError(byte marker) =>
        Assert.Equal(ErrorCode.CorruptedFile, Fails(CompressedSyntax.JpegLosslessFirstOrder, Square, Lossless(marker)));

    [Fact]
    public void ACodestreamThatEndsIsAnError() =>
        Assert.Equal(ErrorCode.CorruptedFile, Fails(CompressedSyntax.JpegLosslessFirstOrder, Square, Lossless()[..^3]));

    [Fact]
    public void DimensionsAreTheDataSets() =>
        Assert.Equal(ErrorCode.IncompatibleImageSize, Fails(CompressedSyntax.JpegLosslessFirstOrder, Square, Lossless(rows: 3)));

    [Theory]
    [InlineData(CompressedSyntax.Rle)]
    [InlineData(CompressedSyntax.JpegLossless)]
    [InlineData(CompressedSyntax.JpegLsLossless)]
    public void AFewBytesCannotBeAHugeFrame(string syntax)
    {
        ImageDescription huge = Square with { Rows = 9000, Columns = 9000 };
        byte[] stream = syntax switch
        {
            CompressedSyntax.Rle => [1, 0, 0, 0, 64, .. new byte[59], 0x81, 0],
            CompressedSyntax.JpegLossless => [0xff, 0xd8, 0xff, 0xc3, 0, 11, 8, 0x23, 0x28, 0x23, 0x28, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 1, 0, 0, 0, 0],
            _ => [0xff, 0xd8, 0xff, 0xf7, 0, 11, 8, 0x23, 0x28, 0x23, 0x28, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 0, 0, 0, 0],
        };
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.CorruptedFile, Fails(syntax, huge, stream));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20, "memory was taken for it");
    }

    [Fact]
    public void RleJoinsTheBytesOfASample()
    {
        ImageDescription image = Square with { BitsAllocated = 16, BitsStored = 16, HighBit = 15 };
        byte[] header = new byte[64];
        (header[0], header[4], header[8]) = (2, 64, 68);
        // A run of four high bytes and an ignored byte; four low bytes as they are.
        using PixelBuffer pixels = FrameDecoder.Decode(CompressedSyntax.Rle, image, [.. header, 0xfd, 0x12, 0x80, 0x80, 3, 1, 2, 3, 4]);
        Assert.Equal([0x1201, 0x1202, 0x1203, 0x1204], pixels.Samples<ushort>().ToArray());
    }

    [Fact]
    public void SignsComeFromTheStoredBits()
    {
        ImageDescription image = Square with { BitsAllocated = 16, BitsStored = 12, HighBit = 11, IsSigned = true };
        System.Buffers.ArrayBufferWriter<byte> stream = new();
        FrameEncoder.Encode(new FrameEncoding { TransferSyntax = CompressedSyntax.JpegLsLossless }, image, [0xff, 0x0f, 0x00, 0x08, 0xff, 0x07, 1, 0], stream);
        using PixelBuffer pixels = FrameDecoder.Decode(CompressedSyntax.JpegLsLossless, image, stream.WrittenSpan);
        Assert.Equal([-1, -2048, 2047, 1], pixels.Samples<short>().ToArray());
    }

    private static ErrorCode Fails(string syntax, ImageDescription image, byte[] stream) =>
        Assert.Throws<ImageException>(() => FrameDecoder.Decode(syntax, image, stream)).Code;
}
