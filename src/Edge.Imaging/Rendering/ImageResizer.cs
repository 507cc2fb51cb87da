using System.Buffers;

namespace Edge.Imaging.Rendering;

/// <summary>Resizes pictures of 8-bit samples as Orthanc does: the nearest neighbour, after a Gaussian filter where that is asked for.</summary>
public static class ImageResizer
{
    /// <summary>The dimensions that fit into those asked for, aspect ratio kept.</summary>
    /// <param name="width">The width of the picture, in pixels.</param>
    /// <param name="height">Its height.</param>
    /// <param name="maximumWidth">0 for any.</param>
    /// <param name="maximumHeight">0 for any.</param>
    public static (int Width, int Height) Fit(int width, int height, int maximumWidth, int maximumHeight)
    {
        if (maximumWidth <= 0 && maximumHeight <= 0)
        {
            return (width, height);
        }

        double byWidth = maximumWidth > 0 ? (double)maximumWidth / width : double.PositiveInfinity;
        double byHeight = maximumHeight > 0 ? (double)maximumHeight / height : double.PositiveInfinity;
        double ratio = Math.Min(byWidth, byHeight);
        return (Scaled(width, ratio), Scaled(height, ratio));
    }

    /// <summary>Resizes by nearest neighbour.</summary>
    /// <param name="picture">Gray8 or Rgb24.</param>
    /// <param name="width">The new width, at least 1.</param>
    /// <param name="height">The new height, at least 1.</param>
    /// <returns>To be disposed by the caller; never <paramref name="picture"/> itself.</returns>
    public static PixelBuffer Resize(PixelBuffer picture, int width, int height)
    {
        PixelBuffer resized = new(width, height, picture.Format);
        int depth = picture.Format.BytesPerPixel();
        int[] columns = ArrayPool<int>.Shared.Rent(width);
        try
        {
            for (int x = 0; x < width; x++)
            {
                columns[x] = Sample(x, picture.Width, width) * depth;
            }

            int last = -1;
            for (int y = 0; y < height; y++)
            {
                Span<byte> to = resized.Bytes.Slice(y * resized.Stride, resized.Stride);
                int source = Sample(y, picture.Height, height);
                if (source == last)
                {
                    resized.Bytes.Slice((y - 1) * resized.Stride, resized.Stride).CopyTo(to);
                    continue;
                }

                last = source;
                ReadOnlySpan<byte> from = picture.Bytes.Slice(source * picture.Stride, picture.Stride);
                if (depth == 1)
                {
                    for (int x = 0; x < width; x++)
                    {
                        to[x] = from[columns[x]];
                    }
                }
                else
                {
                    for (int x = 0; x < width; x++)
                    {
                        from.Slice(columns[x], 3).CopyTo(to[(3 * x)..]);
                    }
                }
            }

            return resized;
        }
        finally
        {
            ArrayPool<int>.Shared.Return(columns);
        }
    }

    /// <summary>Smooths a picture in place with the binomial filter of 5 x 5 (1 4 6 4 1), the edges repeated.</summary>
    /// <param name="picture">Gray8 or Rgb24.</param>
    public static void Smooth(PixelBuffer picture)
    {
        int depth = picture.Format.BytesPerPixel(), stride = picture.Stride, height = picture.Height, width = picture.Width;
        ushort[] rented = ArrayPool<ushort>.Shared.Rent(stride * 5);
        try
        {
            // Rows filtered across wait in a ring until the two below them are there.
            for (int y = 0; y < 2 && y < height; y++)
            {
                Across(picture.Bytes.Slice(y * stride, stride), rented.AsSpan(y % 5 * stride, stride), width, depth);
            }

            for (int y = 0; y < height; y++)
            {
                if (y + 2 < height)
                {
                    Across(picture.Bytes.Slice((y + 2) * stride, stride), rented.AsSpan((y + 2) % 5 * stride, stride), width, depth);
                }

                ReadOnlySpan<ushort> a = Row(y - 2), b = Row(y - 1), c = Row(y), d = Row(y + 1), e = Row(y + 2);
                Span<byte> to = picture.Bytes.Slice(y * stride, stride);
                for (int i = 0; i < stride; i++)
                {
                    to[i] = (byte)((a[i] + (4 * b[i]) + (6 * c[i]) + (4 * d[i]) + e[i]) >> 8);
                }
            }
        }
        finally
        {
            ArrayPool<ushort>.Shared.Return(rented);
        }

        ReadOnlySpan<ushort> Row(int y) => rented.AsSpan(Math.Clamp(y, 0, height - 1) % 5 * stride, stride);
    }

    private static void Across(ReadOnlySpan<byte> row, Span<ushort> to, int width, int depth)
    {
        for (int x = 0; x < width; x++)
        {
            int a = Math.Max(0, x - 2) * depth, b = Math.Max(0, x - 1) * depth, c = x * depth;
            int d = Math.Min(width - 1, x + 1) * depth, e = Math.Min(width - 1, x + 2) * depth;
            for (int i = 0; i < depth; i++)
            {
                to[c + i] = (ushort)(row[a + i] + (4 * row[b + i]) + (6 * row[c + i]) + (4 * row[d + i]) + row[e + i]);
            }
        }
    }

    private static int Scaled(int length, double ratio) => (int)Math.Clamp(Math.Round(length * ratio, MidpointRounding.AwayFromZero), 1, int.MaxValue);

    // floor((x + 1/2) * from / to) in single precision, ratio first: the roundings are Orthanc's.
    private static int Sample(int x, int from, int to) => Math.Min(from - 1, (int)((x + 0.5f) * ((float)from / to)));
}
