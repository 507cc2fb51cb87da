using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>JPEG-LS (ISO/IEC 14495-1 annex A): lossless and near-lossless, 2 to 16 bits, all interleave modes.</summary>
internal static class JpegLsDecoder
{
    [ThreadStatic]
    private static JpegLsModel? _model;

    [ThreadStatic]
    private static byte[]? _ids;

    public static CodedSamples Decode(ImageDescription image, ReadOnlySpan<byte> codestream)
    {
        JpegLsHeader header = new(_ids ??= new byte[4]);
        if (codestream.Length < 4 || codestream[0] != 0xff || codestream[1] != 0xd8 || !header.ReadToScan(codestream))
        {
            throw JpegLsHeader.Faulty("has no start or no scan");
        }

        SampleInterpreter.DemandSize(image, header.Width, header.Height, header.Components);
        if ((long)image.Rows * header.Components > 8L * codestream.Length)
        {
            throw JpegLsHeader.Faulty($"is of {codestream.Length} bytes, which cannot hold {image.Rows} rows");
        }

        PixelBuffer cells = SampleInterpreter.CellsFor(image.Columns, image.Rows, header.Components, header.Precision);
        try
        {
            // Rows have a place before their first sample and one behind their last.
            using PixelBuffer rows = new(image.Columns + 2, 2 * header.Components, PixelFormat.Gray16);
            int seen = 0;
            do
            {
                DecodeScan(ref header, codestream, rows.Samples<ushort>(), cells);
                seen |= header.ScanComponents > 1 ? (1 << header.Components) - 1 : 1 << header.FirstScanComponent;
            }
            while (seen != (1 << header.Components) - 1 && header.ReadToScan(codestream));
            bool isYbr = header.Components == 3 && image.PhotometricName.StartsWith("YBR", StringComparison.Ordinal);
            return seen == (1 << header.Components) - 1 ? new CodedSamples(cells, header.Precision, isYbr) : throw JpegLsHeader.Faulty("lacks a scan");
        }
        catch
        {
            cells.Dispose();
            throw;
        }
    }

    private static void DecodeScan(ref JpegLsHeader header, ReadOnlySpan<byte> data, Span<ushort> rows, PixelBuffer cells)
    {
        JpegLsModel model = _model ??= new JpegLsModel();
        model.Begin(header.Parameters());
        rows.Clear();
        int width = cells.Width, stride = width + 2, count = header.ScanComponents;
        JpegLsBitReader reader = new(data) { Window = new BitWindow { Position = header.Position } };
        for (int y = 0; y < cells.Height; y++)
        {
            // Row 2i and 2i + 1 are component i's; they take turns.
            int now = y & 1;
            for (int i = 0; i < count; i++)
            {
                Span<ushort> above = rows.Slice(((2 * i) + 1 - now) * stride, stride);
                above[width + 1] = above[width];
                rows[((2 * i) + now) * stride] = above[1];
            }

            if (header.Interleave == 2 && count > 1)
            {
                DecodePixels(model, ref reader, rows, stride, count, now);
            }
            else
            {
                for (int i = 0; i < count; i++)
                {
                    DecodeRow(model, ref reader, rows.Slice(((2 * i) + 1 - now) * stride, stride), rows.Slice(((2 * i) + now) * stride, stride), ref model.RunIndices[i]);
                }
            }

            reader.DemandEnough();
            for (int i = 0; i < count; i++)
            {
                SampleRows.Store(rows.Slice((((2 * i) + now) * stride) + 1, width), header.Shift, cells, y, header.FirstScanComponent + i, header.Components);
            }
        }

        header.Position = reader.Window.Position;
    }

    private static void DecodeRow(JpegLsModel model, ref JpegLsBitReader reader, Span<ushort> above, Span<ushort> row, ref int runIndex)
    {
        JpegLsParameters parameters = model.Parameters;
        int width = row.Length - 2;
        ref JpegLsContext contexts = ref MemoryMarshal.GetArrayDataReference(model.Contexts);
        ref sbyte levels = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(model.Levels), parameters.Maximum);
        Scan scan = new(parameters);
        ref ushort aboveAt = ref MemoryMarshal.GetReference(above);
        ref ushort rowAt = ref MemoryMarshal.GetReference(row);
        BitWindow window = reader.Window;
        int a = row[0], c = above[0], b = above[1];
        for (int x = 1; x <= width;)
        {
            int d = Unsafe.Add(ref aboveAt, x + 1);
            int q = (81 * Unsafe.Add(ref levels, d - b)) + (9 * Unsafe.Add(ref levels, b - c)) + Unsafe.Add(ref levels, c - a);
            if (q != 0)
            {
                a = DecodeRegular(ref contexts, q, JpegLsModel.Predict(a, b, c), in scan, ref reader, ref window);
                Unsafe.Add(ref rowAt, x++) = (ushort)a;
                (c, b) = (b, d);
                continue;
            }

            reader.Window = window;
            int length = DecodeRun(ref reader, width + 1 - x, ref runIndex, out bool isInterrupted);
            row.Slice(x, length).Fill((ushort)a);
            x += length;
            if (isInterrupted)
            {
                row[x] = (ushort)DecodeInterruption(model, ref reader, a, above[x], runIndex, in scan);
                a = row[x++];
                runIndex = Math.Max(0, runIndex - 1);
            }

            window = reader.Window;
            (c, b) = (above[x - 1], above[Math.Min(x, width + 1)]);
        }

