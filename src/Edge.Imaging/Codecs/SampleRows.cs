using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Codecs;

/// <summary>Moves rows of 16-bit samples of one component to cells and back.</summary>
internal static class SampleRows
{
    /// <summary>Stores a row, each sample shifted left by <paramref name="shift"/>, as component <paramref name="index"/> of <paramref name="components"/>.</summary>
    public static void Store(ReadOnlySpan<ushort> row, int shift, PixelBuffer cells, int y, int index, int components)
    {
        int start = y * row.Length * components;
        if (cells.Format is PixelFormat.Gray8 or PixelFormat.Rgb24)
        {
            Span<byte> to = cells.Bytes.Slice(start, row.Length * components);
            if (components == 1 && shift == 0)
            {
                Narrow(row, to);
                return;
            }

            for (int x = 0, at = index; x < row.Length; x++, at += components)
            {
                to[at] = (byte)(row[x] << shift);
            }

            return;
        }

        Span<ushort> wide = cells.Samples<ushort>().Slice(start, row.Length * components);
        if (components == 1 && shift == 0)
        {
            row.CopyTo(wide);
            return;
        }

        for (int x = 0, at = index; x < row.Length; x++, at += components)
        {
            wide[at] = (ushort)(row[x] << shift);
        }
    }

    /// <summary>The low bytes.</summary>
    public static void Narrow(ReadOnlySpan<ushort> from, Span<byte> to)
    {
        from = from[..to.Length];
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        int i = 0;
        for (; i <= to.Length - Vector128<byte>.Count; i += Vector128<byte>.Count)
        {
            Vector128.Narrow(Vector128.LoadUnsafe(ref source, (nuint)i), Vector128.LoadUnsafe(ref source, (nuint)(i + 8))).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < to.Length; i++)
        {
            to[i] = (byte)from[i];
        }
    }

    /// <summary>Reads a row of a component out of native pixels (little endian, as the description lays them out), the stored bits only where <paramref name="mask"/> says.</summary>
    public static void Load(ImageDescription image, ReadOnlySpan<byte> frame, int y, int index, int mask, Span<ushort> row)
    {
        int components = image.SamplesPerPixel;
        (int at, int step) = image.IsPlanar
            ? ((index * image.Rows * image.Columns) + (y * image.Columns), 1)
            : ((y * image.Columns * components) + index, components);
        if (image.BitsAllocated == 8)
        {
            for (int x = 0; x < row.Length; x++, at += step)
            {
                row[x] = (ushort)(frame[at] & mask);
            }

            return;
        }

        ReadOnlySpan<ushort> words = MemoryMarshal.Cast<byte, ushort>(frame);
        if (step == 1)
        {
            words = words.Slice(at, row.Length);
            int done = row.Length & ~7;
            Vector128<ushort> masks = Vector128.Create((ushort)mask);
            for (int x = 0; x < done; x += 8)
            {
                (Vector128.Create(words.Slice(x, 8)) & masks).CopyTo(row[x..]);
            }

            at = 0;
            words = words[done..];
            row = row[done..];
        }

        for (int x = 0; x < row.Length; x++, at += step)
        {
            row[x] = (ushort)(words[at] & mask);
        }
    }
}
