using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The last steps of a tile: the component transform (annex G), the level shift, and into the cells.</summary>
internal static class TileOutput
{
    public static void Write(Codestream stream, Tile tile, int[][] planes, PixelBuffer cells)
    {
        int size = tile.Components[0].Width * tile.Components[0].Height;
        bool isReversible = tile.Components[0].Style.IsReversible;
        if (tile.Style.HasTransform && planes.Length >= 3)
        {
            if (tile.Components[1].Style.IsReversible != isReversible || tile.Components[2].Style.IsReversible != isReversible)
            {
                throw Codestream.Faulty("transforms components that are coded in different ways");
            }

            if (isReversible)
            {
                UndoReversible(planes[0].AsSpan(0, size), planes[1].AsSpan(0, size), planes[2].AsSpan(0, size));
            }
            else
            {
                UndoIrreversible(AsFloat(planes[0], size), AsFloat(planes[1], size), AsFloat(planes[2], size));
            }
        }

        for (int i = 0; i < planes.Length; i++)
        {
            if (!tile.Components[i].Style.IsReversible)
            {
                Round(planes[i].AsSpan(0, size));
            }

            Store(stream, tile, planes[i].AsSpan(0, size), i, cells);
        }
    }

    private static Span<float> AsFloat(int[] plane, int size) => MemoryMarshal.Cast<int, float>(plane.AsSpan(0, size));

    private static void UndoReversible(Span<int> y, Span<int> u, Span<int> v)
    {
        for (int i = 0; i < y.Length; i++)
        {
            int green = y[i] - ((u[i] + v[i]) >> 2);
            (y[i], u[i], v[i]) = (v[i] + green, green, u[i] + green);
        }
    }

    private static void UndoIrreversible(Span<float> y, Span<float> cb, Span<float> cr)
    {
        for (int i = 0; i < y.Length; i++)
        {
            float luma = y[i], blue = cb[i], red = cr[i];
            (y[i], cb[i], cr[i]) = (luma + (1.402f * red), luma - (0.344136f * blue) - (0.714136f * red), luma + (1.772f * blue));
        }
    }

    private static void Round(Span<int> plane)
    {
        Span<float> numbers = MemoryMarshal.Cast<int, float>(plane);
        for (int i = 0; i < plane.Length; i++)
        {
            // Saturates: a faulty codestream may say anything.
            plane[i] = (int)MathF.Round(numbers[i]);
        }
    }

    private static void Store(Codestream stream, Tile tile, ReadOnlySpan<int> plane, int index, PixelBuffer cells)
    {
        int components = stream.Components, width = tile.X1 - tile.X0;
        int shift = stream.IsSigned ? 0 : 1 << (stream.Precision - 1);
        int least = stream.IsSigned ? -(1 << (stream.Precision - 1)) : 0, most = least + (1 << stream.Precision) - 1;
        bool isByte = cells.Format is PixelFormat.Gray8 or PixelFormat.Rgb24;
        for (int y = tile.Y0; y < tile.Y1; y++)
        {
            ReadOnlySpan<int> row = plane.Slice((y - tile.Y0) * width, width);
            int at = ((((y - stream.Y0) * cells.Width) + tile.X0 - stream.X0) * components) + index;
            if (isByte)
            {
                Span<byte> to = cells.Bytes[at..];
                for (int x = 0; x < row.Length; x++)
                {
                    to[x * components] = (byte)Shifted(row[x], shift, least, most);
                }
            }
            else
            {
                Span<ushort> to = cells.Samples<ushort>()[at..];
                for (int x = 0; x < row.Length; x++)
                {
                    to[x * components] = (ushort)Shifted(row[x], shift, least, most);
                }
            }
        }
    }

    private static int Shifted(int value, int shift, int least, int most) => (int)Math.Clamp((long)value + shift, least, most);
}
