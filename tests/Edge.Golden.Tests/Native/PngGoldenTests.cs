using System.Diagnostics;
using System.Runtime.InteropServices;
using Edge.Imaging;
using Edge.Imaging.Output;
using Xunit;

namespace Edge.Golden.Tests.Native;

/// <summary>PNG and PAM files read back by readers that are not ours, or share nothing with the writer.</summary>
public sealed class PngGoldenTests
{
    [Theory]
    [InlineData(PixelFormat.Gray8, 8, 0)]
    [InlineData(PixelFormat.Gray16, 16, 0)]
    [InlineData(PixelFormat.SignedGray16, 16, 0)]
    [InlineData(PixelFormat.Rgb24, 8, 2)]
    [InlineData(PixelFormat.Rgb48, 16, 2)]
    public void EverySampleComesBack(PixelFormat format, int depth, int colour)
    {
        SortedSet<int> filters = [];
        foreach ((int width, int height) in new[] { (1, 1), (1, 7), (5, 3), (16, 16), (17, 33), (100, 40), (300, 300) })
        {
            foreach (Texture texture in Enum.GetValues<Texture>())
            {
                using PixelBuffer image = Make(width, height, format, texture);
                using EncodedImage png = PngWriter.Encode(image);
                PngReader read = PngReader.Read(png.Span);
                Assert.Equal((width, height, depth, colour), (read.Width, read.Height, read.Depth, read.Colour));
                int[] expected = depth == 8
                    ? Array.ConvertAll(image.Bytes.ToArray(), static b => (int)b)
                    : Array.ConvertAll(image.Samples<ushort>().ToArray(), static s => (int)s);
                Assert.Equal(expected, read.Values);
                filters.UnionWith(read.Filters);
            }
        }

        Assert.Equal([0, 1, 2, 4], filters);
    }

    /// <summary>One cross-check with a reader that is not .NET's: Python's zlib inflates and checks what we deflated, binascii our checksums.</summary>
    [Fact]
    public void PythonReadsIt()
    {
        using PixelBuffer image = Make(201, 99, PixelFormat.Gray16, Texture.Slope);
        using EncodedImage png = PngWriter.Encode(image);
        string file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, png.Span.ToArray());
            const string script = """
                import sys, zlib, struct, binascii
                f = open(sys.argv[1], 'rb').read(); at = 8; data = b''
                while at < len(f):
                    n, = struct.unpack('>I', f[at:at+4]); body = f[at+4:at+8+n]
                    assert binascii.crc32(body) == struct.unpack('>I', f[at+8+n:at+12+n])[0]
                    if body[:4] == b'IDAT': data += body[4:]
                    at += 12 + n
                d = zlib.decompressobj(); rows = d.decompress(data)
                assert d.eof and not d.unused_data
                print(len(rows))
                """;
            using Process python = Process.Start(new ProcessStartInfo("python3", ["-c", script, file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            string output = python.StandardOutput.ReadToEnd();
            string error = python.StandardError.ReadToEnd();
            python.WaitForExit();
            Assert.True(python.ExitCode == 0, error);
            Assert.Equal(99 * (1 + (2 * 201)), int.Parse(output));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData(PixelFormat.Gray8, "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 255\nTUPLTYPE GRAYSCALE\nENDHDR\n", new byte[] { 1, 2 })]
    [InlineData(PixelFormat.SignedGray16, "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 1\nMAXVAL 65535\nTUPLTYPE GRAYSCALE\nENDHDR\n", new byte[] { 2, 1, 4, 3 })]
    [InlineData(PixelFormat.Rgb24, "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 255\nTUPLTYPE RGB\nENDHDR\n", new byte[] { 1, 2, 3, 4, 5, 6 })]
    [InlineData(PixelFormat.Rgb48, "P7\nWIDTH 2\nHEIGHT 1\nDEPTH 3\nMAXVAL 65535\nTUPLTYPE RGB\nENDHDR\n", new byte[] { 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11 })]
    public void PamIsBigEndian(PixelFormat format, string header, byte[] samples)
    {
        using PixelBuffer image = new(2, 1, format);
        for (int i = 0; i < image.Bytes.Length; i++)
        {
            image.Bytes[i] = (byte)(i + 1);
        }

        using EncodedImage pam = PamWriter.Encode(image);
        Assert.Equal([.. System.Text.Encoding.ASCII.GetBytes(header), .. samples], pam.Span.ToArray());
    }

    [Theory]
    [InlineData(PixelFormat.Gray32)]
    [InlineData(PixelFormat.SignedGray32)]
    public void ThirtyTwoBitsHaveNoForm(PixelFormat format)
    {
        using PixelBuffer image = new(2, 1, format);
        Assert.Throws<ImageException>(() => PngWriter.Encode(image));
        Assert.Throws<ImageException>(() => PamWriter.Encode(image));
    }

    private enum Texture
    {
        Noise,
        Columns,
        RowsOfNoise,
        Slope,
        Few,
    }

    private static PixelBuffer Make(int width, int height, PixelFormat format, Texture texture)
    {
        PixelBuffer image = new(width, height, format);
        int channels = format.IsColour() ? 3 : 1;
        bool isWide = format is not (PixelFormat.Gray8 or PixelFormat.Rgb24);
        uint seed = 12345;
        uint Next() => seed = (seed * 1664525) + 1013904223;
        for (int y = 0; y < height; y++)
        {
            for (int x = 0; x < width * channels; x++)
            {
                uint value = texture switch
                {
                    Texture.Noise => Next() >> 8,
                    Texture.Columns => (uint)(x * 7919),
                    Texture.RowsOfNoise => (uint)(y * 7919),
                    Texture.Slope => (uint)((x * x / 7) + (y * 371) + (x * y / 3)),
                    _ => Next() >> 31,
                };
                int at = (y * width * channels) + x;
                if (isWide)
                {
                    image.Samples<ushort>()[at] = (ushort)value;
                }
                else
                {
                    image.Bytes[at] = (byte)value;
                }
            }
        }

        return image;
    }
}
