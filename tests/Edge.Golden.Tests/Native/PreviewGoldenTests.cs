using System.Runtime.InteropServices;
using Edge.Imaging;
using Edge.Imaging.Codecs.Native;
using Edge.Imaging.Output;
using Edge.Imaging.Rendering;
using Xunit;

namespace Edge.Golden.Tests.Native;

/// <summary>Previews against values read from a running Orthanc 1.10.1.</summary>
public sealed class PreviewGoldenTests
{
    [Theory]
    [InlineData("MONOCHROME2", new[] { 0, 6, 62, 255 })]
    [InlineData("MONOCHROME1", new[] { 255, 249, 193, 0 })]
    public void GreyIsStretched(string photometric, int[] expected) =>
        Assert.Equal(expected, Preview(Grey16(1, 4, photometric), Bytes<ushort>(0, 100, 1000, 4095)).Values);

    [Theory]
    [InlineData("MONOCHROME2", 0)]
    [InlineData("MONOCHROME1", 255)]
    public void OneValueIsBlackBeforeTheInversion(string photometric, int expected) =>
        Assert.Equal([expected, expected], Preview(Grey8(1, 2, photometric), [7, 7]).Values);

    [Fact]
    public void StoredBitsAreTakenFromUnderTheHighBit()
    {
        ImageDescription image = Grey16(1, 4) with { BitsStored = 12, HighBit = 15 };
        Assert.Equal([0, 0, 18, 255], Preview(image, Bytes<ushort>(0, 0x10, 0x1234, 0xffff)).Values);
        image = Grey16(1, 4) with { BitsStored = 12, HighBit = 11, IsSigned = true };
        Assert.Equal([128, 128, 255, 0], Preview(image, Bytes<ushort>(0, 1, 0x7ff, 0xf800)).Values);
        image = Grey16(1, 4) with { BitsStored = 12, HighBit = 13, IsSigned = true };
        Assert.Equal([0, 0, 255, 0], Preview(image, Bytes<ushort>(0, 4, 0x1fff, 0xffff)).Values);
    }

    [Fact]
    public void SegmentationsAreBlackAndWhite()
    {
        ImageDescription image = new() { Rows = 1, Columns = 8, BitsAllocated = 1, BitsStored = 1, HighBit = 0, Photometric = "MONOCHROME2" };
        Assert.Equal([0, 255, 255, 0, 255, 0, 0, 255], Preview(image, [0b10010110]).Values);
        Assert.Equal([255, 0, 0, 255, 0, 255, 255, 0], Preview(image with { Photometric = "MONOCHROME1" }, [0b10010110]).Values);
    }

    [Fact]
    public void ColourIsShownAsItIs()
    {
        ImageDescription image = Grey8(1, 2, "RGB") with { SamplesPerPixel = 3 };
        Assert.Equal([1, 2, 3, 4, 5, 6], Preview(image, [1, 2, 3, 4, 5, 6]).Values);
        Assert.Equal([1, 3, 5, 2, 4, 6], Preview(image with { IsPlanar = true }, [1, 2, 3, 4, 5, 6]).Values);
    }

    [Fact]
    public void PalettesAreLookedUp()
    {
        ushort[] entries = Enumerable.Range(0, 256).Select(static i => (ushort)((i * 256) + i)).ToArray();
        PaletteTable Table(int add) => new(256, 0, 16, Array.ConvertAll(entries, e => (ushort)(e + add)));
        ImageDescription image = Grey8(1, 4, "PALETTE COLOR") with { Palette = new ColourPalette(Table(0), Table(256), Table(512)) };
        Assert.Equal([0, 1, 2, 1, 2, 3, 2, 3, 4, 255, 0, 1], Preview(image, [0, 1, 2, 255]).Values);

        PaletteTable Wide(int add) => new(0, 0, 16, Enumerable.Range(0, 65536).Select(i => (ushort)(i + add)).ToArray());
        image = Grey16(1, 4, "PALETTE COLOR") with { Palette = new ColourPalette(Wide(0), Wide(256), Wide(512)) };
        Assert.Equal([0, 1, 2, 0, 1, 2, 0, 1, 2, 255, 0, 1], Preview(image, Bytes<ushort>(0, 1, 2, 65535)).Values);
    }

    /// <summary>Where exact arithmetic and Orthanc's single precision part: these three values of the range -1000..30000 are halves that it rounds down.</summary>
    [Fact]
    public void RoundingIsOrthancsToTheLastPixel()
    {
        ImageDescription image = Grey16(1, 6) with { IsSigned = true };
        byte[] frame = Bytes<short>(-1000, 14500, 20700, 26900, 14501, 30000);
        Assert.Equal([0, 127, 178, 229, 128, 255], Preview(image, frame).Values);

        // The vectorised part must do the same as the rest of a row.
        image = image with { Columns = 96 };
        Assert.Equal(Enumerable.Repeat<int[]>([0, 127, 178, 229, 128, 255], 16).SelectMany(static v => v), Preview(image, Enumerable.Repeat(frame, 16).SelectMany(static b => b).ToArray()).Values);
    }

    private static PngReader Preview(ImageDescription image, byte[] bytes)
    {
        using PixelBuffer frame = NativeDecoder.Decode(image, bytes);
        using PixelBuffer preview = PreviewRenderer.Render(frame, image.IsInverted);
        using EncodedImage png = PngWriter.Encode(preview);
        PngReader read = PngReader.Read(png.Span);
        Assert.Equal((image.Columns, image.Rows, 8), (read.Width, read.Height, read.Depth));
        return read;
    }

    private static ImageDescription Grey8(int rows, int columns, string photometric = "MONOCHROME2") =>
        new() { Rows = rows, Columns = columns, BitsAllocated = 8, BitsStored = 8, HighBit = 7, Photometric = photometric };

    private static ImageDescription Grey16(int rows, int columns, string photometric = "MONOCHROME2") =>
        new() { Rows = rows, Columns = columns, BitsAllocated = 16, BitsStored = 16, HighBit = 15, Photometric = photometric };

    private static byte[] Bytes<T>(params T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes<T>(values).ToArray();
}
