using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Imaging.Codecs.Jpeg2000.HighThroughput;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>
/// JPEG 2000 part 1 (ISO/IEC 15444-1): lossless and lossy, 1 to 16 bits, tiles, all progressions, precincts and code-block styles; and code blocks
/// of part 15, high throughput. Not: regions of interest, packed packet headers, subsampled components.
/// </summary>
internal static class J2kDecoder
{
    /// <summary>Samples that any codestream may be of; more must be paid for by its length: nothing at all is coded in very few bytes.</summary>
    private const long FreeSamples = 16 << 20;

    private const int SamplesPerByte = 2048;

    [ThreadStatic]
    private static BlockDecoder? _blocks;

    public static CodedSamples Decode(ImageDescription image, ReadOnlySpan<byte> data)
    {
        Codestream stream = Codestream.Read(data);
        int width = stream.X1 - stream.X0, height = stream.Y1 - stream.Y0;
        SampleInterpreter.DemandSize(image, width, height, stream.Components);
        long samples = (long)width * height * stream.Components;
        if (samples > Math.Max(FreeSamples, (long)data.Length * SamplesPerByte))
        {
            throw Codestream.Faulty($"of {data.Length} bytes cannot be of {samples} samples");
        }

        PixelBuffer cells = SampleInterpreter.CellsFor(width, height, stream.Components, stream.Precision);
        try
        {
            Dictionary<int, List<TilePart>> tiles = [];
            foreach (TilePart part in stream.Parts)
            {
                if (!tiles.TryGetValue(part.Tile, out List<TilePart>? parts))
                {
                    tiles.Add(part.Tile, parts = []);
                }

                parts.Add(part);
            }

            if (tiles.Count != stream.TilesAcross * stream.TilesDown)
            {
                throw Codestream.Faulty($"has {tiles.Count} of {stream.TilesAcross * stream.TilesDown} tiles");
            }

            TileBuilder builder = new(stream.Precision, 65536 + (64L * data.Length));
            foreach ((int index, List<TilePart> parts) in tiles)
            {
                int x0 = stream.TileX0 + (index % stream.TilesAcross * stream.TileWidth), y0 = stream.TileY0 + (index / stream.TilesAcross * stream.TileHeight);
                Tile tile = builder.Build(
                    parts[0].Style,
                    Math.Max(x0, stream.X0),
                    Math.Max(y0, stream.Y0),
                    (int)Math.Min((long)x0 + stream.TileWidth, stream.X1),
                    (int)Math.Min((long)y0 + stream.TileHeight, stream.Y1));
                new PacketReader(data, tile, parts).Read();
                DecodeTile(stream, tile, data, cells);
            }

            // YBR_RCT and YBR_ICT are RGB once decoded; what was YCbCr before it was encoded stays it.
            bool isYbr = stream.Components == 3 && image.PhotometricName is "YBR_FULL" or "YBR_FULL_422" && !stream.Style.HasTransform;
            return new CodedSamples(cells, stream.Precision, isYbr);
        }
        catch
        {
            cells.Dispose();
            throw;
        }
    }

    private static void DecodeTile(Codestream stream, Tile tile, ReadOnlySpan<byte> data, PixelBuffer cells)
    {
        int count = tile.Components.Length;
        int[][] planes = new int[count][];
        try
        {
            for (int i = 0; i < count; i++)
            {
                planes[i] = ArrayPool<int>.Shared.Rent(Math.Max(1, tile.Components[i].Width * tile.Components[i].Height));
                DecodeComponent(tile, tile.Components[i], data, planes[i]);
            }

            TileOutput.Write(stream, tile, planes, cells);
        }
        finally
        {
            foreach (int[]? plane in planes)
            {
                if (plane is not null)
                {
                    ArrayPool<int>.Shared.Return(plane);
                }
            }
        }
    }

