using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Native;

/// <summary>PALETTE COLOR, in the two forms Orthanc decodes: 8-bit pixels with 256 entries, 16-bit pixels with 65536, entries of 16 bits.</summary>
internal static class PaletteDecoder
{
    public static PixelFormat? FormatOf(ImageDescription image)
    {
        if (image.Palette is not { } palette || image.NumberOfFrames != 1 || image.IsPlanar || image.IsSigned)
        {
            return null;
        }

        int count = palette.Red.Count == 0 ? 65536 : palette.Red.Count;
        bool isUniform = IsFull(palette.Red, count) && IsFull(palette.Green, count) && IsFull(palette.Blue, count);
        return (isUniform, image.BitsAllocated, count) switch
        {
            (true, 8, 256) => PixelFormat.Rgb24,
            (true, 16, 65536) => PixelFormat.Rgb48,
            _ => null,
        };
    }

    public static void Decode(ImageDescription image, ReadOnlySpan<byte> frame, PixelBuffer pixels)
    {
        ReadOnlySpan<ushort> red = image.Palette!.Red.Entries.Span, green = image.Palette.Green.Entries.Span, blue = image.Palette.Blue.Entries.Span;
        int count = pixels.Width * pixels.Height;
        if (pixels.Format == PixelFormat.Rgb24)
        {
            Span<byte> to = pixels.Bytes;
            for (int i = 0; i < count; i++)
            {
                int index = frame[i];
                Span<byte> pixel = to.Slice(3 * i, 3);
                (pixel[0], pixel[1], pixel[2]) = ((byte)(red[index] >> 8), (byte)(green[index] >> 8), (byte)(blue[index] >> 8));
            }

            return;
        }

        Span<ushort> wide = pixels.Samples<ushort>();
        ReadOnlySpan<ushort> indices = MemoryMarshal.Cast<byte, ushort>(frame);
        bool isForeign = image.IsBigEndian == BitConverter.IsLittleEndian;
        for (int i = 0; i < count; i++)
        {
            int index = isForeign ? BinaryPrimitives.ReverseEndianness(indices[i]) : indices[i];
            Span<ushort> pixel = wide.Slice(3 * i, 3);
            (pixel[0], pixel[1], pixel[2]) = (red[index], green[index], blue[index]);
        }
    }

    private static bool IsFull(PaletteTable table, int count) =>
        table.First == 0 && table.Bits == 16 && (table.Count == 0 ? 65536 : table.Count) == count && table.Entries.Length >= count;
}
