using Edge.Core.Errors;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Input;

/// <summary>What a JPEG file says of itself, and its pixels.</summary>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Components">1 for grey, 3 for colour.</param>
/// <param name="IsBaseline">Whether it is of the baseline process with 8 bits: what transfer syntax 1.2.840.10008.1.2.4.50 holds.</param>
/// <param name="IsSubsampled">Whether the chroma components are smaller than the image.</param>
public sealed record JpegImage(int Width, int Height, int Components, int Precision, bool IsBaseline, bool IsSubsampled)
{
    private const string Baseline = "1.2.840.10008.1.2.4.50";

    /// <summary>Reads the header.</summary>
    /// <exception cref="ImageException">BadFileFormat.</exception>
    public static JpegImage Read(ReadOnlySpan<byte> file)
    {
        JpegHeader header = new();
        try
        {
            header.Begin(file);
            if (!header.ReadToScan(file) || header.ComponentCount is not (1 or 3) || header.Width < 1 || header.Height < 1)
            {
                throw new ImageException(ErrorCode.BadFileFormat, "The JPEG image is neither grey nor of three components, or has no size");
            }
        }
        catch (ImageException e) when (e.Code != ErrorCode.BadFileFormat)
        {
            throw new ImageException(ErrorCode.BadFileFormat, e.Message);
        }

        bool isSubsampled = header.ComponentCount == 3 && (header.Components[0].Horizontal > header.Components[1].Horizontal || header.Components[0].Vertical > header.Components[1].Vertical);
        return new JpegImage(header.Width, header.Height, header.ComponentCount, header.Precision, header.Process == JpegHeader.Sof0 && header.Precision == 8, isSubsampled);
    }

    /// <summary>Decodes a file; the pixels, Gray8, Gray16 or Rgb24, are to be disposed by the caller.</summary>
    /// <exception cref="ImageException">BadFileFormat.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> file)
    {
        JpegImage image = Read(file);
        int allocated = image.Precision <= 8 ? 8 : 16;
        ImageDescription description = new()
        {
            Rows = image.Height,
            Columns = image.Width,
            SamplesPerPixel = image.Components,
            BitsAllocated = allocated,
            BitsStored = image.Precision,
            HighBit = image.Precision - 1,
            Photometric = image.Components == 1 ? "MONOCHROME2" : "YBR_FULL_422",
        };
        try
        {
            return FrameDecoder.Decode(Baseline, description, file);
        }
        catch (ImageException e) when (e.Code != ErrorCode.BadFileFormat)
        {
            throw new ImageException(ErrorCode.BadFileFormat, e.Message);
        }
    }
}
