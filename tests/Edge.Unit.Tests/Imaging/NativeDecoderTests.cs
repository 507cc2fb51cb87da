using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Codecs.Native;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

public sealed class NativeDecoderTests
{
    [Theory]
    [InlineData("MONOCHROME2", 1, 1, 1, false, PixelFormat.Gray8)]
    [InlineData("MONOCHROME2 ", 1, 8, 8, false, PixelFormat.Gray8)]
    [InlineData("MONOCHROME1\0", 1, 8, 4, false, PixelFormat.Gray8)]
    [InlineData("MONOCHROME2", 1, 8, 8, true, PixelFormat.SignedGray16)]
    [InlineData("MONOCHROME2", 1, 16, 8, false, PixelFormat.Gray8)]
    [InlineData("MONOCHROME2", 1, 16, 9, false, PixelFormat.Gray16)]
    [InlineData("MONOCHROME2", 1, 16, 16, true, PixelFormat.SignedGray16)]
    [InlineData("MONOCHROME2", 1, 32, 32, false, PixelFormat.Gray32)]
    [InlineData("MONOCHROME2", 1, 32, 17, true, PixelFormat.SignedGray32)]
    [InlineData("RGB", 3, 8, 8, false, PixelFormat.Rgb24)]
    [InlineData("RGB", 3, 16, 12, false, PixelFormat.Rgb48)]
    [InlineData("RGB", 3, 8, 8, true, null)]
    [InlineData("RGB", 1, 8, 8, false, null)]
    [InlineData("RGB", 3, 32, 32, false, null)]
    [InlineData("YBR_FULL", 3, 8, 8, false, PixelFormat.Rgb24)]
    [InlineData("YBR_FULL", 3, 16, 12, false, PixelFormat.Rgb48)]
    [InlineData("YBR_FULL", 3, 8, 8, true, null)]
    [InlineData("YBR_FULL", 1, 8, 8, false, null)]
    [InlineData("YBR_PARTIAL_422", 3, 8, 8, false, null)]
    [InlineData("PALETTE COLOR", 1, 8, 8, false, null)]
    [InlineData("MONOCHROME2", 3, 8, 8, false, null)]
    public void TheFormFollowsFromTheDescription(string photometric, int samples, int allocated, int stored, bool isSigned, PixelFormat? expected)
    {
        ImageDescription image = new()
        {
            Rows = 1, Columns = 1, SamplesPerPixel = samples, BitsAllocated = allocated, BitsStored = stored, HighBit = stored - 1, IsSigned = isSigned, Photometric = photometric,
        };
        Assert.Equal(expected, NativeDecoder.FormatOf(image));
        if (expected is null)
        {
            Assert.Equal(ErrorCode.NotImplemented, Assert.Throws<ImageException>(() => NativeDecoder.Decode(image, new byte[16])).Code);
        }
    }

    [Theory]
    [InlineData(0, 4, 8, 8, 7, "Rows is 0")]
    [InlineData(65536, 4, 8, 8, 7, "Rows is 65536")]
    [InlineData(4, -1, 8, 8, 7, "Columns is -1")]
    [InlineData(4, 4, 12, 8, 7, "BitsAllocated is 12")]
    [InlineData(4, 4, 8, 9, 8, "BitsStored is 9")]
    [InlineData(4, 4, 8, 0, 7, "BitsStored is 0")]
    [InlineData(4, 4, 16, 12, 10, "HighBit is 10")]
    [InlineData(4, 4, 16, 12, 16, "HighBit is 16")]
    [InlineData(65535, 65535, 16, 16, 15, "is larger than")]
    [InlineData(65535, 65535, 1, 1, 0, "is larger than")]
    public void AFaultyDescriptionIsRefused(int rows, int columns, int allocated, int stored, int high, string message)
    {
        ImageDescription image = new() { Rows = rows, Columns = columns, BitsAllocated = allocated, BitsStored = stored, HighBit = high, Photometric = "MONOCHROME2" };
        ImageException thrown = Assert.Throws<ImageException>(() => NativeDecoder.Decode(image, new byte[64]));
        Assert.Contains(message, thrown.Detail);
        Assert.Equal(ErrorCode.BadFileFormat, thrown.Code);
    }

    // Black, white, red; then red as two pixels share it.
    [Fact]
    public void YcbcrBecomesRgb()
    {
        ImageDescription image = Grey(1, 3, 8, 8, 7) with { SamplesPerPixel = 3, Photometric = "YBR_FULL" };
        byte[] expected = [0, 0, 0, 255, 255, 255, 254, 0, 0];
        using PixelBuffer pixels = NativeDecoder.Decode(image, [0, 128, 128, 255, 128, 128, 76, 85, 255]);
        Assert.Equal(expected, pixels.Bytes.ToArray());
        using PixelBuffer planes = NativeDecoder.Decode(image with { IsPlanar = true }, [0, 255, 76, 128, 128, 85, 128, 128, 255]);
        Assert.Equal(expected, planes.Bytes.ToArray());
    }

