using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The markers of a codestream (annex A), from SIZ to the packets of each tile. Boxes of JP2 around it are passed over.</summary>
internal sealed class Codestream
{
    private const int MaximumComponents = 4;

    /// <summary>Image and tile areas on the reference grid (A.5.1).</summary>
    public int X0 { get; private set; }

    public int Y0 { get; private set; }

    public int X1 { get; private set; }

    public int Y1 { get; private set; }

    public int TileX0 { get; private set; }

    public int TileY0 { get; private set; }

    public int TileWidth { get; private set; }

    public int TileHeight { get; private set; }

    public int Components { get; private set; }

    public int Precision { get; private set; }

    public bool IsSigned { get; private set; }

    public int TilesAcross => DivideUp(X1 - TileX0, TileWidth);

    public int TilesDown => DivideUp(Y1 - TileY0, TileHeight);

    public TileStyle Style { get; } = new();

    /// <summary>The tile-parts, in their order.</summary>
    public List<TilePart> Parts { get; } = [];

    public static ImageException Faulty(string what) => new(ErrorCode.CorruptedFile, $"the JPEG 2000 codestream {what}");

    public static ImageException Unknown(string what) => new(ErrorCode.NotImplemented, $"the JPEG 2000 codestream {what}, which is not decodable");

    public static int DivideUp(int value, int by) => (int)(((long)value + by - 1) / by);

    /// <summary>Reads everything but packets.</summary>
    public static Codestream Read(ReadOnlySpan<byte> data)
    {
        Codestream stream = new();
        int at = FindStart(data) + 2;
        at = stream.ReadHeader(data, at, stream.Style, null);
        if (stream.Components == 0 || stream.Style.Layers == 0 || stream.Style.Components.Any(static one => !one.HasQuantization))
        {
            throw Faulty("lacks the size, the coding style or the quantization");
        }

        stream.ReadParts(data, at);
        return stream;
    }

    // JP2: boxes of a length and a type; what is looked for is jp2c.
    private static int FindStart(ReadOnlySpan<byte> data)
    {
        int at = 0;
        while (at + 8 <= data.Length)
        {
            if (BinaryPrimitives.ReadUInt32BigEndian(data[at..]) == 0xff4fff51)
            {
                return at;
            }

            long length = BinaryPrimitives.ReadUInt32BigEndian(data[at..]);
            bool isCodestream = data.Slice(at + 4, 4).SequenceEqual("jp2c"u8);
            int header = 8;
            if (length == 1 && at + 16 <= data.Length)
            {
                (length, header) = (BinaryPrimitives.ReadInt64BigEndian(data[(at + 8)..]), 16);
            }

            if (isCodestream && at + header + 4 <= data.Length && BinaryPrimitives.ReadUInt32BigEndian(data[(at + header)..]) == 0xff4fff51)
            {
                return at + header;
            }

            if (isCodestream || length < header || length > data.Length - at)
            {
                break;
            }

            at += (int)length;
        }

        throw Faulty("has no start");
    }

    // Markers up to SOT or SOD; gives the place of SOT, or of what follows SOD.
    private int ReadHeader(ReadOnlySpan<byte> data, int at, TileStyle style, TilePart? part)
    {
        while (at + 2 <= data.Length)
        {
            int marker = BinaryPrimitives.ReadUInt16BigEndian(data[at..]);
            if (part is null && marker == 0xff90)
            {
                return at;
            }

            at += 2;
            if (part is not null && marker == 0xff93)
            {
                return at;
            }

            int length = at + 2 <= data.Length ? BinaryPrimitives.ReadUInt16BigEndian(data[at..]) : 0;
            if (length < 2 || length > data.Length - at || marker < 0xff00)
            {
                break;
            }

            MarkerReader segment = new(data.Slice(at + 2, length - 2));
            at += length;
            if (marker == 0xff51 && part is null)
            {
                ReadSize(ref segment);
                continue;
            }

            if (Components == 0)
            {
                throw Faulty("does not begin with its size");
            }

            switch (marker)
            {
                case 0xff52:
                    MarkerSegments.ReadCodingDefault(ref segment, style);
                    break;
                case 0xff53:
                    MarkerSegments.ReadCodingOf(ref segment, style);
                    break;
                case 0xff5c:
                    MarkerSegments.ReadQuantizationDefault(ref segment, style);
                    break;
                case 0xff5d:
                    MarkerSegments.ReadQuantizationOf(ref segment, style);
                    break;
                case 0xff5f:
                    MarkerSegments.ReadProgressions(ref segment, style);
                    break;
                case 0xff5e:
                    throw Unknown("has a region of interest");
                case 0xff60 or 0xff61:
                    throw Unknown("has packed packet headers");
                case 0xff50:
                    MarkerSegments.ReadCapabilities(ref segment);
                    break;
                default:
                    // Lengths of packets, registration, comments: hints.
                    break;
            }
        }

        throw Faulty("ends within a header");
    }

