using System.Buffers;
using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Core.Errors;
using Edge.Imaging.Output;

namespace Edge.Imaging.Input;

/// <summary>Reads PNG (ISO/IEC 15948): every colour type and depth, interlaced or not. Alpha is dropped, palettes become RGB, less than 8 bits become 8.</summary>
public static class PngDecoder
{
    /// <summary>DEFLATE cannot compress further (1032 to 1): a file that promises more is refused before memory is taken.</summary>
    private const int GreatestRatio = 1032;

    private const int SignatureLength = 8;
    private const int ChunkFrame = 12;

    private static ReadOnlySpan<byte> Signature => [137, 80, 78, 71, 13, 10, 26, 10];

    // The passes of Adam7 (8.2): first column, first row, and the steps.
    private static ReadOnlySpan<byte> Adam7 => [0, 0, 8, 8, 4, 0, 8, 8, 0, 4, 4, 8, 2, 0, 4, 4, 0, 2, 2, 4, 1, 0, 2, 2, 0, 1, 1, 2];

    /// <summary>Decodes a file to Gray8, Gray16, Rgb24 or Rgb48; to be disposed by the caller.</summary>
    /// <exception cref="ImageException">BadFileFormat: damaged, cut off, or larger than an image may be.</exception>
    public static PixelBuffer Decode(ReadOnlySpan<byte> file)
    {
        Header header = ReadChunks(file, out byte[] palette, out byte[] data);
        long inflated = header.InflatedLength();
        if (inflated > ImageDescription.MaximumFrameSize || inflated > (long)data.Length * GreatestRatio)
        {
            throw Faulty("promises more pixels than it can hold");
        }

        PixelBuffer pixels = new(header.Width, header.Height, header.Format);
        try
        {
            using ZLibStream stream = new(new MemoryStream(data, writable: false), CompressionMode.Decompress);
            if (header.IsInterlaced)
            {
                for (int pass = 0; pass < Adam7.Length; pass += 4)
                {
                    ReadPass(stream, header, palette, pixels, Adam7[pass], Adam7[pass + 1], Adam7[pass + 2], Adam7[pass + 3]);
                }
            }
            else
            {
                ReadPass(stream, header, palette, pixels, 0, 0, 1, 1);
            }

            return pixels;
        }
        catch (Exception e)
        {
            pixels.Dispose();
            throw e is InvalidDataException or EndOfStreamException ? Faulty("has damaged pixels") : e;
        }
    }

    private static Header ReadChunks(ReadOnlySpan<byte> file, out byte[] palette, out byte[] data)
    {
        if (!file.StartsWith(Signature))
        {
            throw Faulty("has no signature of one");
        }

        Header? header = null;
        palette = [];
        ArrayBufferWriter<byte> pixels = new(Math.Max(1, file.Length));
        file = file[SignatureLength..];
        while (file.Length >= ChunkFrame)
        {
            uint length = BinaryPrimitives.ReadUInt32BigEndian(file);
            if (length > file.Length - ChunkFrame)
            {
                throw Faulty("is cut off");
            }

            ReadOnlySpan<byte> type = file.Slice(4, 4), content = file.Slice(8, (int)length);
            if (Crc32.Append(0, file.Slice(4, 4 + (int)length)) != BinaryPrimitives.ReadUInt32BigEndian(file[(8 + (int)length)..]))
            {
                throw Faulty("has a chunk whose checksum is wrong");
            }

            file = file[(ChunkFrame + (int)length)..];
            if (type.SequenceEqual("IHDR"u8))
            {
                header = Header.Read(content);
            }
            else if (type.SequenceEqual("PLTE"u8))
            {
                palette = content.Length <= 768 ? content.ToArray() : throw Faulty("has a palette that is too long");
            }
            else if (type.SequenceEqual("IDAT"u8))
            {
                pixels.Write(content);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                break;
            }
        }

        data = pixels.WrittenSpan.ToArray();
        return header is { } found && (found.Colour != 3 || palette.Length >= 3) ? found : throw Faulty("has no header, or no palette");
    }

    private static void ReadPass(Stream stream, Header header, byte[] palette, PixelBuffer pixels, int left, int top, int stepX, int stepY)
    {
        int width = (header.Width - left + stepX - 1) / stepX, height = (header.Height - top + stepY - 1) / stepY;
        if (width <= 0 || height <= 0)
        {
            return;
        }

        int length = header.RowLength(width), distance = Math.Max(1, header.BitsPerPixel / 8);
        byte[] row = new byte[length + 1], above = new byte[length + 1];
        for (int y = 0; y < height; y++)
        {
            stream.ReadExactly(row);
            Unfilter(row[0], row.AsSpan(1), above.AsSpan(1), distance);
            header.Place(row.AsSpan(1), palette, pixels, width, left, top + (y * stepY), stepX);
            (row, above) = (above, row);
        }
    }

