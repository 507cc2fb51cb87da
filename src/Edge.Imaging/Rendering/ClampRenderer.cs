using System.Numerics;
using Edge.Core.Errors;

namespace Edge.Imaging.Rendering;

/// <summary>The ranges of Orthanc's <c>image-uint8</c>, <c>image-uint16</c> and <c>image-int16</c>.</summary>
public enum ClampRange
{
    UInt8,
    UInt16,
    Int16,
}

/// <summary>Cuts stored grey values to a range, without stretch and without inversion of MONOCHROME1.</summary>
public static class ClampRenderer
{
    /// <returns>Gray8, Gray16 or SignedGray16, to be disposed by the caller; never <paramref name="frame"/> itself.</returns>
    /// <exception cref="ImageException">Colour (<see cref="ErrorCode.IncompatibleImageFormat"/>): the routes answer 415.</exception>
    public static PixelBuffer Render(PixelBuffer frame, ClampRange range)
    {
        if (frame.Format.IsColour())
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, "colour cannot be shown as integers");
        }

        PixelBuffer clamped = new(frame.Width, frame.Height, FormatOf(range));
        if (frame.Format == clamped.Format)
        {
            frame.Bytes.CopyTo(clamped.Bytes);
            return clamped;
        }

        switch (frame.Format)
        {
            case PixelFormat.Gray8:
                Clamp<byte>(frame.Bytes, clamped);
                break;
            case PixelFormat.Gray16:
                Clamp<ushort>(frame.Samples<ushort>(), clamped);
                break;
            case PixelFormat.SignedGray16:
                Clamp<short>(frame.Samples<short>(), clamped);
                break;
            case PixelFormat.Gray32:
                Clamp<uint>(frame.Samples<uint>(), clamped);
                break;
            default:
                Clamp<int>(frame.Samples<int>(), clamped);
                break;
        }

        return clamped;
    }

    /// <summary>The format of what is cut to a range.</summary>
    public static PixelFormat FormatOf(ClampRange range) => range switch
    {
        ClampRange.UInt8 => PixelFormat.Gray8,
        ClampRange.UInt16 => PixelFormat.Gray16,
        _ => PixelFormat.SignedGray16,
    };

    private static void Clamp<T>(ReadOnlySpan<T> from, PixelBuffer clamped)
        where T : unmanaged, INumberBase<T>
    {
        switch (clamped.Format)
        {
            case PixelFormat.Gray8:
                Clamp<T, byte>(from, clamped.Bytes);
                break;
            case PixelFormat.Gray16:
                Clamp<T, ushort>(from, clamped.Samples<ushort>());
                break;
            default:
                Clamp<T, short>(from, clamped.Samples<short>());
                break;
        }
    }

    private static void Clamp<TFrom, TTo>(ReadOnlySpan<TFrom> from, Span<TTo> to)
        where TFrom : unmanaged, INumberBase<TFrom>
        where TTo : unmanaged, INumberBase<TTo>
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = TTo.CreateSaturating(from[i]);
        }
    }
}
