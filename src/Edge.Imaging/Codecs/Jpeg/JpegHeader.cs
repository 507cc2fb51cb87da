using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>A component of a frame (ISO/IEC 10918-1 B.2.2), and of a scan (B.2.3).</summary>
internal struct JpegComponent
{
    public int Id, Horizontal, Vertical, Quantization, DcTable, AcTable;
}

/// <summary>
/// The marker segments of a codestream (ISO/IEC 10918-1 annex B), read up to each scan. One instance serves many codestreams: its tables
/// are filled anew.
/// </summary>
internal sealed class JpegHeader
{
    public const int Sof0 = 0xc0, Sof1 = 0xc1, Sof2 = 0xc2, Sof3 = 0xc3;

    private readonly bool[] _hasQuantization = new bool[4];

    public ushort[][] Quantization { get; } = [new ushort[64], new ushort[64], new ushort[64], new ushort[64]];

    public HuffmanTable[] Dc { get; } = [new(), new(), new(), new()];

    public HuffmanTable[] Ac { get; } = [new(), new(), new(), new()];

    public JpegComponent[] Components { get; } = new JpegComponent[4];

    public int ComponentCount { get; private set; }

    /// <summary>The marker of the frame: the process.</summary>
    public int Process { get; private set; }

    public int Precision { get; private set; }

    public int Width { get; private set; }

    /// <summary>0 where a DNL segment should tell it.</summary>
    public int Height { get; private set; }

    public int RestartInterval { get; private set; }

    /// <summary>The colour transform of an Adobe segment, or -1.</summary>
    public int AdobeTransform { get; private set; }

    public bool IsJfif { get; private set; }

    /// <summary>Where the next byte is read.</summary>
    public int Position { get; set; }

    /// <summary>The indices of the components in the scan.</summary>
    public int[] ScanComponents { get; } = new int[4];

    public int ScanComponentCount { get; private set; }

    /// <summary>Ss, or the predictor of a lossless scan.</summary>
    public int SpectralStart { get; private set; }

    public int SpectralEnd { get; private set; }

    public int ApproximationHigh { get; private set; }

    /// <summary>Al, or the point transform of a lossless scan.</summary>
    public int ApproximationLow { get; private set; }

    /// <summary>Begins a codestream.</summary>
    /// <exception cref="ImageException">It does not begin with SOI.</exception>
    public void Begin(ReadOnlySpan<byte> data)
    {
        if (data.Length < 4 || data[0] != 0xff || data[1] != 0xd8)
        {
            throw Faulty("does not begin with SOI");
        }

        for (int i = 0; i < 4; i++)
        {
            _hasQuantization[i] = false;
            Dc[i].Clear();
            Ac[i].Clear();
        }

        (Process, ComponentCount, RestartInterval, AdobeTransform, IsJfif, Position) = (0, 0, 0, -1, false, 2);
    }

    /// <summary>Reads segments up to the entropy-coded data of the next scan. False at EOI, or where nothing more follows.</summary>
    /// <exception cref="ImageException">A faulty segment.</exception>
    public bool ReadToScan(ReadOnlySpan<byte> data)
    {
        while (true)
        {
            int marker = NextMarker(data);
            switch (marker)
            {
                case -1 or 0xd9:
                    return false;
                case 0x01 or (>= 0xd0 and <= 0xd8):
                    continue;
            }

            ReadOnlySpan<byte> segment = Segment(data);
            switch (marker)
            {
                case 0xc4:
                    ReadHuffman(segment);
                    break;
                case 0xdb:
                    ReadQuantization(segment);
                    break;
                case 0xdd:
                    RestartInterval = segment.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(segment) : throw Faulty("has a short DRI segment");
                    break;
                case 0xe0:
                    IsJfif |= segment.StartsWith("JFIF\0"u8);
                    break;
                case 0xee when segment.StartsWith("Adobe"u8) && segment.Length >= 12:
                    AdobeTransform = segment[11];
                    break;
                case 0xda:
                    ReadScan(segment);
                    return true;
                case >= 0xc0 and <= 0xcf and not 0xc8 and not 0xcc:
                    ReadFrame(marker, segment);
                    break;
            }
        }
    }

    /// <summary>The quantization table of a component.</summary>
    /// <exception cref="ImageException">It is not defined.</exception>
    public ushort[] QuantizationOf(in JpegComponent component) => _hasQuantization[component.Quantization]
        ? Quantization[component.Quantization]
        : throw Faulty($"uses quantization table {component.Quantization}, which is not defined");

    /// <exception cref="ImageException">It is not defined, or has symbols greater than <paramref name="greatest"/>.</exception>
    public static HuffmanTable Demand(HuffmanTable[] tables, int index, int greatest) =>
        tables[index].IsDefined && tables[index].GreatestSymbol <= greatest
            ? tables[index]
            : throw Faulty($"uses Huffman table {index}, which is not defined or not for this process");