    [Fact]
    public void TwoPixelsShareTheirColour()
    {
        ImageDescription image = Grey(1, 4, 8, 8, 7) with { SamplesPerPixel = 3, Photometric = "YBR_FULL_422", IsSubsampled = true };
        Assert.Equal(new FramePosition(8, 8, 0), (image with { NumberOfFrames = 2 }).Locate(1));
        using PixelBuffer pixels = NativeDecoder.Decode(image, [0, 255, 128, 128, 76, 0, 85, 255]);
        Assert.Equal([0, 0, 0, 255, 255, 255, 254, 0, 0, 178, 0, 0], pixels.Bytes.ToArray());
        Assert.Equal(ErrorCode.CorruptedFile, Assert.Throws<ImageException>(() => NativeDecoder.Decode(image, new byte[7])).Code);
        Assert.Equal(ErrorCode.NotImplemented, Assert.Throws<ImageException>(() => NativeDecoder.Decode(image with { Columns = 3 }, new byte[12])).Code);
    }

    [Theory]
    [InlineData(31)]
    [InlineData(0)]
    public void AFrameThatIsTooShortIsRefused(int length)
    {
        ImageException thrown = Assert.Throws<ImageException>(() => NativeDecoder.Decode(Grey(4, 4, 16, 16, 15), new byte[length]));
        Assert.Equal(ErrorCode.CorruptedFile, thrown.Code);
        Assert.Contains($"{length} of 32 bytes", thrown.Detail);
    }

    [Fact]
    public void EveryShiftMaskAndSignOf16BitsIsThatOfTheScalarRule()
    {
        // 19 columns: two vectors and a rest.
        for (int stored = 1; stored <= 16; stored++)
        {
            for (int high = stored - 1; high < 16; high++)
            {
                foreach (bool isSigned in new[] { false, true })
                {
                    ushort[] cells = Enumerable.Range(0, 19).Select(i => (ushort)((i * 0x9e37) + 0x1234)).ToArray();
                    int[] expected = Array.ConvertAll(cells, cell => Value(cell, stored, high, isSigned));
                    Assert.Equal(expected, Decode(Grey(1, 19, 16, stored, high) with { IsSigned = isSigned }, MemoryMarshal.AsBytes<ushort>(cells)));
                    ushort[] swapped = Array.ConvertAll(cells, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness);
                    Assert.Equal(expected, Decode(Grey(1, 19, 16, stored, high) with { IsSigned = isSigned, IsBigEndian = true }, MemoryMarshal.AsBytes<ushort>(swapped)));
                }
            }
        }
    }

    [Fact]
    public void EveryShiftMaskAndSignOf8BitsIsThatOfTheScalarRule()
    {
        byte[] cells = Enumerable.Range(0, 256).Select(static i => (byte)i).ToArray();
        for (int stored = 1; stored <= 8; stored++)
        {
            for (int high = stored - 1; high < 8; high++)
            {
                foreach (bool isSigned in new[] { false, true })
                {
                    int[] expected = Array.ConvertAll(cells, cell => Value(cell, stored, high, isSigned));
                    Assert.Equal(expected, Decode(Grey(1, 256, 8, stored, high) with { IsSigned = isSigned }, cells));
                }
            }
        }
    }

    [Fact]
    public void ThirtyTwoBitsAreDecoded()
    {
        uint[] cells = [0, 1, 0x8000_0000, 0xffff_ffff];
        Assert.Equal([0, 1, int.MinValue, -1], Decode(Grey(1, 4, 32, 32, 31) with { IsSigned = true }, MemoryMarshal.AsBytes<uint>(cells)));
        using PixelBuffer shifted = NativeDecoder.Decode(Grey(1, 4, 32, 24, 31), MemoryMarshal.AsBytes<uint>(cells));
        Assert.Equal([0u, 0u, 0x80_0000u, 0xff_ffffu], shifted.Samples<uint>().ToArray());
        using PixelBuffer foreign = NativeDecoder.Decode(Grey(1, 1, 32, 32, 31) with { IsBigEndian = true }, [1, 2, 3, 4]);
        Assert.Equal(0x01020304u, foreign.Samples<uint>()[0]);
    }

