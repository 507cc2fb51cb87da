using System.Buffers;
using Edge.Dicom.Reading;
using Edge.Imaging;
using Edge.Imaging.Codecs;
using Edge.Imaging.Codecs.Native;
using Edge.Imaging.Encapsulation;
using Edge.Imaging.Input;
using Edge.Imaging.Output;
using Edge.TestKit;

namespace Edge.Fuzz.Tests.Imaging;

/// <summary>Small images in every form that some decoder reads, and how it is read.</summary>
internal static class DecoderSeeds
{
    private static readonly string[] Syntaxes =
    [
        CompressedSyntax.Rle, CompressedSyntax.JpegLossless, CompressedSyntax.JpegLosslessFirstOrder, CompressedSyntax.JpegLsLossless, CompressedSyntax.JpegLsNearLossless,
        CompressedSyntax.JpegBaseline, CompressedSyntax.JpegExtended, CompressedSyntax.Jpeg2000Lossless, CompressedSyntax.Jpeg2000,
    ];

    private static readonly (string Name, int Columns, int Rows, int Bits, int Samples)[] HighThroughput =
    [
        ("1x1x1-8-levels5", 1, 1, 8, 1), ("61x37x1-8-refined", 61, 37, 12, 1), ("61x37x1-16-blocks4x4", 61, 37, 16, 1), ("3x200x1-12-blocks4x1024", 3, 200, 12, 1),
        ("45x31x3-8-lossy", 45, 31, 8, 3),
    ];

    public static List<DecoderSeed> Make()
    {
        List<DecoderSeed> seeds = [];
        foreach (string syntax in Syntaxes)
        {
            foreach ((int columns, int rows, int bits, int samples) in new[] { (13, 9, 8, 1), (5, 16, 8, 3), (17, 6, 16, 1), (8, 8, 12, 1) })
            {
                if (bits > 8 && syntax is CompressedSyntax.JpegBaseline || bits == 16 && syntax is CompressedSyntax.JpegExtended)
                {
                    continue;
                }

                ImageDescription image = Describe(columns, rows, bits, samples);
                ArrayBufferWriter<byte> stream = new();
                FrameEncoder.Encode(new FrameEncoding { TransferSyntax = syntax }, image, Frame(image), stream);
                byte[] bytes = stream.WrittenSpan.ToArray();
                seeds.Add(new DecoderSeed($"{syntax} {bits}/{samples}", bytes, coded => Frame(syntax, image, coded)));
                // The JPEG decoders get frames of each other's processes.
                int header = bytes.AsSpan().IndexOf(new byte[] { 0xff, 0xc0 });
                foreach (byte process in header >= 0 && samples == 3 ? new byte[] { 0xc1, 0xc2, 0xc3 } : [])
                {
                    byte[] other = [.. bytes];
                    other[header + 1] = process;
                    seeds.Add(new DecoderSeed($"{syntax} as {process:x2}", other, coded => Frame(syntax, image, coded)));
                }
            }
        }

        // No encoder of these is here: codestreams of the golden tests, and one with passes of refinement.
        foreach ((string name, int columns, int rows, int bits, int samples) in HighThroughput)
        {
            ImageDescription image = Describe(columns, rows, bits, samples);
            byte[] stream = File.ReadAllBytes(Path.Combine(RepositoryPaths.Root, "tests/Edge.Golden.Tests/Codecs/HighThroughput", name + ".j2c"));
            seeds.Add(new DecoderSeed(name, stream, coded => Frame(CompressedSyntax.HtJpeg2000, image, coded)));
        }

        foreach ((int bits, int samples, string photometric) in new[] { (1, 1, "MONOCHROME2"), (12, 1, "MONOCHROME1"), (16, 1, "MONOCHROME2"), (32, 1, "MONOCHROME2"), (8, 3, "RGB") })
        {
            ImageDescription image = Describe(12, 8, bits, samples) with { Photometric = photometric };
            seeds.Add(new DecoderSeed($"native {bits} {photometric}", Frame(image), bytes => NativeDecoder.Decode(image, bytes, bits == 1 ? bytes.Length % 8 : 0).Dispose()));
        }

        using PixelBuffer picture = new(9, 7, PixelFormat.Rgb24);
        new Random(4).NextBytes(picture.Bytes);
        using EncodedImage png = PngWriter.Encode(picture), jpeg = JpegImageWriter.Encode(picture, 80), pam = PamWriter.Encode(picture);
        seeds.Add(new DecoderSeed("png", png.Span.ToArray(), static bytes => PngDecoder.Decode(bytes).Dispose()));
        seeds.Add(new DecoderSeed("jpeg", jpeg.Span.ToArray(), static bytes => JpegImage.Decode(bytes).Dispose()));
        seeds.Add(new DecoderSeed("pam", pam.Span.ToArray(), static bytes => PamDecoder.Decode(bytes).Dispose()));
        ArrayBufferWriter<byte> value = new();
        EncapsulationWriter.WriteOffsetTable(value, [10, 11, 12]);
        EncapsulationWriter.WriteFrame(value, new byte[10]);
        EncapsulationWriter.WriteFrame(value, new byte[11]);
        EncapsulationWriter.WriteFrame(value, new byte[12]);
        EncapsulationWriter.WriteEnd(value);
        seeds.Add(new DecoderSeed("fragments", value.WrittenSpan.ToArray(), static bytes => new EncapsulatedPixelData(new MemoryByteSource(bytes), 0, 3).Read(bytes.Length % 3)));
        return seeds;
    }

    private static void Frame(string syntax, ImageDescription image, byte[] bytes)
    {
        using PixelBuffer pixels = FrameDecoder.Decode(syntax, image, bytes);
        if ((pixels.Width, pixels.Height) != (image.Columns, image.Rows))
        {
            throw new InvalidOperationException($"{pixels.Width} x {pixels.Height} pixels of {image.Columns} x {image.Rows}");
        }
    }

    private static byte[] Frame(ImageDescription image)
    {
        byte[] frame = new byte[(image.FrameBits / 8) + (image.BitsAllocated == 1 ? 1 : 0)];
        Random random = new(image.BitsStored);
        for (int i = 0; i < frame.Length; i++)
        {
            frame[i] = (byte)((i / 5 % 15) + (random.Next(3) == 0 && (image.BitsStored != 12 || (i & 1) == 0) ? random.Next(256) : 0));
        }

        return frame;
    }

    private static ImageDescription Describe(int columns, int rows, int bits, int samples) => new()
    {
        Rows = rows,
        Columns = columns,
        SamplesPerPixel = samples,
        BitsAllocated = bits == 12 ? 16 : bits,
        BitsStored = bits,
        HighBit = bits - 1,
        Photometric = samples == 3 ? "RGB" : "MONOCHROME2",
    };
}

/// <summary>What a decoder reads without error.</summary>
internal sealed record DecoderSeed(string Name, byte[] Bytes, Action<byte[]> Decode);
