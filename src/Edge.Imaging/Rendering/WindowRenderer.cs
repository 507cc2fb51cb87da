using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Rendering;

/// <summary>
/// Orthanc's <c>rendered</c>: grey values are rescaled, a window of them is spread over 0..255 by truncation (all in single precision), MONOCHROME1 is
/// inverted at the end; colour is shown as it is.
/// </summary>
public static class WindowRenderer
{
    /// <summary>Slopes smaller than this are taken for it, with Orthanc: a slope of zero would show nothing.</summary>
    private const double LeastSlope = 0.0001;

    /// <returns>Gray8 or Rgb24, to be disposed by the caller; never <paramref name="frame"/> itself.</returns>
    /// <param name="frame">The decoded frame.</param>
    /// <param name="rescale">What makes shown values of stored ones.</param>
    /// <param name="window">The range that is shown; a width below 1 is taken for 1.</param>
    /// <param name="isInverted">Whether it is MONOCHROME1.</param>
    public static PixelBuffer Render(PixelBuffer frame, Rescale rescale, ValueWindow window, bool isInverted)
    {
        if (frame.Format.IsColour())
        {
            return PreviewRenderer.Render(frame, isInverted: false);
        }

        double width = double.IsFinite(window.Width) ? Math.Max(1, window.Width) : 1;
        double slope = Math.Abs(rescale.Slope) <= LeastSlope || !double.IsFinite(rescale.Slope) ? LeastSlope : rescale.Slope;
        Mapping map = new((float)slope, (float)rescale.Intercept, (float)(window.Center - (width / 2.0)), (float)width);
        PixelBuffer shown = new(frame.Width, frame.Height, PixelFormat.Gray8);
        Span<byte> to = shown.Bytes;
        byte inversion = (byte)(isInverted ? 255 : 0);
        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                Map8(frame.Bytes, to, map, inversion);
                break;
            case PixelFormat.Gray16:
                Map16(frame.Samples<ushort>(), 0, to, map, inversion);
                break;
            case PixelFormat.SignedGray16:
                Map16(frame.Samples<ushort>(), 0x8000, to, map, inversion);
                break;
            case PixelFormat.Gray32:
                Map32(frame.Samples<uint>(), 0, to, map, inversion);
                break;
            default:
                Map32(frame.Samples<uint>(), 0x8000_0000, to, map, inversion);
                break;
        }

        return shown;
    }

    private static byte Shown(float value, Mapping map, byte inversion)
    {
        float shown = 255f * (((value * map.Slope) + map.Intercept) - map.Low) / map.Width;
        // Not Math.Clamp: what is no number is black.
        return (byte)((shown >= 255 ? 255 : shown > 0 ? (int)shown : 0) ^ inversion);
    }

    private static void Map8(ReadOnlySpan<byte> from, Span<byte> to, Mapping map, byte inversion)
    {
        Span<byte> table = stackalloc byte[256];
        for (int value = 0; value < table.Length; value++)
        {
            table[value] = Shown(value, map, inversion);
        }

        for (int i = 0; i < to.Length; i++)
        {
            to[i] = table[from[i]];
        }
    }

    // Signed samples come as the bits they are; the bias, 0x8000, makes them unsigned and is taken off again as a number.
    private static void Map16(ReadOnlySpan<ushort> from, ushort bias, Span<byte> to, Mapping map, byte inversion)
    {
        int i = 0;
        Vector128<ushort> biases = Vector128.Create(bias);
        Vector128<int> biasValues = Vector128.Create((int)bias);
        Vector128<byte> inversions = Vector128.Create(inversion);
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        for (; i <= to.Length - 16; i += 16)
        {
            Vector128<ushort> low = Map(Vector128.LoadUnsafe(ref source, (nuint)i) ^ biases, biasValues, map);
            Vector128<ushort> high = Map(Vector128.LoadUnsafe(ref source, (nuint)i + 8) ^ biases, biasValues, map);
            (Vector128.Narrow(low, high) ^ inversions).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < to.Length; i++)
        {
            to[i] = Shown((from[i] ^ bias) - bias, map, inversion);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Map(Vector128<ushort> samples, Vector128<int> bias, Mapping map)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(samples);
        return Vector128.Narrow(Map(low, bias, map), Map(high, bias, map));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Map(Vector128<uint> samples, Vector128<int> bias, Mapping map)
    {
        Vector128<float> rescaled = (Vector128.ConvertToSingle(samples.AsInt32() - bias) * Vector128.Create(map.Slope)) + Vector128.Create(map.Intercept);
        Vector128<float> shown = Vector128.Create(255f) * (rescaled - Vector128.Create(map.Low)) / Vector128.Create(map.Width);
        // What is no number gives way to the other operand of both: it is black.
        Vector128<float> cut = Vector128.MinNative(Vector128.MaxNative(shown, Vector128<float>.Zero), Vector128.Create(255f));
        return Vector128.ConvertToInt32Native(cut).AsUInt32();
    }

    private static void Map32(ReadOnlySpan<uint> from, uint bias, Span<byte> to, Mapping map, byte inversion)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = Shown((long)(from[i] ^ bias) - bias, map, inversion);
        }
    }

    /// <summary>The steps are not folded into one multiplication: their roundings decide what is cut off.</summary>
    private readonly record struct Mapping(float Slope, float Intercept, float Low, float Width);
}
