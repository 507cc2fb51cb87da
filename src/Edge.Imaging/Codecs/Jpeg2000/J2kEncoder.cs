using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg2000;

/// <summary>JPEG 2000 (ISO/IEC 15444-1): one tile, up to five levels, code blocks of 64 x 64, one layer; 5/3 without loss or 9/7 by a quality.</summary>
internal static class J2kEncoder
{
    public const int MostLevels = 5;

    /// <summary>The bytes of code blocks are kept for the next frame up to this size.</summary>
    private const int MostKept = 4 << 20;

    [ThreadStatic]
    private static BlockEncoder? _blocks;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _bodies;

    /// <summary>Encodes a frame; RGB is transformed.</summary>
    /// <param name="quality">1 to 100; null for no loss.</param>
    /// <returns>The photometric interpretation of the result (PS3.5 8.2.4).</returns>
    public static string Encode(ImageDescription image, ReadOnlySpan<byte> frame, int? quality, ArrayBufferWriter<byte> output)
    {
        string photometric = image.PhotometricName;
        if (quality is not null && photometric == "PALETTE COLOR")
        {
            throw new ImageException(ErrorCode.NotImplemented, "indices of a palette cannot be encoded with loss");
        }

        bool isTransformed = image.SamplesPerPixel == 3 && photometric == "RGB";
        if (image.SamplesPerPixel == 3 && !isTransformed && photometric != "YBR_FULL")
        {
            throw new ImageException(ErrorCode.NotImplemented, $"JPEG 2000 does not hold {photometric}");
        }

        int precision = PrecisionOf(image, frame), levels = MostLevels;
        while (Math.Min(image.Columns, image.Rows) >> levels == 0)
        {
            levels--;
        }

        CodingStyle coding = new() { Levels = levels, BlockWidth = 6, BlockHeight = 6, IsReversible = quality is null, GuardBits = 2, QuantizationStyle = quality is null ? 0 : 2 };
        coding.Steps = quality is { } q ? Quantization.Steps(precision, RangeOf(image, frame, precision), levels, q) : ReversibleSteps(precision, levels);
        TileStyle style = new() { Layers = 1, HasTransform = isTransformed, Components = new CodingStyle[image.SamplesPerPixel] };
        Array.Fill(style.Components, coding);
        Tile tile = new TileBuilder(precision, long.MaxValue).Build(style, 0, 0, image.Columns, image.Rows);
        ArrayBufferWriter<byte> bodies = _bodies ??= new ArrayBufferWriter<byte>();
        bodies.ResetWrittenCount();
        int most = EncodeComponents(image, frame, precision, tile, bodies);
        coding.GuardBits += most;
        PacketWriter.WriteHeader(image, precision, style, coding, output);
        PacketWriter.WriteTile(tile, most, bodies.WrittenSpan, output);
        _bodies = bodies.Capacity > MostKept ? null : bodies;
        return !isTransformed ? photometric : quality is null ? "YBR_RCT" : "YBR_ICT";
    }

    // The distance of the extremes: of 16 bits, often no more than 12 are used, and the error must not be measured by the others.
    private static int RangeOf(ImageDescription image, ReadOnlySpan<byte> frame, int precision)
    {
        if (image.BitsAllocated == 8)
        {
            return 1 << precision;
        }

        int least = int.MaxValue, most = int.MinValue;
        foreach (ushort cell in MemoryMarshal.Cast<byte, ushort>(frame))
        {
            int value = image.IsSigned ? (short)cell : cell;
            least = Math.Min(least, value);
            most = Math.Max(most, value);
        }

        return Math.Max(1, most - least);
    }

    // Exponents are the ranges of the bands (equation E-5).
    private static ushort[] ReversibleSteps(int precision, int levels)
    {
        ushort[] steps = new ushort[(3 * levels) + 1];
        for (int i = 0; i < steps.Length; i++)
        {
            steps[i] = (ushort)((precision + (i == 0 ? 0 : i % 3 == 0 ? 2 : 1)) << 11);
        }

        return steps;
    }

