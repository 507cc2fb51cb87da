using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>The marker segments of a JPEG-LS codestream (ISO/IEC 14495-1 annex C).</summary>
internal struct JpegLsHeader
{
    private int _maximum, _t1, _t2, _t3, _reset;
    private readonly byte[] _ids;

    public JpegLsHeader(byte[] ids) => _ids = ids;

    public int Precision, Width, Height, Components, Position;

    public int ScanComponents, FirstScanComponent, Near, Interleave, Shift;

    /// <summary>The parameters of the scan.</summary>
    /// <exception cref="ImageException">They contradict each other.</exception>
    public readonly JpegLsParameters Parameters()
    {
        int maximum = _maximum != 0 ? _maximum : (1 << Precision) - 1;
        JpegLsParameters parameters = JpegLsParameters.For(maximum, Near);
        parameters = parameters with
        {
            T1 = _t1 != 0 ? _t1 : parameters.T1,
            T2 = _t2 != 0 ? _t2 : parameters.T2,
            T3 = _t3 != 0 ? _t3 : parameters.T3,
            Reset = _reset != 0 ? _reset : parameters.Reset,
        };
        return parameters.IsGood && maximum < 1 << Precision ? parameters : throw Faulty($"has parameters that contradict each other: {parameters}");
    }

    /// <summary>Reads segments up to the next scan. False at the end.</summary>
    public bool ReadToScan(ReadOnlySpan<byte> data)
    {
        while (Position <= data.Length - 2)
        {
            if (data[Position] != 0xff || data[Position + 1] is 0xff or < 0x80)
            {
                Position++;
                continue;
            }

            int marker = data[Position + 1];
            Position += 2;
            if (marker is 0xd8)
            {
                continue;
            }

            if (marker is 0xd9)
            {
                return false;
            }

            int length = Position <= data.Length - 2 ? BinaryPrimitives.ReadUInt16BigEndian(data[Position..]) : 0;
            if (length < 2 || Position + length > data.Length)
            {
                throw Faulty($"ends within a segment of {length} bytes");
            }

            ReadOnlySpan<byte> segment = data.Slice(Position + 2, length - 2);
            Position += length;
            if (Read(marker, segment))
            {
                return true;
            }
        }

        return false;
    }

    public static ImageException Faulty(string what) => new(ErrorCode.CorruptedFile, $"the JPEG-LS codestream {what}");

    private static ImageException Unsupported(string what) => new(ErrorCode.NotImplemented, $"JPEG-LS with {what} is not decodable");

    private bool Read(int marker, ReadOnlySpan<byte> segment)
    {
        switch (marker)
        {
            case 0xf7:
                ReadFrame(segment);
                return false;
            case 0xf8:
                ReadParameters(segment);
                return false;
            case 0xdd when segment.IndexOfAnyExcept((byte)0) >= 0:
                throw Unsupported("restart intervals");
            case 0xe8 when segment.StartsWith("mrfx"u8) && segment.Length > 4 && segment[4] != 0:
                throw Unsupported("a colour transform");
            case 0xda:
                ReadScan(segment);
                return true;
            case >= 0xc0 and <= 0xcf and not 0xc4 and not 0xc8 and not 0xcc:
                throw Faulty("is JPEG of another kind");
            default:
                return false;
        }
    }

    private void ReadFrame(ReadOnlySpan<byte> segment)
    {
        if (Components != 0 || segment.Length < 6 || segment[5] is < 1 or > 4 || segment.Length < 6 + (3 * segment[5]))
        {
            throw Faulty("has a faulty frame header");
        }

        (Precision, Components) = (segment[0], segment[5]);
        Height = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        Width = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        for (int i = 0; i < Components; i++)
        {
            _ids[i] = segment[6 + (3 * i)];
            if (Components > 1 && segment[7 + (3 * i)] != 0x11)
            {
                throw Unsupported("subsampled components");
            }
        }

        if (Precision is < 2 or > 16)
        {
            throw Faulty($"has samples of {Precision} bits");
        }
    }

    private void ReadParameters(ReadOnlySpan<byte> segment)
    {
        if (segment.Length < 11 || segment[0] != 1)
        {
            throw Unsupported("mapping tables or dimensions of more than 16 bits");
        }

        _maximum = BinaryPrimitives.ReadUInt16BigEndian(segment[1..]);
        _t1 = BinaryPrimitives.ReadUInt16BigEndian(segment[3..]);
        _t2 = BinaryPrimitives.ReadUInt16BigEndian(segment[5..]);
        _t3 = BinaryPrimitives.ReadUInt16BigEndian(segment[7..]);
        _reset = BinaryPrimitives.ReadUInt16BigEndian(segment[9..]);
    }

    private void ReadScan(ReadOnlySpan<byte> segment)
    {
        int count = segment.Length != 0 ? segment[0] : 0;
        if (Components == 0 || count < 1 || count > Components || segment.Length < 4 + (2 * count))
        {
            throw Faulty("has a faulty scan header");
        }

        ScanComponents = count;
        FirstScanComponent = Array.IndexOf(_ids, segment[1], 0, Components);
        ReadOnlySpan<byte> rest = segment[(1 + (2 * count))..];
        (Near, Interleave, Shift) = (rest[0], rest[1], rest[2] & 15);
        for (int i = 0; i < count; i++)
        {
            if (FirstScanComponent < 0 || FirstScanComponent + i >= Components || segment[1 + (2 * i)] != _ids[FirstScanComponent + i] || segment[2 + (2 * i)] != 0)
            {
                throw Unsupported("mapping tables, or components that are unknown or in another order");
            }
        }

        // All components in one scan, or one in each.
        if (Interleave > 2 || (count == 1 && Interleave != 0 && Components > 1) || (count > 1 && (count != Components || Interleave == 0)))
        {
            throw Faulty($"has a scan of {count} of {Components} components in interleave mode {Interleave}");
        }
    }
}
