using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Rendering;

/// <summary>
/// Orthanc's preview: grey is stretched from its least to its greatest stored value to 0..255 (no rescale, no window), a frame of one
/// value becomes black, MONOCHROME1 is inverted, colour of 16 bits loses its low byte.
/// </summary>
public static class PreviewRenderer
{
    /// <returns>Gray8 or Rgb24, to be disposed by the caller; never <paramref name="frame"/> itself.</returns>
    /// <param name="frame">The decoded frame.</param>
    /// <param name="isInverted">Whether it is MONOCHROME1.</param>
    public static PixelBuffer Render(PixelBuffer frame, bool isInverted)
    {
        PixelBuffer preview = new(frame.Width, frame.Height, frame.Format.IsColour() ? PixelFormat.Rgb24 : PixelFormat.Gray8);
        Span<byte> to = preview.Bytes;
        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                Stretch8(frame.Bytes, to, isInverted);
                break;
            case PixelFormat.Gray16:
            {
                (ushort least, ushort greatest) = SampleRange.Of<ushort>(frame.Samples<ushort>());
                Stretch16(frame.Samples<ushort>(), 0, least, greatest, to, isInverted);
                break;
            }

            case PixelFormat.SignedGray16:
            {
                (short least, short greatest) = SampleRange.Of<short>(frame.Samples<short>());
                Stretch16(frame.Samples<ushort>(), 0x8000, least, greatest, to, isInverted);
                break;
            }

            case PixelFormat.Gray32:
            {
                (uint least, uint greatest) = SampleRange.Of<uint>(frame.Samples<uint>());
                Stretch32(frame.Samples<uint>(), 0, least, greatest, to, isInverted);
                break;
            }

            case PixelFormat.SignedGray32:
            {
                (int least, int greatest) = SampleRange.Of<int>(frame.Samples<int>());
                Stretch32(frame.Samples<uint>(), 0x8000_0000, least, greatest, to, isInverted);
                break;
            }

            case PixelFormat.Rgb24:
                frame.Bytes.CopyTo(to);
                break;
            default:
                DropLowBytes(frame.Samples<ushort>(), to);
                break;
        }

        return preview;
    }

    private static void Stretch8(ReadOnlySpan<byte> from, Span<byte> to, bool isInverted)
    {
        (byte least, byte greatest) = SampleRange.Of(from);
        byte inversion = (byte)(isInverted ? 255 : 0);
        if (least == greatest)
        {
            to.Fill(inversion);
            return;
        }

        Span<byte> table = stackalloc byte[256];
        for (int value = least; value <= greatest; value++)
        {
            table[value] = (byte)(Scaled(value, least, greatest) ^ inversion);
        }

        for (int i = 0; i < to.Length; i++)
        {
            to[i] = table[from[i]];
        }
    }

    // In single precision, and in this order: Orthanc's results agree to the last pixel (product, sum, half, cut), which exact arithmetic does not.
    private static int Scaled(int value, int least, int greatest)
    {
        float scale = 255f / (greatest - least);
        float offset = -least * scale;
        return (int)((value * scale) + offset + 0.5f);
    }

    // Signed samples come as the bits they are; the bias, 0x8000, makes them unsigned and is taken off again as a number.
    private static void Stretch16(ReadOnlySpan<ushort> from, ushort bias, int least, int greatest, Span<byte> to, bool isInverted)
    {
        byte inversion = (byte)(isInverted ? 255 : 0);
        if (least == greatest)
        {
            to.Fill(inversion);
            return;
        }

        int i = 0;
        float scale = 255f / (greatest - least);
        Vector128<float> scales = Vector128.Create(scale);
        Vector128<float> offsets = Vector128.Create(-least * scale);
        Vector128<ushort> biases = Vector128.Create(bias);
        Vector128<int> biasValues = Vector128.Create((int)bias);
        Vector128<byte> inversions = Vector128.Create(inversion);
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref byte target = ref MemoryMarshal.GetReference(to);
        for (; i <= to.Length - 16; i += 16)
        {
            Vector128<ushort> low = Narrow(Vector128.LoadUnsafe(ref source, (nuint)i) ^ biases, biasValues, scales, offsets);
            Vector128<ushort> high = Narrow(Vector128.LoadUnsafe(ref source, (nuint)i + 8) ^ biases, biasValues, scales, offsets);
            (Vector128.Narrow(low, high) ^ inversions).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < to.Length; i++)
        {
            to[i] = (byte)(Scaled((from[i] ^ bias) - bias, least, greatest) ^ inversion);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<ushort> Narrow(Vector128<ushort> samples, Vector128<int> bias, Vector128<float> scales, Vector128<float> offsets)
    {
        (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(samples);
        return Vector128.Narrow(Scaled(low, bias, scales, offsets), Scaled(high, bias, scales, offsets));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Scaled(Vector128<uint> samples, Vector128<int> bias, Vector128<float> scales, Vector128<float> offsets)
    {
        Vector128<float> values = Vector128.ConvertToSingle(samples.AsInt32() - bias);
        // Between 0 and 255.5: no need of what makes the conversion saturate.
        return Vector128.ConvertToInt32Native((values * scales) + offsets + Vector128.Create(0.5f)).AsUInt32();
    }

    private static void Stretch32(ReadOnlySpan<uint> from, uint bias, long least, long greatest, Span<byte> to, bool isInverted)
    {
        byte inversion = (byte)(isInverted ? 255 : 0);
        double scale = least == greatest ? 0 : 255.0 / (greatest - least);
        for (int i = 0; i < to.Length; i++)
        {
            long value = (long)(from[i] ^ bias) - bias;
            to[i] = (byte)((int)(((value - least) * scale) + 0.5) ^ inversion);
        }
    }

    private static void DropLowBytes(ReadOnlySpan<ushort> from, Span<byte> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = (byte)(from[i] >> 8);
        }
    }
}