    public static ImageException Faulty(string what) => new(ErrorCode.CorruptedFile, $"the JPEG codestream {what}");

    private int NextMarker(ReadOnlySpan<byte> data)
    {
        while (Position < data.Length - 1)
        {
            if (data[Position] == 0xff && data[Position + 1] is not (0 or 0xff))
            {
                int marker = data[Position + 1];
                Position += 2;
                return marker;
            }

            Position++;
        }

        return -1;
    }

    private ReadOnlySpan<byte> Segment(ReadOnlySpan<byte> data)
    {
        int length = Position <= data.Length - 2 ? BinaryPrimitives.ReadUInt16BigEndian(data[Position..]) : 0;
        if (length < 2 || Position + length > data.Length)
        {
            throw Faulty($"ends within a segment of {length} bytes");
        }

        ReadOnlySpan<byte> segment = data.Slice(Position + 2, length - 2);
        Position += length;
        return segment;
    }

    private void ReadFrame(int marker, ReadOnlySpan<byte> segment)
    {
        if (marker is not (Sof0 or Sof1 or Sof2 or Sof3))
        {
            throw new ImageException(ErrorCode.NotImplemented, $"JPEG of process SOF{marker - Sof0} is not decodable");
        }

        if (Process != 0 || segment.Length < 6 || segment[5] is < 1 or > 4 || segment.Length < 6 + (3 * segment[5]))
        {
            throw Faulty("has a faulty frame header");
        }

        (Process, Precision, ComponentCount) = (marker, segment[0], segment[5]);
        Height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        Width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        bool isGood = Width != 0 && (marker == Sof3 ? Precision is >= 2 and <= 16 : Precision == 8 || (Precision == 12 && marker != Sof0));
        for (int i = 0; i < ComponentCount; i++)
        {
            ReadOnlySpan<byte> entry = segment.Slice(6 + (3 * i), 3);
            Components[i] = new JpegComponent { Id = entry[0], Horizontal = entry[1] >> 4, Vertical = entry[1] & 15, Quantization = entry[2] & 3 };
            isGood &= Components[i].Horizontal is >= 1 and <= 4 && Components[i].Vertical is >= 1 and <= 4 && entry[2] < 4;
        }

        if (!isGood)
        {
            throw Faulty("has a faulty frame header");
        }
    }

    private void ReadScan(ReadOnlySpan<byte> segment)
    {
        int count = segment.Length != 0 ? segment[0] : 0;
        if (Process == 0 || count is < 1 or > 4 || count > ComponentCount || segment.Length < 4 + (2 * count))
        {
            throw Faulty("has a faulty scan header");
        }

        ScanComponentCount = count;
        for (int i = 0; i < count; i++)
        {
            int id = segment[1 + (2 * i)], tables = segment[2 + (2 * i)];
            int index = Array.FindIndex(Components, 0, ComponentCount, component => component.Id == id);
            if (index < 0 || Array.IndexOf(ScanComponents, index, 0, i) >= 0 || tables >> 4 > 3 || (tables & 15) > 3)
            {
                throw Faulty($"has a scan of a component {id} that its frame has not, or has twice");
            }

            ScanComponents[i] = index;
            Components[index].DcTable = tables >> 4;
            Components[index].AcTable = tables & 15;
        }

        ReadOnlySpan<byte> rest = segment[(1 + (2 * count))..];
        (SpectralStart, SpectralEnd, ApproximationHigh, ApproximationLow) = (rest[0], rest[1], rest[2] >> 4, rest[2] & 15);
    }

    private void ReadHuffman(ReadOnlySpan<byte> segment)
    {
        while (segment.Length >= 17)
        {
            int total = 0;
            foreach (byte count in segment.Slice(1, 16))
            {
                total += count;
            }

            int place = segment[0];
            if (place >> 4 > 1 || (place & 15) > 3 || total > 256 || segment.Length < 17 + total)
            {
                throw Faulty("has a faulty Huffman table");
            }

            (place >> 4 == 0 ? Dc : Ac)[place & 15].Define(segment.Slice(1, 16), segment.Slice(17, total));
            segment = segment[(17 + total)..];
        }
    }

    private void ReadQuantization(ReadOnlySpan<byte> segment)
    {
        while (segment.Length != 0)
        {
            int index = segment[0] & 15, bytes = segment[0] >> 4 == 0 ? 1 : 2;
            if (index > 3 || segment[0] >> 4 > 1 || segment.Length < 1 + (64 * bytes))
            {
                throw Faulty("has a faulty quantization table");
            }

            for (int i = 0; i < 64; i++)
            {
                Quantization[index][ZigZag.Order[i]] = bytes == 1 ? segment[1 + i] : BinaryPrimitives.ReadUInt16BigEndian(segment[(1 + (2 * i))..]);
            }

            _hasQuantization[index] = true;
            segment = segment[(1 + (64 * bytes))..];
        }
    }
}
