using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>Writes headers and the packets of the one tile (annexes A, B.9, B.10): by resolution, then by component.</summary>
internal static class PacketWriter
{
    public static void WriteHeader(ImageDescription image, int precision, TileStyle style, CodingStyle coding, ArrayBufferWriter<byte> output)
    {
        int count = image.SamplesPerPixel;
        Span<byte> bytes = output.GetSpan(256 + (2 * coding.Steps.Length));
        int at = 0;
        Put(bytes, ref at, 0xff4f);
        Put(bytes, ref at, 0xff51);
        Put(bytes, ref at, 38 + (3 * count));
        Put(bytes, ref at, 0);
        foreach (int value in (ReadOnlySpan<int>)[image.Columns, image.Rows, 0, 0, image.Columns, image.Rows, 0, 0])
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes[at..], value);
            at += 4;
        }

        Put(bytes, ref at, count);
        for (int i = 0; i < count; i++)
        {
            bytes[at++] = (byte)((precision - 1) | (image.IsSigned ? 0x80 : 0));
            bytes[at++] = 1;
            bytes[at++] = 1;
        }

        Put(bytes, ref at, 0xff52);
        Put(bytes, ref at, 12);
        bytes[at++] = 0;
        bytes[at++] = 0;
        Put(bytes, ref at, 1);
        bytes[at++] = (byte)(style.HasTransform ? 1 : 0);
        bytes[at++] = (byte)coding.Levels;
        bytes[at++] = (byte)(coding.BlockWidth - 2);
        bytes[at++] = (byte)(coding.BlockHeight - 2);
        bytes[at++] = 0;
        bytes[at++] = (byte)(coding.IsReversible ? 1 : 0);
        int size = coding.IsReversible ? 1 : 2;
        Put(bytes, ref at, 0xff5c);
        Put(bytes, ref at, 3 + (size * coding.Steps.Length));
        bytes[at++] = (byte)((coding.GuardBits << 5) | coding.QuantizationStyle);
        foreach (ushort step in coding.Steps)
        {
            if (coding.IsReversible)
            {
                bytes[at++] = (byte)(step >> 11 << 3);
            }
            else
            {
                Put(bytes, ref at, step);
            }
        }

        output.Advance(at);
    }

    /// <param name="guards">The guard bits that were added after the tile was laid out.</param>
    /// <param name="bodies">The bytes of the code blocks, where those say.</param>
    public static void WriteTile(Tile tile, int guards, ReadOnlySpan<byte> bodies, ArrayBufferWriter<byte> output)
    {
        int start = output.WrittenCount;
        Span<byte> header = output.GetSpan(14);
        int at = 0;
        Put(header, ref at, 0xff90);
        Put(header, ref at, 10);
        Put(header, ref at, 0);
        BinaryPrimitives.WriteInt32BigEndian(header[at..], 0);
        header[at + 4] = 0;
        header[at + 5] = 1;
        at += 6;
        Put(header, ref at, 0xff93);
        output.Advance(at);
        for (int r = 0; r < tile.Components[0].Resolutions.Length; r++)
        {
            foreach (TileComponent component in tile.Components)
            {
                for (int precinct = 0; precinct < component.Resolutions[r].LayersRead.Length; precinct++)
                {
                    WritePacket(component, component.Resolutions[r], precinct, guards, bodies, output);
                }
            }
        }

        Span<byte> written = System.Runtime.InteropServices.MemoryMarshal.AsMemory(output.WrittenMemory).Span;
        BinaryPrimitives.WriteInt32BigEndian(written[(start + 6)..], output.WrittenCount - start);
        BinaryPrimitives.WriteUInt16BigEndian(output.GetSpan(2), 0xffd9);
        output.Advance(2);
    }

    private static void WritePacket(TileComponent component, Resolution resolution, int precinct, int guards, ReadOnlySpan<byte> bodies, ArrayBufferWriter<byte> output)
    {
        PacketBitWriter bits = new(output);
        bits.Write(1, 1);
        foreach (Band band in resolution.Bands)
        {
            BandPrecinct part = band.Precincts[precinct];
            if (part.Across > 0)
            {
                WriteBlocks(component, part, band.Planes + guards, ref bits);
            }
        }

        bits.End();
        foreach (Band band in resolution.Bands)
        {
            BandPrecinct part = band.Precincts[precinct];
            foreach (ref readonly CodeBlock block in component.Blocks.AsSpan(part.FirstBlock, part.Across * part.Down))
            {
                output.Write(bodies.Slice(block.First, block.Last));
            }
        }
    }

    private static void WriteBlocks(TileComponent component, in BandPrecinct part, int planes, ref PacketBitWriter bits)
    {
        int across = part.Across, down = part.Down, count = TagTree.Count(across, down);
        Span<TagNode> inclusion = component.Nodes.AsSpan(part.FirstNode, count), zero = component.Nodes.AsSpan(part.FirstNode + count, count);
        ReadOnlySpan<CodeBlock> blocks = component.Blocks.AsSpan(part.FirstBlock, across * down);
        for (int i = 0; i < blocks.Length; i++)
        {
            inclusion[i] = new TagNode { Value = blocks[i].Passes > 0 ? 0 : 1 };
            zero[i] = new TagNode { Value = planes - blocks[i].LengthBits };
        }

        TagTree.Raise(inclusion, across, down);
        TagTree.Raise(zero, across, down);
        for (int i = 0; i < blocks.Length; i++)
        {
            ref readonly CodeBlock block = ref blocks[i];
            int x = i % across, y = i / across;
            TagTree.Encode(inclusion, across, down, x, y, 1, ref bits);
            if (block.Passes == 0)
            {
                continue;
            }

            TagTree.Encode(zero, across, down, x, y, zero[i].Value + 1, ref bits);
            WritePasses(block.Passes, ref bits);
            int width = 3 + BitOperations.Log2((uint)block.Passes), needed = BitOperations.Log2((uint)block.Last | 1) + 1;
            for (; width < needed; width++)
            {
                bits.Write(1, 1);
            }

            bits.Write(0, 1);
            bits.Write(block.Last, width);
        }
    }

    // Table B.4.
    private static void WritePasses(int passes, ref PacketBitWriter bits)
    {
        switch (passes)
        {
            case 1:
                bits.Write(0, 1);
                break;
            case 2:
                bits.Write(2, 2);
                break;
            case <= 5:
                bits.Write(0xc | (passes - 3), 4);
                break;
            case <= 36:
                bits.Write(0x1e0 | (passes - 6), 9);
                break;
            default:
                bits.Write(0xff80 | (passes - 37), 16);
                break;
        }
    }

    private static void Put(Span<byte> bytes, ref int at, int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(bytes[at..], (ushort)value);
        at += 2;
    }
}