        reader.Window = window;
    }

    private static void DecodePixels(JpegLsModel model, ref JpegLsBitReader reader, Span<ushort> rows, int stride, int count, int now)
    {
        JpegLsParameters parameters = model.Parameters;
        int width = stride - 2;
        ref JpegLsContext contexts = ref MemoryMarshal.GetArrayDataReference(model.Contexts);
        sbyte[] levels = model.Levels;
        Scan scan = new(parameters);
        Span<int> q = stackalloc int[4];
        for (int x = 1; x <= width;)
        {
            int any = 0;
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<ushort> above = rows.Slice(((2 * i) + 1 - now) * stride, stride);
                int a = rows[(((2 * i) + now) * stride) + x - 1];
                q[i] = (81 * levels[parameters.Maximum + above[x + 1] - above[x]]) + (9 * levels[parameters.Maximum + above[x] - above[x - 1]]) + levels[parameters.Maximum + above[x - 1] - a];
                any |= q[i];
            }

            int length = any != 0 ? 0 : DecodeRun(ref reader, width + 1 - x, ref model.RunIndices[0], out _);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<ushort> above = rows.Slice(((2 * i) + 1 - now) * stride, stride);
                Span<ushort> row = rows.Slice(((2 * i) + now) * stride, stride);
                int a = row[x - 1];
                if (any != 0)
                {
                    BitWindow window = reader.Window;
                    row[x] = (ushort)DecodeRegular(ref contexts, q[i], JpegLsModel.Predict(a, above[x], above[x - 1]), in scan, ref reader, ref window);
                    reader.Window = window;
                    continue;
                }

                row.Slice(x, length).Fill((ushort)a);
                if (x + length <= width)
                {
                    int b = above[x + length];
                    int error = DecodeInterruptionError(ref model.Runs[0], 0, ref reader, model.RunIndices[0], in scan);
                    row[x + length] = (ushort)scan.Reconstruct(b, b < a ? -error : error);
                }
            }

            if (any != 0)
            {
                x++;
            }
            else
            {
                x += length;
                if (x <= width)
                {
                    x++;
                    model.RunIndices[0] = Math.Max(0, model.RunIndices[0] - 1);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int DecodeRegular(ref JpegLsContext contexts, int q, int predicted, in Scan scan, ref JpegLsBitReader reader, ref BitWindow window)
    {
        int sign = q >> 31;
        ref JpegLsContext context = ref Unsafe.Add(ref contexts, (q ^ sign) - sign);
        predicted = JpegLsModel.Least(JpegLsModel.Greatest(predicted + ((context.C ^ sign) - sign), 0), scan.Maximum);
        int k = context.K;
        int mapped = reader.TakeGolomb(ref window, k, scan.Escape, scan.ErrorBits);
        int error = (mapped >> 1) ^ -(mapped & 1);
        // Where errors are mostly negative, the mapping is turned round (A.5.2).
        if (k == 0 && scan.Near == 0)
        {
            error ^= ((2 * context.B) + context.N - 1) >> 31;
        }

        context.Update(error, scan.Step, scan.Reset);
        return scan.Reconstruct(predicted, (error ^ sign) - sign);
    }

    private static int DecodeRun(ref JpegLsBitReader reader, int left, ref int runIndex, out bool isInterrupted)
    {
        int length = 0;
        while (reader.TakeBit())
        {
            int step = 1 << JpegLsModel.RunOrders[runIndex];
            if (step <= left - length)
            {
                length += step;
                runIndex = Math.Min(31, runIndex + 1);
            }
            else
            {
                length = left;
            }

            if (length == left)
            {
                isInterrupted = false;
                return length;
            }
        }

        length += reader.Take(JpegLsModel.RunOrders[runIndex]);
        isInterrupted = true;
        return length < left ? length : throw JpegLsHeader.Faulty("has a run longer than its row");
    }

    private static int DecodeInterruption(JpegLsModel model, ref JpegLsBitReader reader, int a, int b, int runIndex, in Scan scan)
    {
        int type = Math.Abs(a - b) <= scan.Near ? 1 : 0;
        int error = DecodeInterruptionError(ref model.Runs[type], type, ref reader, runIndex, in scan);
        return type == 1 ? scan.Reconstruct(a, error) : scan.Reconstruct(b, b < a ? -error : error);
    }

    private static int DecodeInterruptionError(ref RunContext context, int type, ref JpegLsBitReader reader, int runIndex, in Scan scan)
    {
        int k = JpegLsModel.Golomb(context.N, context.A + (type == 1 ? context.N >> 1 : 0));
        int mapped = reader.TakeGolomb(k, scan.Escape - JpegLsModel.RunOrders[runIndex] - 1, scan.ErrorBits);
        int both = mapped + type;
        int odd = both & 1;
        int error = (both + odd) >> 1;
        bool isNegative = (k != 0 || 2 * context.Negatives >= context.N) == (odd != 0);
        error = isNegative ? -error : error;
        context.Update(error, mapped, type, scan.Reset);
        return error;
    }

    /// <summary>The numbers of a scan that every sample needs.</summary>
    private readonly struct Scan(JpegLsParameters parameters)
    {
        public readonly int Maximum = parameters.Maximum, Near = parameters.Near, Step = parameters.Step, Reset = parameters.Reset, ErrorBits = parameters.ErrorBits;
        public readonly int Escape = parameters.Limit - parameters.ErrorBits - 1;
        private readonly int _period = parameters.Range * parameters.Step;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Reconstruct(int predicted, int error)
        {
            int value = predicted + (error * Step);
            return (uint)value <= (uint)Maximum ? value : Wrap(value);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private int Wrap(int value)
        {
            value += value < -Near ? _period : value > Maximum + Near ? -_period : 0;
            return Math.Clamp(value, 0, Maximum);
        }
    }
}