    // The plane becomes integers, or floating-point numbers of the same width.
    private static void DecodeComponent(Tile tile, TileComponent component, ReadOnlySpan<byte> data, int[] plane)
    {
        int size = component.Width * component.Height;
        int[] bands = ArrayPool<int>.Shared.Rent(Math.Max(1, size)), other = ArrayPool<int>.Shared.Rent(Math.Max(1, size));
        int[] room = ArrayPool<int>.Shared.Rent(2 * (component.Width + 8));
        try
        {
            DecodeBlocks(tile, component, data, bands);
            if (component.Style.IsReversible)
            {
                Compose<int, Reversible>(component, bands.AsSpan(0, size), other, plane, room);
            }
            else
            {
                Compose<float, Irreversible>(component, AsFloat(bands.AsSpan(0, size)), AsFloat(other), AsFloat(plane), AsFloat(room));
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(bands);
            ArrayPool<int>.Shared.Return(other);
            ArrayPool<int>.Shared.Return(room);
        }
    }

    private static Span<float> AsFloat(Span<int> numbers) => MemoryMarshal.Cast<int, float>(numbers);

    private static void Compose<T, TLifting>(TileComponent component, ReadOnlySpan<T> bands, Span<T> other, Span<T> plane, Span<T> room)
        where T : unmanaged
        where TLifting : ILifting<T>
    {
        Resolution[] all = component.Resolutions;
        ReadOnlySpan<T> low = bands.Slice(0, all[0].Width * all[0].Height);
        if (all.Length == 1)
        {
            low.CopyTo(plane);
            return;
        }

        for (int r = 1; r < all.Length; r++)
        {
            // The last one must land in the plane.
            Span<T> result = ((all.Length - 1 - r) & 1) == 0 ? plane : other;
            Resolution now = all[r];
            if (now.Width > 0 && now.Height > 0)
            {
                Wavelet<T, TLifting>.Compose(now.X0, now.Y0, now.Width, now.Height, low, Of(bands, now.Bands[0]), Of(bands, now.Bands[1]), Of(bands, now.Bands[2]), result, room);
            }

            low = result[..(now.Width * now.Height)];
        }
    }

    private static ReadOnlySpan<T> Of<T>(ReadOnlySpan<T> bands, Band band) => bands.Slice(band.Offset, band.Width * band.Height);

    private static void DecodeBlocks(Tile tile, TileComponent component, ReadOnlySpan<byte> data, int[] coefficients)
    {
        BlockDecoder decoder = _blocks ??= new BlockDecoder();
        ReadOnlySpan<Chunk> chunks = CollectionsMarshal.AsSpan(tile.Chunks);
        bool isHighThroughput = (component.Style.Style & BlockStyle.HighThroughput) != 0;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(16 * 1024);
        try
        {
            foreach (Resolution resolution in component.Resolutions)
            {
                foreach (Band band in resolution.Bands)
                {
                    Span<int> target = coefficients.AsSpan(band.Offset, band.Width * band.Height);
                    foreach (BandPrecinct precinct in band.Precincts)
                    {
                        foreach (ref readonly CodeBlock block in component.Blocks.AsSpan(precinct.FirstBlock, precinct.Across * precinct.Down))
                        {
                            if (block.Passes == 0)
                            {
                                for (int y = 0; y < block.Height; y++)
                                {
                                    target.Slice(((block.Y + y) * band.Width) + block.X, block.Width).Clear();
                                }

                                continue;
                            }

                            if (isHighThroughput)
                            {
                                HtBlocks.Decode(block, band, component.Style, chunks, data, target);
                                continue;
                            }

                            decoder.Begin(block.Width, block.Height, band.Contexts, (component.Style.Style & BlockStyle.Causal) != 0);
                            DecodeBlock(decoder, block, band.Planes - block.ZeroPlanes, component.Style.Style, chunks, data, ref bytes);
                            if (component.Style.IsReversible)
                            {
                                StoreIntegers(decoder.Coefficients, block, band, target);
                            }
                            else
                            {
                                StoreFloats(decoder.Coefficients, block, band, AsFloat(target));
                            }
                        }
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static void DecodeBlock(BlockDecoder decoder, in CodeBlock block, int planes, BlockStyle style, ReadOnlySpan<Chunk> chunks, ReadOnlySpan<byte> data, ref byte[] bytes)
    {
        int pass = 0;
        for (int at = block.First; at >= 0;)
        {
            int end = PacketReader.SegmentEnd(style, pass), length = 0, count = 0;
            for (; at >= 0 && pass + count < end; at = chunks[at].Next)
            {
                Chunk chunk = chunks[at];
                if (length + chunk.Length + 2 > bytes.Length)
                {
                    byte[] larger = ArrayPool<byte>.Shared.Rent(2 * (length + chunk.Length + 2));
                    bytes.AsSpan(0, length).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(bytes);
                    bytes = larger;
                }

                data.Slice(chunk.Offset, chunk.Length).CopyTo(bytes.AsSpan(length));
                length += chunk.Length;
                count += chunk.Passes;
            }

            (bytes[length], bytes[length + 1]) = (0xff, 0xff);
            decoder.Decode(bytes, 0, length, pass, count, planes, style);
            pass += count;
        }
    }

    private static void StoreIntegers(ReadOnlySpan<int> from, in CodeBlock block, Band band, Span<int> to)
    {
        int at = 0;
        for (int y = 0; y < block.Height; y += 4)
        {
            int rows = Math.Min(4, block.Height - y), first = ((block.Y + y) * band.Width) + block.X;
            for (int x = 0; x < block.Width; x++, at += 4)
            {
                for (int r = 0; r < rows; r++)
                {
                    // Half of it, towards zero.
                    int value = from[at + r];
                    to[first + x + (r * band.Width)] = (value + (value >>> 31)) >> 1;
                }
            }
        }
    }

    private static void StoreFloats(ReadOnlySpan<int> from, in CodeBlock block, Band band, Span<float> to)
    {
        int at = 0;
        for (int y = 0; y < block.Height; y += 4)
        {
            int rows = Math.Min(4, block.Height - y), first = ((block.Y + y) * band.Width) + block.X;
            for (int x = 0; x < block.Width; x++, at += 4)
            {
                for (int r = 0; r < rows; r++)
                {
                    to[first + x + (r * band.Width)] = from[at + r] * band.HalfStep;
                }
            }
        }
    }
}
