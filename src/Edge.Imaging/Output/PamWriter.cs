using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Imaging.Output;

/// <summary>Writes PAM (netpbm's <c>P7</c>): grey and RGB, 8 and 16 bits, big endian.</summary>
public static class PamWriter
{
    /// <returns>The file, to be disposed by the caller.</returns>
    /// <exception cref="ImageException">The format has no form in PAM (32-bit samples).</exception>
    public static EncodedImage Encode(PixelBuffer image)
    {
        bool isColour = image.Format.IsColour();
        bool isWide = image.Format is PixelFormat.Gray16 or PixelFormat.SignedGray16 or PixelFormat.Rgb48;
        if (!isWide && image.Format is not (PixelFormat.Gray8 or PixelFormat.Rgb24))
        {
            throw new ImageException(ErrorCode.IncompatibleImageFormat, $"PAM has no {image.Format}");
        }

        string header = string.Create(
            CultureInfo.InvariantCulture,
            $"P7\nWIDTH {image.Width}\nHEIGHT {image.Height}\nDEPTH {(isColour ? 3 : 1)}\nMAXVAL {(isWide ? 65535 : 255)}\nTUPLTYPE {(isColour ? "RGB" : "GRAYSCALE")}\nENDHDR\n");
        EncodedImage pam = new(header.Length + image.Bytes.Length);
        pam.Write(Encoding.ASCII.GetBytes(header));
        Span<byte> to = pam.GetSpan(image.Bytes.Length)[..image.Bytes.Length];
        if (isWide && BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(image.Samples<ushort>(), MemoryMarshal.Cast<byte, ushort>(to));
        }
        else
        {
            image.Bytes.CopyTo(to);
        }

        pam.Advance(to.Length);
        return pam;
    }
}
