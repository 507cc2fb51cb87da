using Edge.Imaging;
using Edge.Imaging.Rendering;
using Xunit;

namespace Edge.Unit.Tests.Imaging;

public sealed class ImageResizerTests
{
    [Theory]
    [InlineData(41, 41, 10, 0, 10, 10)]
    [InlineData(41, 41, 10, 5, 5, 5)]
    [InlineData(41, 41, 0, 128, 128, 128)]
    [InlineData(100, 50, 30, 30, 30, 15)]
    [InlineData(100, 3, 10, 0, 10, 1)]
    [InlineData(640, 480, 0, 0, 640, 480)]
    public void TheAspectRatioIsKept(int width, int height, int maximumWidth, int maximumHeight, int expectedWidth, int expectedHeight) =>
        Assert.Equal((expectedWidth, expectedHeight), ImageResizer.Fit(width, height, maximumWidth, maximumHeight));

    /// <summary>The sampled columns, as a running Orthanc samples them; an index in whole numbers would differ at 289.</summary>
    [Theory]
    [InlineData(4, 2, new[] { 1, 3 })]
    [InlineData(2, 4, new[] { 0, 0, 1, 1 })]
    [InlineData(5, 3, new[] { 0, 2, 4 })]
    public void TheNearestNeighbourIsTaken(int from, int to, int[] expected)
    {
        using PixelBuffer picture = Ramp(from, 2, PixelFormat.Gray8);
        using PixelBuffer resized = ImageResizer.Resize(picture, to, 3);
        Assert.Equal((to, 3), (resized.Width, resized.Height));
        for (int y = 0; y < 3; y++)
        {
            Assert.Equal(expected, Array.ConvertAll(resized.Bytes.Slice(y * to, to).ToArray(), static b => b / 2));
        }
    }

    [Fact]
    public void PixelsOfColourStayTogether()
    {
        using PixelBuffer picture = Ramp(7, 5, PixelFormat.Rgb24);
        using PixelBuffer resized = ImageResizer.Resize(picture, 3, 9);
        for (int i = 0; i < resized.Bytes.Length; i += 3)
        {
            ReadOnlySpan<byte> pixel = resized.Bytes.Slice(i, 3);
            Assert.True(picture.Bytes.ToArray().Chunk(3).Any(p => p.AsSpan().SequenceEqual(resized.Bytes.Slice(i, 3))), $"{pixel[0]} {pixel[1]} {pixel[2]}");
        }
    }

    [Theory]
    [InlineData(1, 1, PixelFormat.Gray8)]
    [InlineData(2, 7, PixelFormat.Gray8)]
    [InlineData(13, 3, PixelFormat.Rgb24)]
    [InlineData(20, 20, PixelFormat.Rgb24)]
    public void SmoothingIsTheBinomialFilter(int width, int height, PixelFormat format)
    {
        using PixelBuffer picture = Ramp(width, height, format);
        byte[] before = picture.Bytes.ToArray();
        ImageResizer.Smooth(picture);
        int depth = format == PixelFormat.Gray8 ? 1 : 3;
        int[] weights = [1, 4, 6, 4, 1];
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width * depth; x++)
            {
                int sum = 0;
                for (int i = -2; i <= 2; i++)
                {
                    for (int j = -2; j <= 2; j++)
                    {
                        int column = Math.Clamp((x / depth) + j, 0, width - 1), row = Math.Clamp(y + i, 0, height - 1);
                        sum += weights[i + 2] * weights[j + 2] * before[(((row * width) + column) * depth) + (x % depth)];
                    }
                }

                Assert.Equal(sum / 256, picture.Bytes[(y * width * depth) + x]);
            }
        }
    }

    // Gray: every row counts its columns in steps of two; colour: each pixel is its own.
    private static PixelBuffer Ramp(int width, int height, PixelFormat format)
    {
        PixelBuffer picture = new(width, height, format);
        Span<byte> bytes = picture.Bytes;
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = format == PixelFormat.Gray8 ? (byte)(i % width * 2) : (byte)(i * 37);
        }

        return picture;
    }
}
