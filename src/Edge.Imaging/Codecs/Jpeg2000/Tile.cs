namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>A code block (annex B.7), and what packets said of it.</summary>
internal struct CodeBlock
{
    /// <summary>From the start of the band.</summary>
    public int X;

    public int Y;
    public short Width;
    public short Height;

    /// <summary>Bit-planes of the band that are nothing here.</summary>
    public byte ZeroPlanes;

    /// <summary>Bits of lengths (B.10.7.1).</summary>
    public byte LengthBits;

    /// <summary>Of high throughput: sets of three passes that say nothing and come first.</summary>
    public byte Placeholders;

    /// <summary>Coding passes so far.</summary>
    public short Passes;

    /// <summary>The first and the last of its chunks; -1 for none.</summary>
    public int First;

    public int Last;
}

/// <summary>Bytes of a code block in one packet that belong to one codeword segment.</summary>
internal record struct Chunk(int Offset, int Length, int Passes, int Next);

/// <summary>The part of a band in a precinct: its code blocks stand one after the other, by rows.</summary>
internal struct BandPrecinct
{
    public int FirstBlock;
    public int Across;
    public int Down;

    /// <summary>The nodes of the tag tree of inclusion; those of bit-planes follow.</summary>
    public int FirstNode;
}

/// <summary>A band of a resolution (B.5).</summary>
internal sealed class Band
{
    public required int X0 { get; init; }

    public required int Y0 { get; init; }

    public required int Width { get; init; }

    public required int Height { get; init; }

    /// <summary>0 for LL and LH, 1 for HL, 2 for HH: which contexts count.</summary>
    public required int Contexts { get; init; }

    /// <summary>The bit-planes Mb (equation E-2).</summary>
    public required int Planes { get; init; }

    /// <summary>What a quantized value is worth; half of it, for values that are doubled.</summary>
    public required float HalfStep { get; init; }

    /// <summary>Its first coefficient in the buffer of the component.</summary>
    public required int Offset { get; init; }

    public required BandPrecinct[] Precincts { get; init; }
}

/// <summary>A resolution of a tile-component.</summary>
internal sealed class Resolution
{
    public required int X0 { get; init; }

    public required int Y0 { get; init; }

    public required int X1 { get; init; }

    public required int Y1 { get; init; }

    /// <summary>Precincts, as powers of two.</summary>
    public required int PrecinctWidth { get; init; }

    public required int PrecinctHeight { get; init; }

    public required int Across { get; init; }

    public required int Down { get; init; }

    /// <summary>LL, or HL, LH and HH.</summary>
    public required Band[] Bands { get; init; }

    /// <summary>For each precinct, the layers that were read.</summary>
    public required ushort[] LayersRead { get; init; }

    public int Width => X1 - X0;

    public int Height => Y1 - Y0;
}

/// <summary>One component of a tile.</summary>
internal sealed class TileComponent
{
    public required CodingStyle Style { get; init; }

    public required Resolution[] Resolutions { get; init; }

    /// <summary>The code blocks of all bands.</summary>
    public required CodeBlock[] Blocks { get; init; }

    public required TagNode[] Nodes { get; init; }

    public int Width => Resolutions[^1].Width;

    public int Height => Resolutions[^1].Height;
}

/// <summary>A tile: its components, and where packets left their bytes.</summary>
internal sealed class Tile(TileStyle style, int x0, int y0, int x1, int y1, TileComponent[] components)
{
    public TileStyle Style { get; } = style;

    public int X0 { get; } = x0;

    public int Y0 { get; } = y0;

    public int X1 { get; } = x1;

    public int Y1 { get; } = y1;

    public TileComponent[] Components { get; } = components;

    public List<Chunk> Chunks { get; } = [];
}