    private void ReadSize(ref MarkerReader segment)
    {
        segment.Skip(2);
        uint x1 = segment.UInt32(), y1 = segment.UInt32(), x0 = segment.UInt32(), y0 = segment.UInt32();
        uint width = segment.UInt32(), height = segment.UInt32(), tx = segment.UInt32(), ty = segment.UInt32();
        int components = segment.UInt16();
        if (x1 > int.MaxValue || y1 > int.MaxValue || x0 >= x1 || y0 >= y1 || tx > x0 || ty > y0 || width == 0 || height == 0
            || (ulong)tx + width <= x0 || (ulong)ty + height <= y0 || components == 0 || Components != 0)
        {
            throw Faulty("has an impossible size");
        }

        if (components > MaximumComponents)
        {
            throw Unknown($"has {components} components");
        }

        (X0, Y0, X1, Y1, TileX0, TileY0) = ((int)x0, (int)y0, (int)x1, (int)y1, (int)tx, (int)ty);
        (TileWidth, TileHeight) = ((int)Math.Min(width, x1 - tx), (int)Math.Min(height, y1 - ty));
        for (int i = 0; i < components; i++)
        {
            int depth = segment.Byte(), dx = segment.Byte(), dy = segment.Byte();
            if (dx != 1 || dy != 1)
            {
                throw Unknown("has subsampled components");
            }

            if (i > 0 && (Precision, IsSigned) != ((depth & 0x7f) + 1, (depth & 0x80) != 0))
            {
                throw Unknown("has components of different depths");
            }

            (Precision, IsSigned) = ((depth & 0x7f) + 1, (depth & 0x80) != 0);
        }

        if (Precision > 16)
        {
            throw Unknown($"has {Precision} bits");
        }

        Components = components;
        Style.Components = new CodingStyle[components];
        for (int i = 0; i < components; i++)
        {
            Style.Components[i] = new CodingStyle();
        }

        Style.Own = new byte[components];
    }

    private void ReadParts(ReadOnlySpan<byte> data, int at)
    {
        int tiles = checked(TilesAcross * (long)TilesDown) is <= 65535 and var count ? (int)count : throw Faulty("has too many tiles");
        Dictionary<int, TileStyle> styles = [];
        while (at + 12 <= data.Length && BinaryPrimitives.ReadUInt16BigEndian(data[at..]) == 0xff90)
        {
            int tile = BinaryPrimitives.ReadUInt16BigEndian(data[(at + 4)..]);
            uint length = BinaryPrimitives.ReadUInt32BigEndian(data[(at + 6)..]);
            if (BinaryPrimitives.ReadUInt16BigEndian(data[(at + 2)..]) != 10 || tile >= tiles)
            {
                throw Faulty("has a faulty tile-part");
            }

            // Zero: all that is left.
            int end = length == 0 ? EndOfLast(data) : length >= 14 && length <= data.Length - at ? at + (int)length : throw Faulty("ends within a tile-part");
            if (!styles.TryGetValue(tile, out TileStyle? style))
            {
                styles.Add(tile, style = Style.Copy());
            }

            TilePart part = new(tile, style);
            int start = ReadHeader(data[..end], at + 12, style, part);
            Parts.Add(part with { Start = start, Length = end - start });
            at = end;
        }

        if (at + 2 > data.Length || BinaryPrimitives.ReadUInt16BigEndian(data[at..]) != 0xffd9)
        {
            throw Faulty("has no end");
        }
    }

    private static int EndOfLast(ReadOnlySpan<byte> data)
    {
        int end = data.LastIndexOf((ReadOnlySpan<byte>)[0xff, 0xd9]);
        return end > 0 ? end : throw Faulty("has no end");
    }
}

/// <summary>Where packets of a tile stand.</summary>
internal sealed record TilePart(int Tile, TileStyle Style)
{
    public int Start { get; init; }

    public int Length { get; init; }
}
