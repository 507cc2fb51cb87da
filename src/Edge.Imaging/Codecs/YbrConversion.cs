using System.Runtime.CompilerServices;

namespace Edge.Imaging.Codecs;

/// <summary>Full-range YCbCr and RGB (PS3.3 C.7.6.3.1.2, ISO/IEC 10918-5 6.2), in fixed point of 16 bits.</summary>
public static class YbrConversion
{
    private const int Half = 1 << 15;

    /// <summary>In place, Rgb24 or Rgb48 cells.</summary>
    public static void ToRgb(PixelBuffer cells, int precision)
    {
        int center = 1 << (precision - 1), maximum = (1 << precision) - 1;
        if (cells.Format == PixelFormat.Rgb24)
        {
            Span<byte> samples = cells.Bytes;
            for (int i = 0; i + 2 < samples.Length; i += 3)
            {
                Span<byte> pixel = samples.Slice(i, 3);
                (int red, int green, int blue) = ToRgb8(pixel[0], pixel[1] - center, pixel[2] - center, maximum);
                (pixel[0], pixel[1], pixel[2]) = ((byte)red, (byte)green, (byte)blue);
            }

            return;
        }

        Span<ushort> wide = cells.Samples<ushort>();
        for (int i = 0; i + 2 < wide.Length; i += 3)
        {
            Span<ushort> pixel = wide.Slice(i, 3);
            (int red, int green, int blue) = ToRgb16(pixel[0], pixel[1] - center, pixel[2] - center, maximum);
            (pixel[0], pixel[1], pixel[2]) = ((ushort)red, (ushort)green, (ushort)blue);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static (int Red, int Green, int Blue) ToRgb8(int y, int cb, int cr, int maximum) => (
        Math.Clamp(y + (((91881 * cr) + Half) >> 16), 0, maximum),
        Math.Clamp(y + (((-22554 * cb) + (-46802 * cr) + Half) >> 16), 0, maximum),
        Math.Clamp(y + (((116130 * cb) + Half) >> 16), 0, maximum));

    // Products of 16-bit samples need more than 32 bits.
    private static (int Red, int Green, int Blue) ToRgb16(int y, long cb, long cr, int maximum) => (
        (int)Math.Clamp(y + (((91881 * cr) + Half) >> 16), 0, maximum),
        (int)Math.Clamp(y + (((-22554 * cb) + (-46802 * cr) + Half) >> 16), 0, maximum),
        (int)Math.Clamp(y + (((116130 * cb) + Half) >> 16), 0, maximum));
}
