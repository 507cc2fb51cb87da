namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>A node of a tag tree (annex B.10.2).</summary>
internal struct TagNode
{
    /// <summary>The value where it is known; else the greatest.</summary>
    public int Value;

    /// <summary>What the value is known to be no smaller than.</summary>
    public int Least;

    /// <summary>Of an encoder: whether the value was told.</summary>
    public bool IsTold;
}

/// <summary>Tag trees in a row of nodes: the leaves by rows, then each level above.</summary>
internal static class TagTree
{
    /// <summary>The nodes of a tree with as many leaves.</summary>
    public static int Count(int width, int height)
    {
        int count = width * height;
        while (width > 1 || height > 1)
        {
            (width, height) = ((width + 1) / 2, (height + 1) / 2);
            count += width * height;
        }

        return count;
    }

    /// <summary>Makes nothing known.</summary>
    public static void Clear(Span<TagNode> nodes) => nodes.Fill(new TagNode { Value = int.MaxValue });

    /// <summary>Reads until it is known whether a leaf is smaller than <paramref name="threshold"/>, and says so.</summary>
    public static bool Decode(Span<TagNode> nodes, int width, int height, int x, int y, int threshold, ref PacketBits bits)
    {
        Span<int> path = stackalloc int[32];
        int depth = Path(path, width, height, x, y), least = 0;
        for (int i = depth - 1; i >= 0; i--)
        {
            ref TagNode node = ref nodes[path[i]];
            least = Math.Max(least, node.Least);
            while (least < threshold && least < node.Value)
            {
                if (bits.Read() != 0)
                {
                    node.Value = least;
                }
                else
                {
                    least++;
                }
            }

            node.Least = least;
        }

        return nodes[path[0]].Value < threshold;
    }

    /// <summary>For an encoder: the leaves have values, the nodes above get theirs, the smallest of those below.</summary>
    public static void Raise(Span<TagNode> nodes, int width, int height)
    {
        int start = 0;
        while (width > 1 || height > 1)
        {
            (int aboveWidth, int aboveHeight) = ((width + 1) / 2, (height + 1) / 2);
            int above = start + (width * height);
            for (int i = 0; i < aboveWidth * aboveHeight; i++)
            {
                nodes[above + i] = new TagNode { Value = int.MaxValue };
            }

            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    ref TagNode node = ref nodes[above + (y / 2 * aboveWidth) + (x / 2)];
                    node.Value = Math.Min(node.Value, nodes[start + (y * width) + x].Value);
                }
            }

            (start, width, height) = (above, aboveWidth, aboveHeight);
        }
    }

    /// <summary>Tells whether a leaf is smaller than <paramref name="threshold"/>.</summary>
    public static void Encode(Span<TagNode> nodes, int width, int height, int x, int y, int threshold, ref PacketBitWriter bits)
    {
        Span<int> path = stackalloc int[32];
        int depth = Path(path, width, height, x, y), least = 0;
        for (int i = depth - 1; i >= 0; i--)
        {
            ref TagNode node = ref nodes[path[i]];
            least = Math.Max(least, node.Least);
            while (least < threshold)
            {
                if (least >= node.Value)
                {
                    if (!node.IsTold)
                    {
                        bits.Write(1, 1);
                        node.IsTold = true;
                    }

                    break;
                }

                bits.Write(0, 1);
                least++;
            }

            node.Least = least;
        }
    }

    // From the leaf up.
    private static int Path(Span<int> path, int width, int height, int x, int y)
    {
        int start = 0, depth = 0;
        while (true)
        {
            path[depth++] = start + (y * width) + x;
            if (width <= 1 && height <= 1)
            {
                return depth;
            }

            start += width * height;
            (width, height, x, y) = ((width + 1) / 2, (height + 1) / 2, x / 2, y / 2);
        }
    }
}

/// <summary>The bits of packet headers (B.10.1): after a byte FF, one bit is stuffed.</summary>
internal ref struct PacketBits(ReadOnlySpan<byte> bytes, int position)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;
    private int _left;
    private int _byte;

    /// <summary>The next byte.</summary>
    public int Position { get; private set; } = position;

    public int Read()
    {
        if (_left == 0)
        {
            _left = _byte == 0xff ? 7 : 8;
            _byte = Position < _bytes.Length ? _bytes[Position++] : throw Codestream.Faulty("ends within a packet header");
        }

        return (_byte >> --_left) & 1;
    }

    public int Read(int count)
    {
        int value = 0;
        while (count-- > 0)
        {
            value = (value << 1) | Read();
        }

        return value;
    }

    /// <summary>Goes to the byte that follows the header.</summary>
    public void End()
    {
        if (_byte == 0xff)
        {
            Position++;
        }

        (_left, _byte) = (0, 0);
    }
}

/// <summary>Writes bits of packet headers.</summary>
internal ref struct PacketBitWriter(System.Buffers.ArrayBufferWriter<byte> output)
{
    private int _byte;
    private int _free = 8;
    private bool _stuffed;

    public void Write(int value, int count)
    {
        while (count-- > 0)
        {
            _byte |= ((value >> count) & 1) << --_free;
            if (_free == 0)
            {
                Flush();
            }
        }
    }

    /// <summary>Fills the last byte. A header must not end with FF: the stuffed bit after it is a byte of its own.</summary>
    public void End()
    {
        if (_free != 8)
        {
            Flush();
        }

        if (_stuffed)
        {
            Flush();
        }
    }

    private void Flush()
    {
        output.GetSpan(1)[0] = (byte)_byte;
        output.Advance(1);
        _stuffed = _byte == 0xff;
        _free = _stuffed ? 7 : 8;
        _byte = 0;
    }
}
