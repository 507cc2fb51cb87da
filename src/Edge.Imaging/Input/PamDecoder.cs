using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Imaging.Input;

/// <summary>Reads PAM (netpbm's <c>P7</c>): grey and RGB of 8 or 16 bits, big endian.</summary>
public static class PamDecoder
{
    private const int LongestHeader = 1024;

    /// <summary>Decodes a file; the pixels are to be disposed by the caller.</summary>
    /// <exception cref="ImageException">BadFileFormat.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> file)
    {
        ReadOnlySpan<byte> end = "ENDHDR\n"u8;
        int header = file[..Math.Min(file.Length, LongestHeader)].IndexOf(end);
        if (!file.StartsWith("P7\n"u8) || header < 0)
        {
            throw Faulty("has no header of one");
        }

        int width = 0, height = 0, depth = 0, maximum = 0;
        foreach (string line in Encoding.ASCII.GetString(file[3..header]).Split('\n'))
        {
            string[] parts = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (parts.Length < 2)
            {
                continue;
            }

            switch (parts[0])
            {
                case "WIDTH": width = Number(parts[1]); break;
                case "HEIGHT": height = Number(parts[1]); break;
                case "DEPTH": depth = Number(parts[1]); break;
                case "MAXVAL": maximum = Number(parts[1]); break;
                default: break;
            }
        }

        if (width is < 1 or > ushort.MaxValue || height is < 1 or > ushort.MaxValue || depth is not (1 or 3) || maximum is not (255 or 65535))
        {
            throw Faulty("is of a size, depth or maximum that cannot be taken");
        }

        bool isWide = maximum == 65535;
        PixelFormat format = depth == 3 ? isWide ? PixelFormat.Rgb48 : PixelFormat.Rgb24 : isWide ? PixelFormat.Gray16 : PixelFormat.Gray8;
        ReadOnlySpan<byte> pixels = file[(header + end.Length)..];
        if ((long)width * height * format.BytesPerPixel() > pixels.Length)
        {
            throw Faulty("is cut off");
        }

        PixelBuffer image = new(width, height, format);
        if (!isWide)
        {
            pixels[..image.Bytes.Length].CopyTo(image.Bytes);
            return image;
        }

        Span<ushort> samples = image.Samples<ushort>();
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = BinaryPrimitives.ReadUInt16BigEndian(pixels[(2 * i)..]);
        }

        return image;
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;

    private static ImageException Faulty(string what) => new(ErrorCode.BadFileFormat, $"The PAM image {what}");
}
