using Edge.Core.Errors;
using Edge.Imaging.Codecs.JpegLossless;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>Decodes a JPEG codestream by the process its frame header names, whatever the transfer syntax says.</summary>
internal static class JpegDecoder
{
    // Tables are kept per thread: a decoding thread decodes many frames.
    [ThreadStatic]
    private static JpegHeader? _header;

    public static CodedSamples Decode(ImageDescription image, ReadOnlySpan<byte> codestream)
    {
        JpegHeader header = _header ??= new JpegHeader();
        header.Begin(codestream);
        if (!header.ReadToScan(codestream))
        {
            throw JpegHeader.Faulty("has no scan");
        }

        SampleInterpreter.DemandSize(image, header.Width, header.Height == 0 ? image.Rows : header.Height, header.ComponentCount);
        DemandPlausible(header, image, codestream.Length);
        PixelBuffer cells = SampleInterpreter.CellsFor(image.Columns, image.Rows, header.ComponentCount, header.Precision);
        try
        {
            if (header.Process == JpegHeader.Sof3)
            {
                LosslessDecoder.Decode(header, codestream, cells);
            }
            else
            {
                DctDecoder.Decode(header, codestream, cells);
            }

            return new CodedSamples(cells, header.Precision, IsYbr(header, image));
        }
        catch
        {
            cells.Dispose();
            throw;
        }
    }

    // A lossless sample takes a bit at least, a sequential block two, a progressive one a bit: less cannot be an image, and is refused before memory is taken.
    private static void DemandPlausible(JpegHeader header, ImageDescription image, int length)
    {
        long pixels = (long)image.Rows * image.Columns;
        long bits = header.Process == JpegHeader.Sof3 ? pixels * header.ComponentCount : pixels / 64;
        if (bits > 8L * length)
        {
            throw new ImageException(ErrorCode.CorruptedFile, $"{length} bytes of JPEG cannot hold {pixels} pixels");
        }
    }

    // An Adobe segment decides; then JFIF, which is always YCbCr; then components named R, G and B; then the data set.
    private static bool IsYbr(JpegHeader header, ImageDescription image)
    {
        if (header.ComponentCount != 3)
        {
            return false;
        }

        if (header.Process == JpegHeader.Sof3)
        {
            return image.PhotometricName.StartsWith("YBR", StringComparison.Ordinal);
        }

        if (header.AdobeTransform >= 0)
        {
            return header.AdobeTransform != 0;
        }

        bool isNamedRgb = (header.Components[0].Id, header.Components[1].Id, header.Components[2].Id) == ('R', 'G', 'B');
        return header.IsJfif || (!isNamedRgb && image.PhotometricName.StartsWith("YBR", StringComparison.Ordinal));
    }
}
