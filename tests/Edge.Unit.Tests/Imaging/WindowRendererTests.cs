using Edge.Imaging;
using Edge.Imaging.Rendering;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

/// <summary>The values are those of a running Orthanc.</summary>
public sealed class WindowRendererTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(100, 6)]
    [InlineData(4095, 254)]
    public void TwelveBitsOfADefaultWindow(int value, int expected) => Assert.Equal(expected, Show(PixelFormat.Gray16, value, Rescale.None, new ValueWindow(2048, 4096)));

    [Theory]
    [InlineData(10, 9)]
    [InlineData(255, 254)]
    public void EightBitsOfADefaultWindow(int value, int expected) => Assert.Equal(expected, Show(PixelFormat.Gray8, value, Rescale.None, new ValueWindow(128, 256)));

    [Theory]
    [InlineData(PixelFormat.SignedGray16, -2000, 1, -1024, -3024, 100, 127)]
    [InlineData(PixelFormat.SignedGray16, -2000, 1, -1024, 0, 100, 0)]
    [InlineData(PixelFormat.Gray16, 500, 2, -1000, 0, 1, 127)]
    [InlineData(PixelFormat.Gray16, 501, 2, -1000, 0, 1, 255)]
    [InlineData(PixelFormat.Gray16, 30, -1, 100, 50, 100, 178)]
    [InlineData(PixelFormat.Gray32, 70000, 1, 0, 70000, 2, 127)]
    [InlineData(PixelFormat.SignedGray32, -70000, 1, 0, -70000, 2, 127)]
    public void ValuesAreRescaledBeforeTheWindow(PixelFormat format, int value, double slope, double intercept, double center, double width, int expected) =>
        Assert.Equal(expected, Show(format, value, new Rescale(slope, intercept), new ValueWindow(center, width)));

    [Fact]
    public void AWidthBelowOneIsOneAndNonsenseIsBlack()
    {
        Assert.Equal(255, Show(PixelFormat.Gray8, 10, Rescale.None, new ValueWindow(5, -3)));
        Assert.Equal(0, Show(PixelFormat.Gray8, 10, Rescale.None, new ValueWindow(double.NaN, 10)));
    }

    /// <summary>The vectors give what single values give, at every value and whatever is left over at the end.</summary>
    [Theory]
    [InlineData(PixelFormat.Gray16, false)]
    [InlineData(PixelFormat.SignedGray16, true)]
    public void EveryValueOfSixteenBits(PixelFormat format, bool isInverted)
    {
        using PixelBuffer frame = new(65537, 1, format);
        for (int i = 0; i < 65537; i++)
        {
            frame.Samples<ushort>()[i] = (ushort)i;
        }

        ValueWindow window = new(321.5, 1234.25);
        using PixelBuffer shown = WindowRenderer.Render(frame, new Rescale(0.5, -3), window, isInverted);
        float a = (float)(255.0 * 0.5 / window.Width), b = (float)(255.0 * (-3 - (window.Center - (window.Width / 2))) / window.Width);
        for (int i = 0; i < 65537; i++)
        {
            float value = ((format == PixelFormat.Gray16 ? (ushort)i : (short)i) * a) + b;
            int expected = (int)Math.Clamp(value, 0f, 255f);
            Assert.Equal(isInverted ? 255 - expected : expected, shown.Bytes[i]);
        }
    }

    [Fact]
    public void ColourIsShownAsItIs()
    {
        using PixelBuffer frame = new(1, 1, PixelFormat.Rgb48);
        (frame.Samples<ushort>()[0], frame.Samples<ushort>()[1], frame.Samples<ushort>()[2]) = (0x1234, 0xffff, 0x00ff);
        using PixelBuffer shown = WindowRenderer.Render(frame, new Rescale(2, 3), new ValueWindow(1, 1), isInverted: true);
        Assert.Equal([0x12, 0xff, 0x00], shown.Bytes.ToArray());
    }

    private static int Show(PixelFormat format, int value, Rescale rescale, ValueWindow window)
    {
        using PixelBuffer frame = new(1, 1, format);
        switch (format)
        {
            case PixelFormat.Gray8:
                frame.Bytes[0] = (byte)value;
                break;
            case PixelFormat.Gray16 or PixelFormat.SignedGray16:
                frame.Samples<ushort>()[0] = (ushort)value;
                break;
            default:
                frame.Samples<int>()[0] = value;
                break;
        }

        using PixelBuffer shown = WindowRenderer.Render(frame, rescale, window, isInverted: false);
        return shown.Bytes[0];
    }
}