    // With a sign: the bits up to the high one, if those above repeat it.
    private static int PrecisionOf(ImageDescription image, ReadOnlySpan<byte> frame)
    {
        if (!image.IsSigned || image.BitsAllocated == 8)
        {
            return FrameEncoder.PrecisionOf(image, frame);
        }

        int shift = 15 - image.HighBit;
        foreach (short cell in MemoryMarshal.Cast<byte, short>(frame))
        {
            if ((short)(cell << shift) >> shift != cell)
            {
                return 16;
            }
        }

        return Math.Max(2, image.HighBit + 1);
    }

    // Gives the guard bits that are needed beyond those there are.
    private static int EncodeComponents(ImageDescription image, ReadOnlySpan<byte> frame, int precision, Tile tile, ArrayBufferWriter<byte> bodies)
    {
        int size = image.Rows * image.Columns, count = image.SamplesPerPixel, missing = 0;
        int[][] planes = new int[count][];
        int[] bands = ArrayPool<int>.Shared.Rent(size), low = ArrayPool<int>.Shared.Rent(size), room = ArrayPool<int>.Shared.Rent(image.Columns + 16);
        try
        {
            for (int i = 0; i < count; i++)
            {
                planes[i] = ArrayPool<int>.Shared.Rent(size);
                Load(image, frame, precision, i, planes[i]);
            }

            bool isReversible = tile.Components[0].Style.IsReversible;
            if (!isReversible)
            {
                foreach (int[] plane in planes)
                {
                    ToFloat(plane.AsSpan(0, size));
                }
            }

            if (tile.Style.HasTransform)
            {
                Transform(isReversible, planes[0].AsSpan(0, size), planes[1].AsSpan(0, size), planes[2].AsSpan(0, size));
            }

            for (int i = 0; i < count; i++)
            {
                if (isReversible)
                {
                    Split<int, Reversible>(tile.Components[i], planes[i], low, bands, room);
                }
                else
                {
                    Split<float, Irreversible>(tile.Components[i], AsFloat(planes[i]), AsFloat(low), AsFloat(bands), AsFloat(room));
                }

                missing = Math.Max(missing, EncodeBlocks(tile.Components[i], bands, bodies));
            }
        }
        finally
        {
            ArrayPool<int>.Shared.Return(bands);
            ArrayPool<int>.Shared.Return(low);
            ArrayPool<int>.Shared.Return(room);
            foreach (int[]? plane in planes)
            {
                if (plane is not null)
                {
                    ArrayPool<int>.Shared.Return(plane);
                }
            }
        }

        return missing;
    }

    private static Span<float> AsFloat(Span<int> numbers) => MemoryMarshal.Cast<int, float>(numbers);

    private static void ToFloat(Span<int> plane)
    {
        Span<float> numbers = AsFloat(plane);
        for (int i = 0; i < plane.Length; i++)
        {
            numbers[i] = plane[i];
        }
    }

    private static void Load(ImageDescription image, ReadOnlySpan<byte> frame, int precision, int index, Span<int> plane)
    {
        int count = image.SamplesPerPixel, size = image.Rows * image.Columns, shift = image.IsSigned ? 0 : 1 << (precision - 1);
        (int at, int step) = image.IsPlanar ? (index * size, 1) : (index, count);
        if (image.BitsAllocated == 8)
        {
            for (int i = 0; i < size; i++, at += step)
            {
                plane[i] = image.IsSigned ? (sbyte)frame[at] : frame[at] - shift;
            }

            return;
        }

        ReadOnlySpan<ushort> words = MemoryMarshal.Cast<byte, ushort>(frame);
        for (int i = 0; i < size; i++, at += step)
        {
            plane[i] = image.IsSigned ? (short)words[at] : words[at] - shift;
        }
    }

