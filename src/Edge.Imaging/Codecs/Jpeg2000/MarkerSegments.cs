using System.Buffers.Binary;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>The bytes of a marker segment; what is not there is an error.</summary>
internal ref struct MarkerReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _bytes = bytes;

    public readonly int Left => _bytes.Length;

    public int Byte() => Take(1)[0];

    public int UInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint UInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public void Skip(int count) => Take(count);

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length)
        {
            throw Codestream.Faulty("has a marker segment that is too short");
        }

        ReadOnlySpan<byte> taken = _bytes[..count];
        _bytes = _bytes[count..];
        return taken;
    }
}

/// <summary>COD, COC, QCD, QCC and POC (annex A.6).</summary>
internal static class MarkerSegments
{
    private const byte OwnCoding = 1;
    private const byte OwnQuantization = 2;

    public static void ReadCodingDefault(ref MarkerReader segment, TileStyle style)
    {
        int flags = segment.Byte();
        style.UsesHeaderEnds = (flags & 4) != 0;
        style.ProgressionOrder = segment.Byte();
        style.Layers = segment.UInt16();
        int transform = segment.Byte();
        if (style.ProgressionOrder > 4 || style.Layers == 0 || transform > 1)
        {
            throw Codestream.Faulty("has an impossible coding style");
        }

        style.HasTransform = transform == 1;
        CodingStyle coding = new();
        ReadCoding(ref segment, coding, (flags & 1) != 0);
        for (int i = 0; i < style.Components.Length; i++)
        {
            if ((style.Own[i] & OwnCoding) == 0)
            {
                style.Components[i].TakeCoding(coding);
            }
        }
    }

    public static void ReadCodingOf(ref MarkerReader segment, TileStyle style)
    {
        int component = Component(ref segment, style);
        ReadCoding(ref segment, style.Components[component], (segment.Byte() & 1) != 0);
        style.Own[component] |= OwnCoding;
    }

    public static void ReadQuantizationDefault(ref MarkerReader segment, TileStyle style)
    {
        CodingStyle quantization = new();
        ReadQuantization(ref segment, quantization);
        for (int i = 0; i < style.Components.Length; i++)
        {
            if ((style.Own[i] & OwnQuantization) == 0)
            {
                style.Components[i].TakeQuantization(quantization);
            }
        }
    }

    public static void ReadQuantizationOf(ref MarkerReader segment, TileStyle style)
    {
        int component = Component(ref segment, style);
        ReadQuantization(ref segment, style.Components[component]);
        style.Own[component] |= OwnQuantization;
    }

    public static void ReadProgressions(ref MarkerReader segment, TileStyle style)
    {
        style.Changes.Clear();
        while (segment.Left >= 7)
        {
            int firstResolution = segment.Byte(), firstComponent = segment.Byte(), layer = segment.UInt16(), resolution = segment.Byte(), component = segment.Byte(), order = segment.Byte();
            if (order > 4)
            {
                throw Codestream.Faulty("has an impossible progression");
            }

            style.Changes.Add(new Progression(order, firstResolution, firstComponent, layer, resolution, component == 0 ? 256 : component));
        }
    }

    /// <summary>CAP (ISO/IEC 15444-15 A.3): of all extensions, high throughput with one set of passes for each block.</summary>
    public static void ReadCapabilities(ref MarkerReader segment)
    {
        const uint Part15 = 1u << (32 - 15);
        const int Mixed = 0xc000, SeveralSets = 0x2000, Region = 0x1000;
        if (segment.UInt32() != Part15)
        {
            throw Codestream.Unknown("needs extensions");
        }

        int capabilities = segment.UInt16();
        if ((capabilities & (Mixed | SeveralSets | Region)) != 0)
        {
            throw Codestream.Unknown("is of high throughput with mixed blocks, several sets of passes, or a region of interest");
        }
    }

    private static int Component(ref MarkerReader segment, TileStyle style)
    {
        int component = segment.Byte();
        return component < style.Components.Length ? component : throw Codestream.Faulty("describes a component that is not there");
    }

    private static void ReadCoding(ref MarkerReader segment, CodingStyle coding, bool hasPrecincts)
    {
        coding.Levels = segment.Byte();
        int width = (segment.Byte() & 15) + 2, height = (segment.Byte() & 15) + 2, style = segment.Byte(), filter = segment.Byte();
        if (coding.Levels > CodingStyle.MaximumLevels || width > 10 || height > 10 || width + height > 12 || filter > 1)
        {
            throw Codestream.Faulty("has an impossible coding style");
        }

        if ((style & 0x80) != 0)
        {
            throw Codestream.Unknown("mixes blocks of high throughput and others");
        }

        if ((style & 0x40) != 0 && (style & 0x37) != 0)
        {
            throw Codestream.Faulty("has a coding style that high throughput excludes");
        }

        (coding.BlockWidth, coding.BlockHeight, coding.Style, coding.IsReversible) = (width, height, (BlockStyle)style, filter == 1);
        coding.Precincts = [];
        if (!hasPrecincts)
        {
            return;
        }

        coding.Precincts = new byte[coding.Levels + 1];
        for (int i = 0; i <= coding.Levels; i++)
        {
            coding.Precincts[i] = (byte)segment.Byte();
            if (i > 0 && ((coding.Precincts[i] & 15) == 0 || coding.Precincts[i] >> 4 == 0))
            {
                throw Codestream.Faulty("has precincts of no size");
            }
        }
    }

    private static void ReadQuantization(ref MarkerReader segment, CodingStyle quantization)
    {
        int style = segment.Byte();
        (quantization.QuantizationStyle, quantization.GuardBits) = (style & 31, style >> 5);
        int size = quantization.QuantizationStyle == 0 ? 1 : 2;
        int count = Math.Min(segment.Left / size, (3 * CodingStyle.MaximumLevels) + 1);
        if (quantization.QuantizationStyle > 2 || count == 0)
        {
            throw Codestream.Faulty("has an impossible quantization");
        }

        ushort[] steps = new ushort[count];
        for (int i = 0; i < count; i++)
        {
            steps[i] = size == 1 ? (ushort)(segment.Byte() >> 3 << 11) : (ushort)segment.UInt16();
        }

        quantization.Steps = steps;
    }
}
