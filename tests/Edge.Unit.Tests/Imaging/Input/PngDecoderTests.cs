using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Core.Errors;
using Edge.Imaging;
using Edge.Imaging.Input;
using Edge.Imaging.Output;
using Xunit;

namespace Edge.Unit.Tests.Imaging.Input;

public sealed class PngDecoderTests
{
    [Theory]
    [InlineData(PixelFormat.Gray8)]
    [InlineData(PixelFormat.Gray16)]
    [InlineData(PixelFormat.Rgb24)]
    public void WhatOurWriterWritesIsReadAgain(PixelFormat format)
    {
        using PixelBuffer image = new(37, 23, format);
        new Random(5).NextBytes(image.Bytes);
        using EncodedImage png = PngWriter.Encode(image);
        using PixelBuffer read = PngDecoder.Decode(png.Span);
        Assert.Equal((37, 23, format), (read.Width, read.Height, read.Format));
        Assert.True(image.Bytes.SequenceEqual(read.Bytes));
    }

    [Theory]
    [InlineData(0, 1, false)]
    [InlineData(0, 2, true)]
    [InlineData(0, 4, false)]
    [InlineData(0, 16, true)]
    [InlineData(2, 8, true)]
    [InlineData(2, 16, false)]
    [InlineData(3, 4, false)]
    [InlineData(3, 8, true)]
    [InlineData(4, 8, false)]
    [InlineData(4, 16, false)]
    [InlineData(6, 8, true)]
    [InlineData(6, 16, true)]
    public void EveryColourTypeAndDepthIsRead(int colour, int depth, bool interlaced)
    {
        const int Width = 11, Height = 9;
        int channels = colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 };
        byte[] palette = new byte[3 << Math.Min(depth, 8)];
        new Random(1).NextBytes(palette);
        int[] samples = new int[Width * Height * channels];
        Random random = new(2);
        for (int i = 0; i < samples.Length; i++)
        {
            samples[i] = random.Next(1 << depth);
        }

        using PixelBuffer read = PngDecoder.Decode(Write(Width, Height, depth, colour, channels, interlaced, samples, palette));
        Assert.Equal((Width, Height), (read.Width, read.Height));
        bool isColour = colour is 2 or 3 or 6;
        Assert.Equal(isColour ? depth == 16 ? PixelFormat.Rgb48 : PixelFormat.Rgb24 : depth == 16 ? PixelFormat.Gray16 : PixelFormat.Gray8, read.Format);
        int kept = isColour ? 3 : 1;
        for (int pixel = 0; pixel < Width * Height; pixel++)
        {
            for (int c = 0; c < kept; c++)
            {
                int expected = colour == 3 ? palette[(samples[pixel] * 3) + c]
                    : depth < 8 ? samples[pixel] * 255 / ((1 << depth) - 1)
                    : samples[(pixel * channels) + c];
                int got = depth == 16 ? read.Samples<ushort>()[(pixel * kept) + c] : read.Bytes[(pixel * kept) + c];
                Assert.Equal(expected, got);
            }
        }
    }

    [Fact]
    public void EveryFilterIsUndone()
    {
        byte[] rows = [0, 10, 20, 30, 1, 5, 5, 5, 2, 1, 2, 3, 3, 4, 4, 4, 4, 7, 8, 9];
        using PixelBuffer read = PngDecoder.Decode(Assemble(3, 5, 8, 0, false, rows, []));
        Assert.Equal(new byte[] { 10, 20, 30, 5, 10, 15, 6, 12, 18, 7, 13, 19, 14, 22, 31 }, read.Bytes.ToArray());
    }

    [Fact]
    public void AnImageThatPromisesMoreThanItHoldsTakesNoMemory()
    {
        byte[] bomb = Assemble(65535, 65535, 8, 0, false, [0, 1, 2], []);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal(ErrorCode.BadFileFormat, Assert.Throws<ImageException>(() => PngDecoder.Decode(bomb)).Code);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 64 * 1024);
    }

    [Fact]
    public void DamageIsAnErrorAlways()
    {
        byte[] good = Assemble(3, 5, 8, 0, false, [0, 10, 20, 30, 1, 5, 5, 5, 2, 1, 2, 3, 3, 4, 4, 4, 4, 7, 8, 9], []);
        for (int length = 0; length < good.Length - 12; length++)
        {
            Assert.Throws<ImageException>(() => PngDecoder.Decode(good.AsSpan(0, length)).Dispose());
        }

        Random random = new(7);
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. good];
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            try
            {
                PngDecoder.Decode(damaged).Dispose();
            }
            catch (ImageException)
            {
                // The one failure that may leave it.
            }
        }
    }

    private static byte[] Write(int width, int height, int depth, int colour, int channels, bool interlaced, int[] samples, byte[] palette)
    {
        MemoryStream rows = new();
        byte[] passes = interlaced ? [0, 0, 8, 8, 4, 0, 8, 8, 0, 4, 4, 8, 2, 0, 4, 4, 0, 2, 2, 4, 1, 0, 2, 2, 0, 1, 1, 2] : [0, 0, 1, 1];
        for (int pass = 0; pass < passes.Length; pass += 4)
        {
            for (int y = passes[pass + 1]; y < height; y += passes[pass + 3])
            {
                List<bool> bits = [];
                for (int x = passes[pass]; x < width; x += passes[pass + 2])
                {
                    for (int c = 0; c < channels; c++)
                    {
                        for (int bit = depth - 1; bit >= 0; bit--)
                        {
                            bits.Add((samples[(((y * width) + x) * channels) + c] >> bit & 1) != 0);
                        }
                    }
                }

                if (bits.Count == 0)
                {
                    continue;
                }

                byte[] row = new byte[1 + ((bits.Count + 7) / 8)];
                for (int i = 0; i < bits.Count; i++)
                {
                    row[1 + (i / 8)] |= (byte)(bits[i] ? 0x80 >> (i % 8) : 0);
                }

                rows.Write(row);
            }
        }

        return Assemble(width, height, depth, colour, interlaced, rows.ToArray(), colour == 3 ? palette : []);
    }

    private static byte[] Assemble(int width, int height, int depth, int colour, bool interlaced, byte[] rows, byte[] palette)
    {
        MemoryStream file = new();
        file.Write([137, 80, 78, 71, 13, 10, 26, 10]);
        byte[] header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), height);
        (header[8], header[9], header[12]) = ((byte)depth, (byte)colour, interlaced ? (byte)1 : (byte)0);
        Chunk(file, "IHDR"u8, header);
        if (palette.Length > 0)
        {
            Chunk(file, "PLTE"u8, palette);
        }

        MemoryStream data = new();
        using (ZLibStream zlib = new(data, CompressionLevel.Fastest, leaveOpen: true))
        {
            zlib.Write(rows);
        }

        Chunk(file, "IDAT"u8, data.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] content)
    {
        byte[] chunk = [.. type, .. content];
        byte[] number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(chunk);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.Of(chunk));
        file.Write(number);
    }
}