    // Annex G.2, G.3.
    private static void Transform(bool isReversible, Span<int> red, Span<int> green, Span<int> blue)
    {
        if (isReversible)
        {
            for (int i = 0; i < red.Length; i++)
            {
                int r = red[i], g = green[i], b = blue[i];
                (red[i], green[i], blue[i]) = ((r + (2 * g) + b) >> 2, b - g, r - g);
            }

            return;
        }

        Span<float> y = AsFloat(red), cb = AsFloat(green), cr = AsFloat(blue);
        for (int i = 0; i < y.Length; i++)
        {
            float r = y[i], g = cb[i], b = cr[i];
            y[i] = (0.299f * r) + (0.587f * g) + (0.114f * b);
            cb[i] = (-0.168736f * r) - (0.331264f * g) + (0.5f * b);
            cr[i] = (0.5f * r) - (0.418688f * g) - (0.081312f * b);
        }
    }

    private static void Split<T, TLifting>(TileComponent component, Span<T> plane, Span<T> low, Span<T> bands, Span<T> room)
        where T : unmanaged
        where TLifting : ILifting<T>
    {
        Resolution[] all = component.Resolutions;
        Span<T> now = plane, next = low;
        for (int r = all.Length - 1; r > 0; r--)
        {
            Wavelet<T, TLifting>.Split(all[r].Width, all[r].Height, now[..(all[r].Width * all[r].Height)], next, Of(bands, all[r].Bands[0]), Of(bands, all[r].Bands[1]), Of(bands, all[r].Bands[2]), room);
            Span<T> spent = now;
            now = next;
            next = spent;
        }

        now[..(all[0].Width * all[0].Height)].CopyTo(bands);
    }

    private static Span<T> Of<T>(Span<T> bands, Band band) => bands.Slice(band.Offset, band.Width * band.Height);

    private static int EncodeBlocks(TileComponent component, Span<int> bands, ArrayBufferWriter<byte> bodies)
    {
        BlockEncoder encoder = _blocks ??= new BlockEncoder();
        bool isReversible = component.Style.IsReversible;
        int missing = 0;
        foreach (Resolution resolution in component.Resolutions)
        {
            foreach (Band band in resolution.Bands)
            {
                Span<int> values = Of(bands, band);
                foreach (BandPrecinct precinct in band.Precincts)
                {
                    foreach (ref CodeBlock block in component.Blocks.AsSpan(precinct.FirstBlock, precinct.Across * precinct.Down))
                    {
                        Fill(encoder.Begin(block.Width, block.Height, band.Contexts), block, band, values, isReversible);
                        int planes = encoder.Encode();
                        missing = Math.Max(missing, planes - band.Planes);
                        // Place and length of its bytes; planes, not those that are nothing: guard bits may be added.
                        (block.First, block.Last) = (bodies.WrittenCount, encoder.Bytes.Length);
                        (block.LengthBits, block.Passes) = ((byte)planes, (short)Math.Max(0, (3 * planes) - 2));
                        if (planes > 0)
                        {
                            bodies.Write(encoder.Bytes);
                        }
                    }
                }
            }
        }

        return missing;
    }

    private static void Fill(Span<int> to, in CodeBlock block, Band band, ReadOnlySpan<int> values, bool isReversible)
    {
        ReadOnlySpan<float> numbers = MemoryMarshal.Cast<int, float>(values);
        float inverse = 0.5f / band.HalfStep;
        int at = 0;
        for (int y = 0; y < block.Height; y += 4)
        {
            int rows = Math.Min(4, block.Height - y), first = ((block.Y + y) * band.Width) + block.X;
            for (int x = 0; x < block.Width; x++, at += 4)
            {
                for (int r = 0; r < rows; r++)
                {
                    int from = first + x + (r * band.Width);
                    // Towards zero: the dead zone of equation E-1.
                    to[at + r] = isReversible ? values[from] : (int)(numbers[from] * inverse);
                }
            }
        }
    }
}
