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
    /// <returns>Gray8, Gray16 or SignedGray16, to be disposed by the caller.</returns>
    /// <exception cref="ImageException">Colour (<see cref="ErrorCode.IncompatibleImageFormat"/>): the routes answer 415.</exception>
    public static PixelBuffer Render(PixelBuffer frame, ClampRange range)
    {
        if (frame.Format.IsColour())
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, "colour cannot be shown as integers");
        }

        (PixelFormat format, int least, int greatest) = range switch
        {
            ClampRange.UInt8 => (PixelFormat.Gray8, 0, 255),
            ClampRange.UInt16 => (PixelFormat.Gray16, 0, 65535),
            _ => (PixelFormat.SignedGray16, -32768, 32767),
        };
        PixelBuffer clamped = new(frame.Width, frame.Height, format);
        int count = frame.Width * frame.Height;
        if (frame.Format == format)
        {
            frame.Bytes.CopyTo(clamped.Bytes);
            return clamped;
        }

        for (int i = 0; i < count; i++)
        {
            long value = frame.Format switch
            {
                PixelFormat.Gray8 => frame.Bytes[i],
                PixelFormat.Gray16 => frame.Samples<ushort>()[i],
                PixelFormat.SignedGray16 => frame.Samples<short>()[i],
                PixelFormat.Gray32 => frame.Samples<uint>()[i],
                _ => frame.Samples<int>()[i],
            };
            int cut = (int)Math.Clamp(value, least, greatest);
            if (format == PixelFormat.Gray8)
            {
                clamped.Bytes[i] = (byte)cut;
            }
            else
            {
                clamped.Samples<ushort>()[i] = (ushort)cut;
            }
        }

        return clamped;
    }
}
