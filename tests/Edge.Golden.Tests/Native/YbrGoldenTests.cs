using System.Text;
using Edge.Golden.Tests.Codecs;
using Edge.Imaging;
using Edge.Imaging.Codecs.Native;
using Xunit;

namespace Edge.Golden.Tests.Native;

/// <summary>Native YCbCr against DCMTK.</summary>
public sealed class YbrGoldenTests
{
    [Theory]
    [InlineData("YBR_FULL", 61, 3)]
    [InlineData("YBR_FULL_422", 62, 2)]
    public async Task ColourIsThatOfDcmtk(string photometric, int columns, int bytesOfPixel)
    {
        ImageDescription image = CodecSamples.Describe(columns, 37, 8, samples: 3) with { Photometric = photometric, IsSubsampled = bytesOfPixel == 2 };
        byte[] frame = CodecSamples.Generate(image)[..(columns * 37 * bytesOfPixel)];
        byte[] picture = await CodecSamples.ConvertAsync(CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame), "dcm2pnm", "--write-raw-pnm");
        string header = $"P6\n{columns} 37\n255\n";
        Assert.Equal(header, Encoding.ASCII.GetString(picture, 0, header.Length));
        using PixelBuffer actual = NativeDecoder.Decode(image, frame);
        Assert.Equal(picture.Length - header.Length, actual.Bytes.Length);
        for (int i = 0; i < actual.Bytes.Length; i++)
        {
            // It cuts off what two tables give for green.
            Assert.InRange(actual.Bytes[i] - picture[header.Length + i], -2, 2);
        }
    }
}
