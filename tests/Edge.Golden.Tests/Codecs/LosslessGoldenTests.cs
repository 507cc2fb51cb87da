using Edge.Imaging;
using Edge.Imaging.Codecs;
using Xunit;

namespace Edge.Golden.Tests.Codecs;

/// <summary>Lossless codecs against DCMTK and GDCM, bit by bit, in both directions.</summary>
public sealed class LosslessGoldenTests
{
    public static TheoryData<int, int, int, bool, int> Images { get; } = new()
    {
        { 64, 48, 8, false, 1 },
        { 61, 37, 8, false, 1 },
        { 61, 37, 12, false, 1 },
        { 61, 37, 16, false, 1 },
        { 61, 37, 16, true, 1 },
        { 61, 37, 12, true, 1 },
        { 53, 41, 8, false, 3 },
        { 1, 1, 8, false, 1 },
        { 1, 7, 16, false, 1 },
        { 7, 1, 12, false, 1 },
        { 300, 5, 10, false, 1 },
    };

    [Theory]
    [MemberData(nameof(Images))]
    public async Task WhatDcmtkEncodesIsDecoded(int columns, int rows, int stored, bool isSigned, int samples)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored, isSigned, samples);
        byte[] frame = CodecSamples.Generate(image), file = CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame);
        await Check(CompressedSyntax.Rle, "dcmcrle");
        await Check(CompressedSyntax.JpegLosslessFirstOrder, "dcmcjpeg", "+e1");
        for (int predictor = 1; predictor <= 7; predictor++)
        {
            await Check(CompressedSyntax.JpegLossless, "dcmcjpeg", "+el", "+sv", predictor.ToString());
        }

        await Check(CompressedSyntax.JpegLsLossless, "dcmcjpls", "+el");
        if (samples == 3)
        {
            await Check(CompressedSyntax.JpegLsLossless, "dcmcjpls", "+el", "+iv");
            await Check(CompressedSyntax.JpegLsLossless, "dcmcjpls", "+el", "+in");
        }

        async Task Check(string syntax, string tool, params string[] arguments)
        {
            byte[] compressed = await CodecSamples.ConvertAsync(file, tool, arguments);
            AssertDecoded(image, frame, syntax, CodecSamples.Codestream(compressed), $"{tool} {string.Join(' ', arguments)}");
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public async Task WhatGdcmEncodesIsDecoded(int columns, int rows, int stored, bool isSigned, int samples)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored, isSigned, samples);
        byte[] frame = CodecSamples.Generate(image), file = CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame);
        foreach ((string option, string syntax) in new[] { ("--rle", CompressedSyntax.Rle), ("--jpeg", CompressedSyntax.JpegLosslessFirstOrder), ("--jpegls", CompressedSyntax.JpegLsLossless), ("--j2k", CompressedSyntax.Jpeg2000Lossless) })
        {
            // GDCM itself fails on RLE of frames of odd length, on JPEG-LS of single columns, and on JPEG 2000 of images smaller than its six resolutions.
            if ((option == "--rle" && frame.Length % 2 != 0) || (option == "--jpegls" && columns == 1) || (option == "--j2k" && Math.Min(columns, rows) < 32))
            {
                continue;
            }

            byte[] compressed = await CodecSamples.ConvertAsync(file, "gdcmconv", option);
            AssertDecoded(image, frame, syntax, CodecSamples.Codestream(compressed), "gdcmconv " + option);
        }
    }

    [Theory]
    [MemberData(nameof(Images))]
    public async Task WhatWeEncodeIsRead(int columns, int rows, int stored, bool isSigned, int samples)
    {
        ImageDescription image = CodecSamples.Describe(columns, rows, stored, isSigned, samples);
        byte[] frame = CodecSamples.Generate(image);
        await Check(CompressedSyntax.Rle, 1, "dcmdrle");
        await Check(CompressedSyntax.JpegLosslessFirstOrder, 1, "dcmdjpeg");
        for (int predictor = 1; predictor <= 7; predictor++)
        {
            await Check(CompressedSyntax.JpegLossless, predictor, "dcmdjpeg");
        }

        await Check(CompressedSyntax.JpegLsLossless, 1, "dcmdjpls");
        await Check(CompressedSyntax.Jpeg2000Lossless, 1, "gdcmconv", "--raw");

        async Task Check(string syntax, int predictor, string tool, params string[] arguments)
        {
            byte[] file = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = syntax, Predictor = predictor }, frame);
            AssertDecoded(image, frame, syntax, CodecSamples.Codestream(file), "our own");
            Assert.Equal(frame, CodecSamples.NativePixels(await CodecSamples.ConvertAsync(file, tool, arguments), frame.Length));
            Assert.Equal(frame, CodecSamples.NativePixels(await CodecSamples.ConvertAsync(file, "gdcmconv", "--raw"), frame.Length));
        }
    }

    [Theory]
    [InlineData(8, 1)]
    [InlineData(8, 3)]
    [InlineData(12, 2)]
    [InlineData(16, 20)]
    public async Task NearLosslessKeepsWithinItsDeviation(int stored, int near)
    {
        ImageDescription image = CodecSamples.Describe(61, 37, stored);
        byte[] frame = CodecSamples.Generate(image), file = CodecSamples.ToFile(image, CodecSamples.ExplicitLittleEndian, frame);
        byte[] theirs = await CodecSamples.ConvertAsync(file, "dcmcjpls", "+en", "+md", near.ToString());
        byte[] decoded = CodecSamples.NativePixels(await CodecSamples.ConvertAsync(theirs, "dcmdjpls"), frame.Length);
        AssertDecoded(image, decoded, CompressedSyntax.JpegLsNearLossless, CodecSamples.Codestream(theirs), "near");

        byte[] ours = CodecSamples.Compressed(image, new FrameEncoding { TransferSyntax = CompressedSyntax.JpegLsNearLossless, Near = near }, frame);
        byte[] read = CodecSamples.NativePixels(await CodecSamples.ConvertAsync(ours, "dcmdjpls"), frame.Length);
        AssertDecoded(image, read, CompressedSyntax.JpegLsNearLossless, CodecSamples.Codestream(ours), "our near");
        int[] before = Values(image, frame), after = Values(image, read);
        Assert.All(before.Zip(after), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, near));
    }

    private static int[] Values(ImageDescription image, byte[] frame) => image.BitsAllocated == 8
        ? Array.ConvertAll(frame, static value => (int)value)
        : Enumerable.Range(0, frame.Length / 2).Select(i => (int)BitConverter.ToUInt16(frame, 2 * i)).ToArray();

    private static void AssertDecoded(ImageDescription image, byte[] frame, string syntax, byte[] codestream, string what)
    {
        using PixelBuffer expected = Imaging.Codecs.Native.NativeDecoder.Decode(image, frame);
        using PixelBuffer actual = FrameDecoder.Decode(syntax, image, codestream);
        Assert.Equal(expected.Format, actual.Format);
        Assert.True(expected.Bytes.SequenceEqual(actual.Bytes), $"{what}: first difference at byte {expected.Bytes.CommonPrefixLength(actual.Bytes)} of {expected.Bytes.Length}");
    }
}
