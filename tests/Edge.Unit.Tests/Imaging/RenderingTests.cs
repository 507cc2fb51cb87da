using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Rendering;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

public sealed class RenderingTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(100)]
    public void TheRangeIsFoundWhereverItsEndsAre(int count)
    {
        for (int at = 0; at < count; at++)
        {
            short[] values = new short[count];
            values[at] = -7;
            values[(at + (count / 2)) % count] = count == 1 ? (short)-7 : (short)9;
            Assert.Equal((-7, count == 1 ? -7 : 9), SampleRange.Of<short>(values));
            Assert.Equal(((ushort)values.Min(static v => (ushort)v), values.Max(static v => (ushort)v)), SampleRange.Of<ushort>(Array.ConvertAll(values, static v => (ushort)v)));
            Assert.Equal((values.Min(static v => (byte)v), values.Max(static v => (byte)v)), SampleRange.Of<byte>(Array.ConvertAll(values, static v => (byte)v)));
        }
    }

    [Theory]
    [InlineData(PixelFormat.Gray16)]
    [InlineData(PixelFormat.SignedGray16)]
    public void TheFullRangeIsStretchedEvenly(PixelFormat format)
    {
        using PixelBuffer frame = new(256, 256, format);
        for (int i = 0; i < 65536; i++)
        {
            frame.Samples<ushort>()[i] = (ushort)i;
        }

        using PixelBuffer preview = PreviewRenderer.Render(frame, false);
        for (int i = 0; i < 65536; i++)
        {
            int value = format == PixelFormat.Gray16 ? i : (short)i + 32768;
            Assert.Equal(((2 * 255 * value) + 65535) / (2 * 65535), preview.Bytes[i]);
        }
    }

    [Fact]
    public void EightBitsAreStretchedToo()
    {
        using PixelBuffer frame = new(3, 1, PixelFormat.Gray8);
        new byte[] { 10, 15, 20 }.CopyTo(frame.Bytes);
        using PixelBuffer preview = PreviewRenderer.Render(frame, false);
        Assert.Equal([0, 128, 255], preview.Bytes.ToArray());
        using PixelBuffer inverted = PreviewRenderer.Render(frame, true);
        Assert.Equal([255, 127, 0], inverted.Bytes.ToArray());
    }

    [Fact]
    public void ThirtyTwoBitsAreStretched()
    {
        using PixelBuffer frame = new(3, 1, PixelFormat.SignedGray32);
        new[] { int.MinValue, 0, int.MaxValue }.CopyTo(frame.Samples<int>());
        using PixelBuffer preview = PreviewRenderer.Render(frame, false);
        Assert.Equal([0, 128, 255], preview.Bytes.ToArray());
        using PixelBuffer same = new(2, 1, PixelFormat.Gray32);
        same.Samples<uint>().Fill(uint.MaxValue);
        using PixelBuffer black = PreviewRenderer.Render(same, false);
        Assert.Equal([0, 0], black.Bytes.ToArray());
    }

    [Fact]
    public void WideColourLosesItsLowByte()
    {
        using PixelBuffer frame = new(1, 1, PixelFormat.Rgb48);
        new ushort[] { 0x12ff, 0x3400, 0xffff }.CopyTo(frame.Samples<ushort>());
        using PixelBuffer preview = PreviewRenderer.Render(frame, true);
        Assert.Equal([0x12, 0x34, 0xff], preview.Bytes.ToArray());
    }

    [Theory]
    [InlineData(ClampRange.UInt8, new[] { 0, 0, 100, 255 })]
    [InlineData(ClampRange.UInt16, new[] { 0, 0, 100, 3000 })]
    [InlineData(ClampRange.Int16, new[] { 64536, 65535, 100, 3000 })]
    public void ValuesAreCutToTheRange(ClampRange range, int[] expected)
    {
        using PixelBuffer frame = new(4, 1, PixelFormat.SignedGray16);
        new short[] { -1000, -1, 100, 3000 }.CopyTo(frame.Samples<short>());
        using PixelBuffer clamped = ClampRenderer.Render(frame, range);
        Assert.Equal(expected, range == ClampRange.UInt8
            ? Array.ConvertAll(clamped.Bytes.ToArray(), static v => (int)v)
            : Array.ConvertAll(clamped.Samples<ushort>().ToArray(), static v => (int)v));
    }

    [Fact]
    public void ColourIsNotCut()
    {
        using PixelBuffer frame = new(1, 1, PixelFormat.Rgb24);
        Assert.Equal(ErrorCode.IncompatibleImageFormat, Assert.Throws<ImageException>(() => ClampRenderer.Render(frame, ClampRange.UInt8)).Code);
    }

    [Fact]
    public void ABufferThatWasGivenBackCannotBeUsed()
    {
        PixelBuffer frame = new(1, 1, PixelFormat.Gray8);
        frame.Dispose();
        frame.Dispose();
        Assert.Throws<ObjectDisposedException>(() => frame.Bytes.Length);
        Assert.Throws<ImageException>(() => new PixelBuffer(65535, 65535, PixelFormat.Gray8));
    }
}