    /// <summary>Undoes the filter of a row (9.2).</summary>
    private static void Unfilter(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (int i = distance; i < row.Length; i++)
                {
                    row[i] += row[i - distance];
                }

                break;
            case 2:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += above[i];
                }

                break;
            case 3:
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] += (byte)(((i >= distance ? row[i - distance] : 0) + above[i]) / 2);
                }

                break;
            case 4:
                for (int i = 0; i < row.Length; i++)
                {
                    int a = i >= distance ? row[i - distance] : 0, b = above[i], c = i >= distance ? above[i - distance] : 0;
                    int p = a + b - c, pa = Math.Abs(p - a), pb = Math.Abs(p - b), pc = Math.Abs(p - c);
                    row[i] += (byte)(pa <= pb && pa <= pc ? a : pb <= pc ? b : c);
                }

                break;
            default:
                throw Faulty($"has a row with filter {filter}");
        }
    }

    private static ImageException Faulty(string what) => new(ErrorCode.BadFileFormat, $"The PNG image {what}");

    private readonly record struct Header(int Width, int Height, int Depth, int Colour, bool IsInterlaced)
    {
        public int BitsPerPixel => Depth * (Colour switch { 2 => 3, 4 => 2, 6 => 4, _ => 1 });

        public PixelFormat Format => (Colour is 2 or 6 or 3, Depth == 16) switch
        {
            (true, true) => PixelFormat.Rgb48,
            (true, false) => PixelFormat.Rgb24,
            (false, true) => PixelFormat.Gray16,
            _ => PixelFormat.Gray8,
        };

        public static Header Read(ReadOnlySpan<byte> content)
        {
            if (content.Length != 13)
            {
                throw Faulty("has a header of the wrong length");
            }

            uint width = BinaryPrimitives.ReadUInt32BigEndian(content), height = BinaryPrimitives.ReadUInt32BigEndian(content[4..]);
            int depth = content[8], colour = content[9];
            bool isKnown = colour switch
            {
                0 => depth is 1 or 2 or 4 or 8 or 16,
                3 => depth is 1 or 2 or 4 or 8,
                2 or 4 or 6 => depth is 8 or 16,
                _ => false,
            };
            if (!isKnown || content[10] != 0 || content[11] != 0 || content[12] > 1)
            {
                throw Faulty($"has colour type {colour} of {depth} bits, or methods that are not defined");
            }

            // Rows and Columns of DICOM have 16 bits.
            return width is > 0 and <= ushort.MaxValue && height is > 0 and <= ushort.MaxValue
                ? new Header((int)width, (int)height, depth, colour, content[12] == 1)
                : throw Faulty($"is of {width} x {height} pixels: up to 65535 x 65535 can be held");
        }

        public int RowLength(int width) => (int)((((long)width * BitsPerPixel) + 7) / 8);

        public long InflatedLength() => (long)Height * (1 + RowLength(Width));

        /// <summary>Puts the pixels of one row of a pass where they belong.</summary>
        public void Place(ReadOnlySpan<byte> row, byte[] palette, PixelBuffer pixels, int width, int left, int y, int step)
        {
            int size = pixels.Format.BytesPerPixel();
            Span<byte> target = pixels.Bytes.Slice(y * pixels.Stride, pixels.Stride);
            for (int x = 0; x < width; x++)
            {
                Span<byte> to = target.Slice((left + (x * step)) * size, size);
                if (Depth == 16)
                {
                    int from = x * BitsPerPixel / 8;
                    for (int i = 0; i < size; i += 2)
                    {
                        BitConverter.TryWriteBytes(to[i..], BinaryPrimitives.ReadUInt16BigEndian(row[(from + i)..]));
                    }
                }
                else if (Depth == 8 && Colour != 3)
                {
                    row.Slice(x * BitsPerPixel / 8, size).CopyTo(to);
                }
                else
                {
                    int bit = x * Depth;
                    int value = row[bit >> 3] >> (8 - Depth - (bit & 7)) & ((1 << Depth) - 1);
                    if (Colour == 3)
                    {
                        int at = value * 3;
                        (at + 3 <= palette.Length ? palette.AsSpan(at, 3) : throw Faulty("has a pixel that is not in its palette")).CopyTo(to);
                    }
                    else
                    {
                        to[0] = (byte)(value * 255 / ((1 << Depth) - 1));
                    }
                }
            }
        }
    }
}
