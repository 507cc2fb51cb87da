using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.TestKit;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>JPEG 2000 against OpenJPEG, in both directions: bit by bit without loss, else within rounding.</summary>
public sealed class Jpeg2000GoldenTests
{
    [Theory]
    [InlineData("-n", "6")]
    [InlineData("-n", "1")]
    [InlineData("-M", "1")]
    [InlineData("-M", "2")]
    [InlineData("-M", "4")]
    [InlineData("-M", "8")]
    [InlineData("-M", "32")]
    [InlineData("-M", "5")]
    [InlineData("-M", "63")]
    [InlineData("-SOP", "-EPH", "-r", "8,4,2,1")]
    [InlineData("-b", "1024,4")]
    [InlineData("-b", "4,1024")]
    [InlineData("-b", "4,4")]
    [InlineData("-p", "LRCP", "-c", "[64,64],[32,32],[16,16]", "-b", "16,16", "-n", "4")]
    [InlineData("-p", "RLCP", "-c", "[64,64],[32,32],[16,16]", "-b", "16,16", "-n", "4")]
    [InlineData("-p", "RPCL", "-c", "[64,64],[32,32],[16,16]", "-b", "16,16", "-n", "4")]
    [InlineData("-p", "PCRL", "-c", "[64,64],[32,32],[16,16]", "-b", "16,16", "-n", "4")]
    [InlineData("-p", "CPRL", "-c", "[64,64],[32,32],[16,16]", "-b", "16,16", "-n", "4", "-r", "6,1")]
    [InlineData("-t", "100,90", "-p", "RPCL")]
    [InlineData("-t", "128,90", "-TP", "R")]
    [InlineData("-d", "13,7", "-T", "5,3", "-t", "64,50")]
    [InlineData("-r", "4,2,1", "-POC", "T0=0,0,2,3,1,LRCP/T0=0,0,3,6,1,RPCL")]
    public async Task WhatOpenJpegEncodesIsDecoded(params string[] options)
    {
        foreach ((int stored, bool isSigned) in new[] { (8, false), (12, false), (16, false), (16, true) })
        {
            ImageDescription image = CodecSamples.Describe(211, 157, stored, isSigned);
            byte[] frame = CodecSamples.Generate(image), codestream = await CompressAsync(image, frame, options);
            using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
            using PixelBuffer actual = FrameDecoder.Decode(CompressedSyntax.Jpeg2000Lossless, image, codestream);
            Assert.Equal(expected.Format, actual.Format);
            Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), $"{stored} bits: first difference at byte {expected.Bytes.CommonPrefixLength(actual.Bytes)}");
        }
    }

    /// <summary>OpenJPEG rounds a factor of its 9/7 filter to 13 bits, which is seen in samples of 16.</summary>
    [Theory]
    [InlineData(8, 1, "-I")]
    [InlineData(12, 1, "-I", "-r", "8")]
    [InlineData(16, 4, "-I", "-r", "20,8")]
    [InlineData(16, 0, "-r", "10")]
    [InlineData(12, 2, "-I", "-r", "12", "-t", "100,90", "-d", "13,7")]
    public async Task WhatLostSomethingIsDecodedAsByOpenJpeg(int stored, int greatest, params string[] options)
    {
        ImageDescription image = CodecSamples.Describe(211, 157, stored);
        byte[] codestream = await CompressAsync(image, CodecSamples.Generate(image), options);
        using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image, await DecompressAsync(codestream));
        using PixelBuffer actual = FrameDecoder.Decode(CompressedSyntax.Jpeg2000, image, codestream);
        AssertWithin(image, expected.Bytes, actual.Bytes, greatest);
    }

    [Theory]
    [InlineData(211, 157, 8, false, 1)]
    [InlineData(211, 157, 12, true, 1)]
    [InlineData(211, 157, 16, false, 1)]
    [InlineData(211, 157, 8, false, 3)]
    [InlineData(3, 200, 12, false, 1)]
    [InlineData(1, 1, 8, false, 3)]
    public async Task WhatWeEncodeWithLossIsReadByGdcm(int columns, int rows, int stored, bool isSigned, int samples)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored, isSigned, samples);
        byte[] frame = CodecSamples.Generate(image);
        double? previous = null;
        foreach (int quality in new[] { 30, 70, 100 })
        {
            byte[] file = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = CompressedSyntax.Jpeg2000, Quality = quality }, frame);
            byte[] theirs = CodecSamples.NativePixels(await CodecSamples.ConvertAsync(file, "gdcmconv", "--raw"), frame.Length);
            using PixelBuffer original = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
            using PixelBuffer read = Imaging.Codecs.Native.NativeDecoder.Decode(image, theirs);
            using PixelBuffer ours = FrameDecoder.Decode(CompressedSyntax.Jpeg2000, image, CodecSamples.Codestream(file));
            AssertWithin(image, read.Bytes, ours.Bytes, stored == 16 ? 4 : 1);
            double error = Error(image, original.Bytes, ours.Bytes), range = 1 << stored;
            Assert.True(error <= range / 512 * Math.Pow(2, (100 - quality) / 12.0) + 0.5, $"quality {quality}: a mean error of {error}");
            Assert.True(previous is null || error <= previous, $"quality {quality}: {error}, before {previous}");
            previous = error;
        }
    }

    [Fact]
    public async Task AFileOfJp2IsReadLikeItsCodestream()
    {
        ImageDescription image = CodecSamples.Describe(61, 37, 12);
        byte[] frame = CodecSamples.Generate(image), file = await CompressAsync(image, frame, [], "jp2");
        Assert.NotEqual(0xff, file[0]);
        using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
        using PixelBuffer actual = FrameDecoder.Decode(CompressedSyntax.Jpeg2000Lossless, image, file);
        Assert.True(expected.Bytes.SequenceEqual(actual.Bytes));
    }

    /// <summary>More precincts than one, as soon as an image is wider than 32768.</summary>
    [Fact]
    public async Task WideImagesHaveSeveralPrecincts()
    {
        ImageDescription image = CodecSamples.Describe(40000, 9, 8);
        byte[] frame = CodecSamples.Generate(image);
        byte[] file = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = CompressedSyntax.Jpeg2000Lossless }, frame);
        Assert.Equal(frame, CodecSamples.NativePixels(await CodecSamples.ConvertAsync(file, "gdcmconv", "--raw"), frame.Length));
    }

    private static async Task<byte[]> CompressAsync(ImageDescription image, byte[] frame, string[] options, string form = "j2k")
    {
        using TemporaryFolder folder = new("edge-j2k-");
        string raw = Path.Combine(folder.Path, "in.rawl"), coded = Path.Combine(folder.Path, $"out.{form}");
        await File.WriteAllBytesAsync(raw, frame);
        string size = $"{image.Columns},{image.Rows},1,{image.BitsStored},{(image.IsSigned ? 's' : 'u')}";
        ToolResult result = await Tool.RunAsync("opj_compress", ["-i", raw, "-o", coded, "-F", size, .. options]);
        Assert.True(File.Exists(coded), result.Output + result.Error);
        return await File.ReadAllBytesAsync(coded);
    }

    private static async Task<byte[]> DecompressAsync(byte[] codestream)
    {
        using TemporaryFolder folder = new("edge-j2k-");
        string coded = Path.Combine(folder.Path, "in.j2k"), raw = Path.Combine(folder.Path, "out.rawl");
        await File.WriteAllBytesAsync(coded, codestream);
        ToolResult result = await Tool.RunAsync("opj_decompress", ["-i", coded, "-o", raw]);
        Assert.True(File.Exists(raw), result.Output + result.Error);
        return await File.ReadAllBytesAsync(raw);
    }

    private static void AssertWithin(ImageDescription image, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, int greatest)
    {
        Assert.Equal(expected.Length, actual.Length);
        int worst = 0;
        for (int i = 0; i < Count(image, expected); i++)
        {
            worst = Math.Max(worst, Math.Abs(Value(image, expected, i) - Value(image, actual, i)));
        }

        Assert.InRange(worst, 0, greatest);
    }

    private static double Error(ImageDescription image, ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual)
    {
        long total = 0;
        for (int i = 0; i < Count(image, expected); i++)
        {
            total += Math.Abs(Value(image, expected, i) - Value(image, actual, i));
        }

        return (double)total / Count(image, expected);
    }

    private static int Count(ImageDescription image, ReadOnlySpan<byte> pixels) => pixels.Length / (image.BitsAllocated / 8);

    private static int Value(ImageDescription image, ReadOnlySpan<byte> pixels, int i) => image.BitsAllocated == 8 ? pixels[i]
        : image.IsSigned ? BitConverter.ToInt16(pixels[(2 * i)..]) : BitConverter.ToUInt16(pixels[(2 * i)..]);
}
