namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>Lays out tiles: resolutions, bands, precincts, code blocks (annexes B.3 to B.7). What it takes is bounded before it is taken.</summary>
/// <param name="precision">The bits of samples.</param>
/// <param name="mostBlocks">More code blocks, or precincts, than this in a tile are refused.</param>
internal sealed class TileBuilder(int precision, long mostBlocks)
{
    private readonly List<CodeBlock> _blocks = [];
    private long _precincts;
    private int _nodes;

    public Tile Build(TileStyle style, int x0, int y0, int x1, int y1)
    {
        _precincts = 0;
        TileComponent[] components = new TileComponent[style.Components.Length];
        long blocks = 0;
        for (int i = 0; i < components.Length; i++)
        {
            components[i] = Component(style.Components[i], x0, y0, x1, y1, ref blocks);
        }

        return new Tile(style, x0, y0, x1, y1, components);
    }

    private TileComponent Component(CodingStyle style, int x0, int y0, int x1, int y1, ref long blocks)
    {
        _blocks.Clear();
        _nodes = 0;
        Resolution[] resolutions = new Resolution[style.Levels + 1];
        int offset = 0;
        for (int r = 0; r <= style.Levels; r++)
        {
            int down = style.Levels - r;
            int rx0 = Up(x0, down), ry0 = Up(y0, down), rx1 = Up(x1, down), ry1 = Up(y1, down);
            int pw = style.PrecinctWidth(r), ph = style.PrecinctHeight(r);
            int across = rx1 > rx0 ? Up(rx1, pw) - (rx0 >> pw) : 0, high = ry1 > ry0 ? Up(ry1, ph) - (ry0 >> ph) : 0;
            _precincts += (long)across * high;
            Demand(_precincts);
            Band[] bands = new Band[r == 0 ? 1 : 3];
            for (int b = 0; b < bands.Length; b++)
            {
                int right = r == 0 ? 0 : (b + 1) & 1, below = r == 0 ? 0 : (b + 1) >> 1;
                int level = r == 0 ? down : down + 1;
                int bx0 = Up(x0, level, right), by0 = Up(y0, level, below), bx1 = Up(x1, level, right), by1 = Up(y1, level, below);
                (int exponent, int mantissa) = style.Step(r, b);
                // The gain of the band (table E.1).
                int range = precision + right + below;
                float step = style.IsReversible ? 0.5f : (float)(Math.ScaleB(1 + (mantissa / 2048.0), range - exponent) / 2);
                bands[b] = new Band
                {
                    X0 = bx0,
                    Y0 = by0,
                    Width = bx1 - bx0,
                    Height = by1 - by0,
                    Contexts = right == 0 ? 0 : below == 0 ? 1 : 2,
                    Planes = style.GuardBits + exponent - 1,
                    HalfStep = step,
                    Offset = offset,
                    Precincts = Precincts(style, (bx0, by0, bx1, by1), (rx0 >> pw, ry0 >> ph, across, high), (pw, ph), r > 0 ? 1 : 0, ref blocks),
                };
                offset += (bx1 - bx0) * (by1 - by0);
            }

            resolutions[r] = new Resolution
            {
                X0 = rx0,
                Y0 = ry0,
                X1 = rx1,
                Y1 = ry1,
                PrecinctWidth = pw,
                PrecinctHeight = ph,
                Across = across,
                Down = high,
                Bands = bands,
                LayersRead = new ushort[across * high],
            };
        }

        TagNode[] nodes = new TagNode[_nodes];
        TagTree.Clear(nodes);
        return new TileComponent { Style = style, Resolutions = resolutions, Blocks = [.. _blocks], Nodes = nodes };
    }

    private BandPrecinct[] Precincts(CodingStyle style, (int X0, int Y0, int X1, int Y1) band, (int X, int Y, int Across, int Down) grid, (int Width, int Height) size, int halved, ref long blocks)
    {
        BandPrecinct[] precincts = new BandPrecinct[grid.Across * grid.Down];
        int pw = size.Width - halved, ph = size.Height - halved;
        int cw = Math.Min(style.BlockWidth, pw), ch = Math.Min(style.BlockHeight, ph);
        for (int i = 0; i < precincts.Length; i++)
        {
            long px = grid.X + (i % grid.Across), py = grid.Y + (i / grid.Across);
            int x0 = (int)Math.Max(band.X0, px << pw), y0 = (int)Math.Max(band.Y0, py << ph);
            int x1 = (int)Math.Min(band.X1, (px + 1) << pw), y1 = (int)Math.Min(band.Y1, (py + 1) << ph);
            if (x1 <= x0 || y1 <= y0)
            {
                continue;
            }

            int cx = x0 >> cw, cy = y0 >> ch, across = Up(x1, cw) - cx, down = Up(y1, ch) - cy;
            blocks += (long)across * down;
            Demand(blocks);
            precincts[i] = new BandPrecinct { FirstBlock = _blocks.Count, Across = across, Down = down, FirstNode = _nodes };
            _nodes += 2 * TagTree.Count(across, down);
            for (int y = cy; y < cy + down; y++)
            {
                int top = Math.Max(y0, y << ch), height = (int)Math.Min(y1, (y + 1L) << ch) - top;
                for (int x = cx; x < cx + across; x++)
                {
                    int left = Math.Max(x0, x << cw);
                    _blocks.Add(new CodeBlock
                    {
                        X = left - band.X0,
                        Y = top - band.Y0,
                        Width = (short)((int)Math.Min(x1, (x + 1L) << cw) - left),
                        Height = (short)height,
                        First = -1,
                        Last = -1,
                    });
                }
            }
        }

        return precincts;
    }

    private void Demand(long count)
    {
        if (count > mostBlocks)
        {
            throw Codestream.Faulty($"has {count} precincts or code blocks, more than its length allows for");
        }
    }

    private static int Up(int value, int shift) => (int)((value + (1L << shift) - 1) >> shift);

    // Equation B-15: half a step to the right or below, on the level above.
    private static int Up(int value, int level, int high) => level == 0 ? value : (int)((value - ((long)high << (level - 1)) + (1L << level) - 1) >> level);
}
