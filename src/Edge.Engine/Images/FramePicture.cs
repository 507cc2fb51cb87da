using Edge.Imaging.Rendering;

namespace Edge.Engine.Images;

/// <summary>What is shown of a frame.</summary>
public enum PictureKind
{
    /// <summary>The frame's own range, stretched to 8 bits.</summary>
    Preview,

    /// <summary>A window of the rescaled values, 8 bits.</summary>
    Rendered,

    /// <summary>Stored values, cut to 8 bits.</summary>
    UInt8,

    /// <summary>Stored values, cut to 16 bits.</summary>
    UInt16,

    /// <summary>Stored values, cut to 16 bits with sign.</summary>
    Int16,
}

/// <summary>The file a picture comes in.</summary>
public enum PictureFormat
{
    Png,
    Jpeg,
    Pam,
}

/// <summary>A picture that is asked for.</summary>
/// <param name="Kind">What is shown.</param>
/// <param name="Format">In what file.</param>
public sealed record FramePicture(PictureKind Kind, PictureFormat Format)
{
    /// <summary>Of JPEG, 1 to 100.</summary>
    public int Quality { get; init; } = 90;

    /// <summary>Rendered: the centre of the window; null for the data set's.</summary>
    public double? WindowCenter { get; init; }

    /// <summary>Rendered: its width; null for the data set's.</summary>
    public double? WindowWidth { get; init; }

    /// <summary>Rendered: the greatest width, in pixels; 0 for any.</summary>
    public int Width { get; init; }

    /// <summary>Rendered: the greatest height; 0 for any.</summary>
    public int Height { get; init; }

    /// <summary>Rendered: whether what is made smaller is smoothed before.</summary>
    public bool Smooth { get; init; }

    internal ClampRange? Range => Kind switch
    {
        PictureKind.UInt8 => ClampRange.UInt8,
        PictureKind.UInt16 => ClampRange.UInt16,
        PictureKind.Int16 => ClampRange.Int16,
        _ => null,
    };
}