    [Fact]
    public void BitsOfFramesAreNotPaddedToBytes()
    {
        ImageDescription image = Grey(1, 3, 1, 1, 0) with { NumberOfFrames = 4 };
        byte[] data = [0b10_010_110, 0b0000_101_1]; // 110 from the right: 0 1 1, then 0 1 0, then 0 1 | 1, then 1 0 1
        int[][] expected = [[0, 255, 255], [0, 255, 0], [0, 255, 255], [255, 0, 255]];
        for (int frame = 0; frame < 4; frame++)
        {
            FramePosition position = image.Locate(frame);
            Assert.Equal(expected[frame], Decode(image, data.AsSpan((int)position.Offset, position.Length), position.FirstBit));
        }

        Assert.Equal(new FramePosition(0, 2, 6), image.Locate(2));
        Assert.Throws<ImageException>(() => image.Locate(4));
        Assert.Throws<ImageException>(() => image.Locate(-1));
    }

    [Fact]
    public void FramesAreFoundBeyondFourGigabytes()
    {
        ImageDescription image = Grey(2048, 2048, 16, 16, 15) with { NumberOfFrames = 1000 };
        Assert.Equal(new FramePosition(999L * 2048 * 2048 * 2, 2048 * 2048 * 2, 0), image.Locate(999));
    }

    [Theory]
    [InlineData(false, new[] { 0x101, 0x202, 0x303, 0x404, 0x505, 0x606 })]
    [InlineData(true, new[] { 0x101, 0x303, 0x505, 0x202, 0x404, 0x606 })]
    public void ColourOf16BitsIsInterleaved(bool isPlanar, int[] expected)
    {
        ushort[] cells = [0x101, 0x202, 0x303, 0x404, 0x505, 0x606];
        ImageDescription image = Grey(1, 2, 16, 16, 15) with { Photometric = "RGB", SamplesPerPixel = 3, IsPlanar = isPlanar };
        Assert.Equal(expected, Decode(image, MemoryMarshal.AsBytes<ushort>(cells)));
    }

    [Fact]
    public void BytesInWordsOfTheOtherOrderAreSwapped()
    {
        ImageDescription image = Grey(1, 4, 8, 8, 7) with { IsBigEndian = true, IsOtherWord = true };
        Assert.Equal([1, 2, 3, 4], Decode(image, [2, 1, 4, 3]));
        Assert.Equal([2, 1, 4, 3], Decode(image with { IsOtherWord = false }, [2, 1, 4, 3]));
        Assert.Equal([1, 2, 3], Decode(image with { Columns = 3 }, [2, 1, 0, 3]));
        Assert.Throws<ImageException>(() => NativeDecoder.Decode(image with { Columns = 3 }, [2, 1, 0]));
        Assert.Throws<ImageException>(() => NativeDecoder.Decode(image with { Columns = 3, NumberOfFrames = 2 }, [2, 1, 0, 3]));
    }

    [Theory]
    [InlineData(256, 0, 8, 1, true)]
    [InlineData(255, 0, 16, 1, true)]
    [InlineData(256, 1, 16, 1, true)]
    [InlineData(256, 0, 16, 2, true)]
    [InlineData(256, 0, 16, 1, false)]
    public void OtherPalettesAreNotDecodable(int count, int first, int bits, int frames, bool isComplete)
    {
        PaletteTable table = new((ushort)count, (ushort)first, (ushort)bits, new ushort[isComplete ? 256 : 255]);
        ImageDescription image = Grey(1, 1, 8, 8, 7) with { Photometric = "PALETTE COLOR", NumberOfFrames = frames, Palette = new ColourPalette(table, table, table) };
        Assert.Null(NativeDecoder.FormatOf(image));
    }

    private static int Value(int cell, int stored, int high, bool isSigned)
    {
        int value = (cell >> (high + 1 - stored)) & ((1 << stored) - 1);
        return isSigned && (value >> (stored - 1)) != 0 ? value - (1 << stored) : value;
    }

    private static ImageDescription Grey(int rows, int columns, int allocated, int stored, int high) =>
        new() { Rows = rows, Columns = columns, BitsAllocated = allocated, BitsStored = stored, HighBit = high, Photometric = "MONOCHROME2" };

    private static int[] Decode(ImageDescription image, ReadOnlySpan<byte> frame, int firstBit = 0)
    {
        using PixelBuffer pixels = NativeDecoder.Decode(image, frame, firstBit);
        return pixels.Format switch
        {
            PixelFormat.Gray8 or PixelFormat.Rgb24 => Array.ConvertAll(pixels.Bytes.ToArray(), static v => (int)v),
            PixelFormat.SignedGray16 => Array.ConvertAll(pixels.Samples<short>().ToArray(), static v => (int)v),
            PixelFormat.SignedGray32 => pixels.Samples<int>().ToArray(),
            _ => Array.ConvertAll(pixels.Samples<ushort>().ToArray(), static v => (int)v),
        };
    }
}
