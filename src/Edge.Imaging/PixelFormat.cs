namespace Edge.Imaging;

/// <summary>The forms of decoded pixels. Samples of more than one byte are in the order of the machine.</summary>
public enum PixelFormat
{
    /// <summary>One byte.</summary>
    Gray8,

    /// <summary>16 bits without sign.</summary>
    Gray16,

    /// <summary>16 bits with sign.</summary>
    SignedGray16,

    /// <summary>32 bits without sign.</summary>
    Gray32,

    /// <summary>32 bits with sign.</summary>
    SignedGray32,

    /// <summary>Red, green and blue of a byte each, interleaved.</summary>
    Rgb24,

    /// <summary>Red, green and blue of 16 bits each, interleaved.</summary>
    Rgb48,
}

/// <summary>What follows from a <see cref="PixelFormat"/>.</summary>
public static class PixelFormats
{
    public static int BytesPerPixel(this PixelFormat format) => format switch
    {
        PixelFormat.Gray8 => 1,
        PixelFormat.Gray16 or PixelFormat.SignedGray16 => 2,
        PixelFormat.Rgb24 => 3,
        PixelFormat.Gray32 or PixelFormat.SignedGray32 => 4,
        _ => 6,
    };

    public static bool IsColour(this PixelFormat format) => format is PixelFormat.Rgb24 or PixelFormat.Rgb48;
}
