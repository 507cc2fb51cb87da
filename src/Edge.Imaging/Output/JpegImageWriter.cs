using System.Buffers;
using Edge.Core.Errors;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Output;

/// <summary>Writes pictures of 8-bit samples as JPEG.</summary>
public static class JpegImageWriter
{
    /// <param name="picture">Gray8 or Rgb24.</param>
    /// <param name="quality">1 to 100.</param>
    /// <returns>The file, to be disposed by the caller.</returns>
    /// <exception cref="ImageException">The format has no form in baseline JPEG, or a side is longer than 65535.</exception>
    public static EncodedImage Encode(PixelBuffer picture, int quality)
    {
        if (picture.Format is not (PixelFormat.Gray8 or PixelFormat.Rgb24))
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, $"JPEG has no {picture.Format}");
        }

        ImageDescription image = new()
        {
            Rows = picture.Height,
            Columns = picture.Width,
            SamplesPerPixel = picture.Format == PixelFormat.Rgb24 ? 3 : 1,
            BitsAllocated = 8,
            BitsStored = 8,
            HighBit = 7,
            Photometric = picture.Format == PixelFormat.Rgb24 ? "RGB" : "MONOCHROME2",
        };
        image.Validate();
        ArrayBufferWriter<byte> output = new((picture.Bytes.Length / 8) + 1024);
        BaselineEncoder.Encode(image, picture.Bytes, quality, output);
        EncodedImage jpeg = new(output.WrittenCount);
        jpeg.Write(output.WrittenSpan);
        return jpeg;
    }
}
