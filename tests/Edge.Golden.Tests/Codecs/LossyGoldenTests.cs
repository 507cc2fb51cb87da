using Edge.Imaging;
using Edge.Imaging.Codecs;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>Lossy JPEG against DCMTK, within the error that the standard leaves to decoders.</summary>
public sealed class LossyGoldenTests
{
    [Theory]
    [InlineData(CompressedSyntax.JpegBaseline, 64, 48, 8, "+eb")]
    [InlineData(CompressedSyntax.JpegBaseline, 61, 37, 8, "+eb", "+q", "40")]
    [InlineData(CompressedSyntax.JpegBaseline, 1, 1, 8, "+eb")]
    [InlineData(CompressedSyntax.JpegExtended, 61, 37, 12, "+ee")]
    [InlineData(CompressedSyntax.JpegExtended, 61, 37, 8, "+ee")]
    [InlineData("1.2.840.10008.1.2.4.53", 61, 37, 8, "+es")]
    [InlineData("1.2.840.10008.1.2.4.55", 61, 37, 8, "+ep")]
    [InlineData("1.2.840.10008.1.2.4.55", 61, 37, 12, "+ep")]
    public async Task GreyIsDecodedAsByDcmtk(string syntax, int columns, int rows, int stored, params string[] arguments)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored);
        byte[] frame = CodecSamples.Generate(image);
        byte[] compressed = await CodecSamples.ConvertAsync(CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame), "dcmcjpeg", arguments);
        byte[] native = await CodecSamples.ConvertAsync(compressed, "dcmdjpeg");
        using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image, CodecSamples.NativePixels(native, frame.Length));
        using PixelBuffer actual = FrameDecoder.Decode(syntax, image, CodecSamples.Codestream(compressed));
        Assert.Equal(expected.Format, actual.Format);
        Compare(expected, actual, greatest: 1, mean: 0.05);
    }

    [Theory]
    [InlineData(CompressedSyntax.JpegBaseline, 64, 48, 2, 0.5, "+eb", "+cy", "+s4")]
    [InlineData(CompressedSyntax.JpegBaseline, 61, 37, 2, 0.5, "+eb", "+cy", "+s4")]
    [InlineData(CompressedSyntax.JpegBaseline, 61, 37, 2, 0.5, "+eb", "+cy", "+s2")]
    [InlineData(CompressedSyntax.JpegBaseline, 60, 37, 2, 0.5, "+eb", "+cy", "+s2")]
    [InlineData(CompressedSyntax.JpegBaseline, 61, 37, 1, 0.05, "+eb", "+cr")]
    [InlineData("1.2.840.10008.1.2.4.55", 61, 37, 2, 0.5, "+ep", "+cy", "+s2")]
    [InlineData("1.2.840.10008.1.2.4.53", 61, 37, 2, 0.5, "+es", "+cy", "+s4")]
    public async Task ColourIsDecodedAsByDcmtk(string syntax, int columns, int rows, int greatest, double mean, params string[] arguments)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, 8, samples: 3);
        byte[] frame = CodecSamples.Generate(image);
        byte[] compressed = await CodecSamples.ConvertAsync(CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame), "dcmcjpeg", arguments);
        byte[] native = await CodecSamples.ConvertAsync(compressed, "dcmdjpeg", "+px");
        image = image with { Photometric = arguments.Contains("+cr") ? "RGB" : "YBR_FULL_422" };
        using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image with { Photometric = "RGB" }, CodecSamples.NativePixels(native, frame.Length));
        using PixelBuffer actual = FrameDecoder.Decode(syntax, image, CodecSamples.Codestream(compressed));
        Compare(expected, actual, greatest, mean);
    }

    [Theory]
    [InlineData(64, 48, 1)]
    [InlineData(61, 37, 1)]
    [InlineData(61, 37, 3)]
    [InlineData(1, 1, 3)]
    public async Task WhatWeEncodeIsRead(int columns, int rows, int samples)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, 8, samples: samples);
        byte[] frame = CodecSamples.Generate(image);
        double? previous = null;
        foreach (int quality in new[] { 30, 75, 100 })
        {
            byte[] file = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = CompressedSyntax.JpegBaseline, Quality = quality }, frame);
            byte[] native = await CodecSamples.ConvertAsync(file, "dcmdjpeg", "+px");
            using PixelBuffer original = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
            using PixelBuffer theirs = Imaging.Codecs.Native.NativeDecoder.Decode(image, CodecSamples.NativePixels(native, frame.Length));
            using PixelBuffer ours = FrameDecoder.Decode(CompressedSyntax.JpegBaseline, image, CodecSamples.Codestream(file));
            Compare(theirs, ours, greatest: 2, mean: 0.5);
            double error = Compare(original, ours, greatest: 255, mean: quality == 100 ? 1 : 40);
            Assert.True(previous is null || error <= previous, $"quality {quality}: {error}, before {previous}");
            previous = error;
        }
    }

    [Theory]
    [InlineData(61, 37, 12)]
    [InlineData(61, 37, 8)]
    public async Task ExtendedOfTwelveBitsIsRead(int columns, int rows, int stored)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored);
        byte[] frame = CodecSamples.Generate(image);
        double? previous = null;
        foreach (int quality in new[] { 30, 75, 100 })
        {
            byte[] file = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = CompressedSyntax.JpegExtended, Quality = quality }, frame);
            byte[] native = await CodecSamples.ConvertAsync(file, "dcmdjpeg");
            using PixelBuffer original = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
            using PixelBuffer theirs = Imaging.Codecs.Native.NativeDecoder.Decode(image, CodecSamples.NativePixels(native, frame.Length));
            using PixelBuffer ours = FrameDecoder.Decode(CompressedSyntax.JpegExtended, image, CodecSamples.Codestream(file));
            Compare(theirs, ours, greatest: 2, mean: 0.5);
            double error = Compare(original, ours, greatest: 4095, mean: quality == 100 ? 1 : 400);
            Assert.True(previous is null || error <= previous, $"quality {quality}: {error}, before {previous}");
            previous = error;
        }
    }

    private static double Compare(PixelBuffer expected, PixelBuffer actual, int greatest, double mean)
    {
        Assert.Equal(expected.Format, actual.Format);
        long total = 0;
        int worst = 0, count;
        if (expected.Format is PixelFormat.Gray16)
        {
            Span<ushort> left = expected.Samples<ushort>(), right = actual.Samples<ushort>();
            count = left.Length;
            for (int i = 0; i < left.Length; i++)
            {
                int difference = Math.Abs(left[i] - right[i]);
                (total, worst) = (total + difference, Math.Max(worst, difference));
            }
        }
        else
        {
            count = expected.Bytes.Length;
            for (int i = 0; i < count; i++)
            {
                int difference = Math.Abs(expected.Bytes[i] - actual.Bytes[i]);
                (total, worst) = (total + difference, Math.Max(worst, difference));
            }
        }

        Assert.True(worst <= greatest && total <= mean * count, $"greatest difference {worst}, mean {(double)total / count}");
        return (double)total / count;
    }
}
