using System.Buffers;
using System.Diagnostics;
using Edge.Dicom.Reading;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Encapsulation;
using Xunit;

namespace Edge.Fuzz.Tests.Imaging;

/// <summary>Mutated codestreams: an image or an <see cref="ImageException"/>, in bounded time.</summary>
public sealed class CodestreamFuzzTests
{
    private const int Rounds = 3000;

    [Theory]
    [InlineData(CompressedSyntax.Rle, 16, 1)]
    [InlineData(CompressedSyntax.Rle, 8, 3)]
    [InlineData(CompressedSyntax.JpegLossless, 16, 1)]
    [InlineData(CompressedSyntax.JpegLosslessFirstOrder, 8, 3)]
    [InlineData(CompressedSyntax.JpegLsLossless, 16, 1)]
    [InlineData(CompressedSyntax.JpegLsLossless, 8, 3)]
    [InlineData(CompressedSyntax.JpegLsNearLossless, 8, 1)]
    [InlineData(CompressedSyntax.JpegBaseline, 8, 1)]
    [InlineData(CompressedSyntax.JpegBaseline, 8, 3)]
    [InlineData(CompressedSyntax.Jpeg2000Lossless, 16, 1)]
    [InlineData(CompressedSyntax.Jpeg2000Lossless, 8, 3)]
    [InlineData(CompressedSyntax.Jpeg2000, 16, 1)]
    [InlineData(CompressedSyntax.Jpeg2000, 8, 3)]
    public void MutatedCodestreams(string syntax, int bits, int samples)
    {
        ImageDescription image = Describe(bits, samples);
        byte[] frame = new byte[image.FrameBits / 8];
        Random random = new(20260101 + bits + samples);
        for (int i = 0; i < frame.Length; i++)
        {
            frame[i] = (byte)((i / 5 % 40) + (random.Next(3) == 0 ? random.Next(256) : 0));
        }

        ArrayBufferWriter<byte> encoded = new();
        FrameEncoder.Encode(new FrameEncoding { TransferSyntax = syntax }, image, frame, encoded);
        int decoded = 0, refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutated = Mutate(encoded.WrittenSpan.ToArray(), random, round);
            long start = Stopwatch.GetTimestamp();
            try
            {
                using PixelBuffer pixels = FrameDecoder.Decode(syntax, image, mutated);
                Assert.Equal((image.Columns, image.Rows), (pixels.Width, pixels.Height));
                decoded++;
            }
            catch (ImageException)
            {
                refused++;
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(5), $"round {round} took too long");
        }

        Assert.True(refused > 0 && decoded > 0, $"{decoded} decoded, {refused} refused");
    }

    /// <summary>The process of the frame header is changed: progressive, extended and lossless decoders get what is not theirs.</summary>
    [Theory]
    [InlineData(0xc1)]
    [InlineData(0xc2)]
    [InlineData(0xc3)]
    public void CodestreamsOfAnotherProcess(int process)
    {
        ImageDescription image = Describe(8, 3);
        byte[] frame = new byte[image.FrameBits / 8];
        Random random = new(process);
        random.NextBytes(frame);
        ArrayBufferWriter<byte> encoded = new();
        FrameEncoder.Encode(new FrameEncoding { TransferSyntax = CompressedSyntax.JpegBaseline }, image, frame, encoded);
        byte[] stream = encoded.WrittenSpan.ToArray();
        stream[stream.AsSpan().IndexOf(new byte[] { 0xff, 0xc0 }) + 1] = (byte)process;
        int scan = stream.AsSpan().IndexOf(new byte[] { 0xff, 0xda });
        for (int round = 0; round < Rounds; round++)
        {
            byte[] mutated = stream.ToArray();
            // Predictor or band, and approximation.
            mutated[scan + 11] = (byte)random.Next(8);
            mutated[scan + 12] = (byte)random.Next(64);
            mutated[scan + 13] = (byte)(random.Next(3) == 0 ? 0 : random.Next(256));
            mutated = Mutate(mutated, random, round);
            try
            {
                FrameDecoder.Decode(CompressedSyntax.JpegBaseline, image, mutated).Dispose();
            }
            catch (ImageException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    [Fact]
    public void EncapsulatedPixelDataOfAnyBytes()
    {
        Random random = new(7);
        ArrayBufferWriter<byte> value = new();
        EncapsulationWriter.WriteOffsetTable(value, [10, 11, 12]);
        EncapsulationWriter.WriteFrame(value, new byte[10]);
        EncapsulationWriter.WriteFrame(value, new byte[11]);
        EncapsulationWriter.WriteFrame(value, new byte[12]);
        EncapsulationWriter.WriteEnd(value);
        for (int round = 0; round < 20000; round++)
        {
            byte[] mutated = Mutate(value.WrittenSpan.ToArray(), random, round);
            byte[] table = new byte[24];
            random.NextBytes(table);
            try
            {
                byte[] frame = new EncapsulatedPixelData(new MemoryByteSource(mutated), 0, 3, round % 3 == 0 ? new ExtendedOffsetTable(table, table) : null).Read(round % 3);
                Assert.True(frame.Length <= mutated.Length);
            }
            catch (ImageException e)
            {
                Assert.NotEmpty(e.Message);
            }
        }
    }

    private static ImageDescription Describe(int bits, int samples) => new()
    {
        Rows = 33,
        Columns = 41,
        SamplesPerPixel = samples,
        BitsAllocated = bits,
        BitsStored = bits,
        HighBit = bits - 1,
        Photometric = samples == 3 ? "RGB" : "MONOCHROME2",
    };

    private static byte[] Mutate(byte[] bytes, Random random, int round)
    {
        if (round == 0)
        {
            return bytes;
        }

        for (int i = random.Next(1, 6); i > 0; i--)
        {
            // Headers are hit as often as what follows.
            int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Length, 120) : bytes.Length);
            bytes[at] = random.Next(3) switch
            {
                0 => (byte)random.Next(256),
                1 => (byte)(bytes[at] ^ 1 << random.Next(8)),
                _ => (byte)(random.Next(2) == 0 ? 0xff : 0),
            };
        }

        return random.Next(4) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
