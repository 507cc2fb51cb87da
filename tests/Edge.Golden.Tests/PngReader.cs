using System.Buffers.Binary;
using System.IO.Compression;

namespace Edge.Golden.Tests;

/// <summary>A PNG reader of its own, as plain as the standard (ISO/IEC 15948): it shares nothing with the writer, checksums included.</summary>
public sealed class PngReader
{
    private PngReader(int width, int height, int depth, int colour, byte[] samples, SortedSet<int> filters) =>
        (Width, Height, Depth, Colour, Samples, Filters) = (width, height, depth, colour, samples, filters);

    public int Width { get; }

    public int Height { get; }

    public int Depth { get; }

    /// <summary>0 grey, 2 RGB.</summary>
    public int Colour { get; }

    /// <summary>The samples in file order: 16-bit ones big endian.</summary>
    public byte[] Samples { get; }

    /// <summary>The filters met.</summary>
    public SortedSet<int> Filters { get; }

    /// <summary>The value of each sample.</summary>
    public int[] Values => Depth == 8
        ? Array.ConvertAll(Samples, static b => (int)b)
        : Enumerable.Range(0, Samples.Length / 2).Select(i => (Samples[2 * i] << 8) | Samples[(2 * i) + 1]).ToArray();

    public static PngReader Read(ReadOnlySpan<byte> file)
    {
        Demand(file[..8].SequenceEqual(new byte[] { 137, 80, 78, 71, 13, 10, 26, 10 }), "signature");
        file = file[8..];
        byte[]? header = null;
        MemoryStream data = new();
        string type = "";
        while (type != "IEND")
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(file);
            type = System.Text.Encoding.ASCII.GetString(file.Slice(4, 4));
            uint crc = BinaryPrimitives.ReadUInt32BigEndian(file[(8 + length)..]);
            Demand(crc == Crc(file.Slice(4, 4 + length)), $"checksum of {type}");
            switch (type)
            {
                case "IHDR": header = file.Slice(8, length).ToArray(); break;
                case "IDAT": data.Write(file.Slice(8, length)); break;
                case "IEND": Demand(length == 0, "IEND"); break;
                default: throw new FormatException($"chunk {type}");
            }

            file = file[(12 + length)..];
        }

        Demand(file.IsEmpty, "bytes after IEND");
        int width = BinaryPrimitives.ReadInt32BigEndian(header), height = BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(4));
        (int depth, int colour) = (header![8], header[9]);
        Demand(header[10] == 0 && header[11] == 0 && header[12] == 0, "methods");
        int distance = (colour == 2 ? 3 : 1) * depth / 8;
        data.Position = 0;
        using ZLibStream zlib = new(data, CompressionMode.Decompress);
        MemoryStream inflated = new();
        zlib.CopyTo(inflated);
        SortedSet<int> filters = [];
        byte[] samples = Unfilter(inflated.ToArray(), width * distance, height, distance, filters);
        return new PngReader(width, height, depth, colour, samples, filters);
    }

    private static byte[] Unfilter(byte[] rows, int stride, int height, int distance, SortedSet<int> filters)
    {
        Demand(rows.Length == (stride + 1) * height, "length of the image data");
        byte[] samples = new byte[stride * height];
        for (int y = 0; y < height; y++)
        {
            int filter = rows[y * (stride + 1)];
            filters.Add(filter);
            for (int x = 0; x < stride; x++)
            {
                int a = x >= distance ? samples[(y * stride) + x - distance] : 0;
                int b = y > 0 ? samples[((y - 1) * stride) + x] : 0;
                int c = x >= distance && y > 0 ? samples[((y - 1) * stride) + x - distance] : 0;
                int p = a + b - c;
                (int pa, int pb, int pc) = (Math.Abs(p - a), Math.Abs(p - b), Math.Abs(p - c));
                int prediction = filter switch
                {
                    0 => 0,
                    1 => a,
                    2 => b,
                    3 => (a + b) / 2,
                    4 => pa <= pb && pa <= pc ? a : pb <= pc ? b : c,
                    _ => throw new FormatException($"filter {filter}"),
                };
                samples[(y * stride) + x] = (byte)(rows[(y * (stride + 1)) + 1 + x] + prediction);
            }
        }

        return samples;
    }

    private static uint Crc(ReadOnlySpan<byte> bytes)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in bytes)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? 0xedb88320 ^ (crc >> 1) : crc >> 1;
            }
        }

        return ~crc;
    }

    private static void Demand(bool isGood, string what)
    {
        if (!isGood)
        {
            throw new FormatException($"not a good PNG: {what}");
        }
    }
}
