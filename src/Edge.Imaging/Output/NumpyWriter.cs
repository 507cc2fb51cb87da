using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;
using Edge.Imaging.Rendering;

namespace Edge.Imaging.Output;

/// <summary>Writes arrays of numpy (NPY 1.0): the header, and the samples of frames, little endian.</summary>
public static class NumpyWriter
{
    /// <summary>The bytes of every header.</summary>
    public const int HeaderLength = 128;

    private const int Prefix = 10;

    /// <summary>The header of an array of frames.</summary>
    /// <param name="depth">The number of frames; null for a frame alone, whose array has no such axis.</param>
    /// <param name="height">Rows.</param>
    /// <param name="width">Columns.</param>
    /// <param name="format">Of the decoded frames.</param>
    /// <param name="isRescaled">Whether grey is given as single precision numbers.</param>
    public static byte[] Header(long? depth, int height, int width, PixelFormat format, bool isRescaled)
    {
        string leading = depth is { } frames ? $"{frames.ToString(CultureInfo.InvariantCulture)}, " : "";
        string text = string.Create(
            CultureInfo.InvariantCulture,
            $"{{'descr': '{TypeOf(format, isRescaled)}', 'fortran_order': False, 'shape': ({leading}{height},{width},{(format.IsColour() ? 3 : 1)}), }}");
        byte[] header = new byte[HeaderLength];
        header.AsSpan().Fill((byte)' ');
        ReadOnlySpan<byte> start = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, HeaderLength - Prefix, 0];
        start.CopyTo(header);
        Encoding.ASCII.GetBytes(text, header.AsSpan(Prefix));
        header[^1] = (byte)'\n';
        return header;
    }

    /// <summary>The bytes of a frame in an array.</summary>
    public static int FrameLength(int height, int width, PixelFormat format, bool isRescaled) =>
        checked(height * width * (IsSingle(format, isRescaled) ? sizeof(float) : format.BytesPerPixel()));

    /// <summary>The samples of a frame.</summary>
    /// <param name="frame">The decoded frame.</param>
    /// <param name="rescale">What makes values of stored ones; null for stored ones. Colour is never rescaled.</param>
    /// <param name="to">As long as <see cref="FrameLength"/> says.</param>
    public static void Write(PixelBuffer frame, Rescale? rescale, Span<byte> to)
    {
        if (rescale is not { } scale || frame.Format.IsColour())
        {
            frame.Bytes.CopyTo(to);
            return;
        }

        Span<float> values = MemoryMarshal.Cast<byte, float>(to);
        float slope = (float)scale.Slope, intercept = (float)scale.Intercept;
        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                Scale<byte>(frame.Bytes, values, slope, intercept);
                break;
            case PixelFormat.Gray16:
                Scale<ushort>(frame.Samples<ushort>(), values, slope, intercept);
                break;
            case PixelFormat.SignedGray16:
                Scale<short>(frame.Samples<short>(), values, slope, intercept);
                break;
            case PixelFormat.Gray32:
                Scale<uint>(frame.Samples<uint>(), values, slope, intercept);
                break;
            default:
                Scale<int>(frame.Samples<int>(), values, slope, intercept);
                break;
        }
    }

    private static bool IsSingle(PixelFormat format, bool isRescaled) => isRescaled && !format.IsColour();

    private static string TypeOf(PixelFormat format, bool isRescaled) => IsSingle(format, isRescaled) ? "<f4" : format switch
    {
        PixelFormat.Gray8 or PixelFormat.Rgb24 => "<u1",
        PixelFormat.Gray16 or PixelFormat.Rgb48 => "<u2",
        PixelFormat.SignedGray16 => "<i2",
        PixelFormat.Gray32 => "<u4",
        _ => "<i4",
    };

    private static void Scale<T>(ReadOnlySpan<T> from, Span<float> to, float slope, float intercept)
        where T : unmanaged, INumberBase<T>
    {
        int i = typeof(T) == typeof(ushort) ? ScaleVectors(MemoryMarshal.Cast<T, ushort>(from), 0, to, slope, intercept)
            : typeof(T) == typeof(short) ? ScaleVectors(MemoryMarshal.Cast<T, ushort>(from), 0x8000, to, slope, intercept)
            : 0;
        for (; i < to.Length; i++)
        {
            to[i] = (float.CreateTruncating(from[i]) * slope) + intercept;
        }
    }

    // Signed samples come as the bits they are; the bias, 0x8000, makes them unsigned and is taken off again as a number.
    private static int ScaleVectors(ReadOnlySpan<ushort> from, ushort bias, Span<float> to, float slope, float intercept)
    {
        Vector128<ushort> biases = Vector128.Create(bias);
        Vector128<int> biasValues = Vector128.Create((int)bias);
        Vector128<float> slopes = Vector128.Create(slope), intercepts = Vector128.Create(intercept);
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref float target = ref MemoryMarshal.GetReference(to);
        int i = 0;
        for (; i <= to.Length - 8; i += 8)
        {
            (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.LoadUnsafe(ref source, (nuint)i) ^ biases);
            ((Vector128.ConvertToSingle(low.AsInt32() - biasValues) * slopes) + intercepts).StoreUnsafe(ref target, (nuint)i);
            ((Vector128.ConvertToSingle(high.AsInt32() - biasValues) * slopes) + intercepts).StoreUnsafe(ref target, (nuint)i + 4);
        }

        return i;
    }
}
