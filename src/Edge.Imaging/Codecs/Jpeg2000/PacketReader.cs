using System.Numerics;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>Reads the packets of a tile in their order (annexes B.9 to B.12): which bytes are whose. Coefficients are not touched.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> data, Tile tile, List<TilePart> parts)
{
    /// <summary>The most places that are visited on the way to precincts.</summary>
    private const long MostSteps = 1L << 26;

    private readonly ReadOnlySpan<byte> _data = data;
    private int _part = -1;
    private int _at;
    private int _end;

    /// <summary>Reads until all packets were read, or the tile-parts end: what is missing then is detail.</summary>
    public void Read()
    {
        TileStyle style = tile.Style;
        int most = tile.Components.Max(static one => one.Style.Levels) + 1;
        IReadOnlyList<Progression> progressions = style.Changes.Count > 0
            ? style.Changes
            : [new Progression(style.ProgressionOrder, 0, 0, style.Layers, most, tile.Components.Length)];
        foreach (Progression one in progressions)
        {
            Progression bounded = one with
            {
                EndLayer = Math.Min(one.EndLayer, style.Layers),
                EndResolution = Math.Min(one.EndResolution, most),
                EndComponent = Math.Min(one.EndComponent, tile.Components.Length),
            };
            if (!Read(bounded))
            {
                return;
            }
        }
    }

    private bool Read(Progression p)
    {
        switch (p.Order)
        {
            case 0:
                for (int layer = 0; layer < p.EndLayer; layer++)
                {
                    for (int r = p.FirstResolution; r < p.EndResolution; r++)
                    {
                        if (!ReadAll(p, r, layer))
                        {
                            return false;
                        }
                    }
                }

                return true;
            case 1:
                for (int r = p.FirstResolution; r < p.EndResolution; r++)
                {
                    for (int layer = 0; layer < p.EndLayer; layer++)
                    {
                        if (!ReadAll(p, r, layer))
                        {
                            return false;
                        }
                    }
                }

                return true;
            case 2:
                for (int r = p.FirstResolution; r < p.EndResolution; r++)
                {
                    if (!ReadPlaces(p with { FirstResolution = r, EndResolution = r + 1 }))
                    {
                        return false;
                    }
                }

                return true;
            case 3:
                return ReadPlaces(p);
            default:
                for (int c = p.FirstComponent; c < p.EndComponent; c++)
                {
                    if (!ReadPlaces(p with { FirstComponent = c, EndComponent = c + 1 }))
                    {
                        return false;
                    }
                }

                return true;
        }
    }

    private bool ReadAll(Progression p, int resolution, int layer)
    {
        for (int c = p.FirstComponent; c < p.EndComponent; c++)
        {
            TileComponent component = tile.Components[c];
            if (resolution >= component.Resolutions.Length)
            {
                continue;
            }

            int count = component.Resolutions[resolution].LayersRead.Length;
            for (int precinct = 0; precinct < count; precinct++)
            {
                if (!ReadPacket(component, resolution, precinct, layer))
                {
                    return false;
                }
            }
        }

        return true;
    }

    // The precincts whose upper left corner lies at each place of the reference grid (B.12.1.3).
    private bool ReadPlaces(Progression p)
    {
        int stepX = 31, stepY = 31;
        for (int c = p.FirstComponent; c < p.EndComponent; c++)
        {
            TileComponent component = tile.Components[c];
            for (int r = p.FirstResolution; r < Math.Min(p.EndResolution, component.Resolutions.Length); r++)
            {
                int down = component.Resolutions.Length - 1 - r;
                stepX = Math.Min(stepX, component.Resolutions[r].PrecinctWidth + down);
                stepY = Math.Min(stepY, component.Resolutions[r].PrecinctHeight + down);
            }
        }

        long across = ((long)tile.X1 - tile.X0 >> stepX) + 2, downwards = ((long)tile.Y1 - tile.Y0 >> stepY) + 2;
        if (across * downwards * Math.Max(1, p.EndComponent - p.FirstComponent) * Math.Max(1, p.EndResolution - p.FirstResolution) > MostSteps)
        {
            throw Codestream.Unknown("has precincts too small for their progression");
        }

        for (long y = tile.Y0; y < tile.Y1; y = ((y >> stepY) + 1) << stepY)
        {
            for (long x = tile.X0; x < tile.X1; x = ((x >> stepX) + 1) << stepX)
            {
                for (int c = p.FirstComponent; c < p.EndComponent; c++)
                {
                    for (int r = p.FirstResolution; r < Math.Min(p.EndResolution, tile.Components[c].Resolutions.Length); r++)
                    {
                        if (PrecinctAt(tile.Components[c], r, x, y) is var precinct && precinct >= 0 && !ReadLayers(tile.Components[c], r, precinct, p.EndLayer))
                        {
                            return false;
                        }
                    }
                }
            }
        }

        return true;
    }

    private bool ReadLayers(TileComponent component, int resolution, int precinct, int end)
    {
        for (int layer = 0; layer < end; layer++)
        {
            if (!ReadPacket(component, resolution, precinct, layer))
            {
                return false;
            }
        }

        return true;
    }

    private readonly int PrecinctAt(TileComponent component, int r, long x, long y)
    {
        Resolution resolution = component.Resolutions[r];
        if (resolution.Across == 0 || resolution.Down == 0)
        {
            return -1;
        }

        int down = component.Resolutions.Length - 1 - r;
        int width = resolution.PrecinctWidth + down, height = resolution.PrecinctHeight + down;
        bool startsHere = (y & ((1L << height) - 1)) == 0 || (y == tile.Y0 && (((long)resolution.Y0 << down) & ((1L << height) - 1)) != 0);
        startsHere &= (x & ((1L << width) - 1)) == 0 || (x == tile.X0 && (((long)resolution.X0 << down) & ((1L << width) - 1)) != 0);
        if (!startsHere)
        {
            return -1;
        }

        long column = (((x + (1L << down) - 1) >> down) >> resolution.PrecinctWidth) - (resolution.X0 >> resolution.PrecinctWidth);
        long row = (((y + (1L << down) - 1) >> down) >> resolution.PrecinctHeight) - (resolution.Y0 >> resolution.PrecinctHeight);
        return column >= 0 && column < resolution.Across && row >= 0 && row < resolution.Down ? (int)((row * resolution.Across) + column) : -1;
    }

    private bool ReadPacket(TileComponent component, int r, int precinct, int layer)
    {
        Resolution resolution = component.Resolutions[r];
        if (resolution.LayersRead[precinct] != layer)
        {
            // Read already: progressions may overlap.
            return true;
        }

        while (_at >= _end)
        {
            if (++_part >= parts.Count)
            {
                return false;
            }

            (_at, _end) = (parts[_part].Start, parts[_part].Start + parts[_part].Length);
        }

        resolution.LayersRead[precinct]++;
        ReadOnlySpan<byte> part = _data[.._end];
        if (_at + 6 <= _end && part[_at] == 0xff && part[_at + 1] == 0x91)
        {
            _at += 6;
        }

        int first = tile.Chunks.Count;
        PacketBits bits = new(part, _at);
        if (bits.Read() != 0)
        {
            foreach (Band band in resolution.Bands)
            {
                ReadHeader(component, band, band.Precincts[precinct], layer, ref bits);
            }
        }

        bits.End();
        _at = bits.Position;
        if (_at + 2 <= _end && part[_at] == 0xff && part[_at + 1] == 0x92)
        {
            _at += 2;
        }

        Span<Chunk> chunks = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(tile.Chunks)[first..];
        foreach (ref Chunk chunk in chunks)
        {
            if (chunk.Length > _end - _at)
            {
                throw Codestream.Faulty("ends within a packet");
            }

            chunk.Offset = _at;
            _at += chunk.Length;
        }

        return true;
    }

    private readonly void ReadHeader(TileComponent component, Band band, in BandPrecinct precinct, int layer, ref PacketBits bits)
    {
        if (precinct.Across == 0)
        {
            return;
        }

        int nodes = TagTree.Count(precinct.Across, precinct.Down);
        Span<TagNode> inclusion = component.Nodes.AsSpan(precinct.FirstNode, nodes), planes = component.Nodes.AsSpan(precinct.FirstNode + nodes, nodes);
        for (int i = 0; i < precinct.Across * precinct.Down; i++)
        {
            ref CodeBlock block = ref component.Blocks[precinct.FirstBlock + i];
            int x = i % precinct.Across, y = i / precinct.Across;
            bool isNew = block.Passes == 0;
            if (!(isNew ? TagTree.Decode(inclusion, precinct.Across, precinct.Down, x, y, layer + 1, ref bits) : bits.Read() != 0))
            {
                continue;
            }

            if (isNew)
            {
                int zero = 1;
                while (!TagTree.Decode(planes, precinct.Across, precinct.Down, x, y, zero, ref bits))
                {
                    if (++zero > 64)
                    {
                        throw Codestream.Faulty("has a code block without bit-planes");
                    }
                }

                block.ZeroPlanes = (byte)(zero - 1);
                block.LengthBits = 3;
            }

            int passes = ReadPasses(ref bits), left = band.Planes - block.ZeroPlanes;
            while (bits.Read() != 0)
            {
                if (++block.LengthBits > 32)
                {
                    throw Codestream.Faulty("has a code block of impossible length");
                }
            }

            if (left is < 1 or > 30 || block.Passes + passes > (3 * left) - 2)
            {
                throw Codestream.Faulty("has more coding passes than bit-planes");
            }

            if ((component.Style.Style & BlockStyle.HighThroughput) != 0)
            {
                block.Placeholders = isNew ? (byte)((passes - 1) / 3) : block.Placeholders;
                if (block.Passes + passes > 3 * (block.Placeholders + 1))
                {
                    throw Codestream.Unknown("has several sets of passes of high throughput");
                }
            }

            ReadLengths(component.Style.Style, ref block, passes, ref bits);
        }
    }

    private readonly void ReadLengths(BlockStyle style, ref CodeBlock block, int passes, ref PacketBits bits)
    {
        while (passes > 0)
        {
            int count = Math.Min(passes, SegmentEnd(style, block.Passes, block.Placeholders) - block.Passes);
            int width = block.LengthBits + BitOperations.Log2((uint)count);
            int length = width <= 31 ? bits.Read(width) : throw Codestream.Faulty("has a code block of impossible length");
            int index = tile.Chunks.Count;
            tile.Chunks.Add(new Chunk(0, length, count, -1));
            if (block.Last >= 0)
            {
                tile.Chunks[block.Last] = tile.Chunks[block.Last] with { Next = index };
            }
            else
            {
                block.First = index;
            }

            block.Last = index;
            block.Passes += (short)count;
            passes -= count;
        }
    }

    /// <summary>The pass after the last one of the codeword segment that a pass belongs to (annex D.4, D.6; ISO/IEC 15444-15 B.3).</summary>
    public static int SegmentEnd(BlockStyle style, int pass, int placeholders = 0) => (style & BlockStyle.TerminateAll) != 0 ? pass + 1
        : (style & BlockStyle.HighThroughput) != 0 ? pass <= 3 * placeholders ? (3 * placeholders) + 1 : (3 * placeholders) + 3
        : (style & BlockStyle.Bypass) == 0 ? int.MaxValue
        : pass < 10 ? 10
        : (pass - 10) % 3 == 0 ? pass + 2 : pass + 1;

    // Table B.4.
    private static int ReadPasses(ref PacketBits bits)
    {
        if (bits.Read() == 0)
        {
            return 1;
        }

        if (bits.Read() == 0)
        {
            return 2;
        }

        int more = bits.Read(2);
        if (more < 3)
        {
            return 3 + more;
        }

        more = bits.Read(5);
        return more < 31 ? 6 + more : 37 + bits.Read(7);
    }
}
