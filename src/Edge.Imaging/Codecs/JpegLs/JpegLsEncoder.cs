using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>JPEG-LS (ISO/IEC 14495-1) with default parameters: one scan, its components interleaved by row.</summary>
internal static class JpegLsEncoder
{
    [ThreadStatic]
    private static JpegLsModel? _model;

    public static void Encode(ImageDescription image, ReadOnlySpan<byte> frame, int near, ArrayBufferWriter<byte> output)
    {
        int precision = FrameEncoder.PrecisionOf(image, frame), components = image.SamplesPerPixel, width = image.Columns;
        if (near > 0 && image.IsSigned)
        {
            throw new ImageException(ErrorCode.NotImplemented, "samples with a sign cannot be encoded with loss: near zero it would jump");
        }

        JpegLsParameters parameters = JpegLsParameters.For((1 << precision) - 1, near);
        if (!parameters.IsGood)
        {
            throw new ImageException(ErrorCode.ParameterOutOfRange, $"a deviation of {near} is too large for {precision} bits");
        }

        JpegLsModel model = _model ??= new JpegLsModel();
        model.Begin(parameters);
        JpegWriter.Marker(output, 0xd8);
        JpegWriter.Frame(output, 0xf7, image, precision, [0, 0, 0]);
        JpegWriter.Scan(output, 0, components, [0, 0, 0], near, components > 1 ? 1 : 0, 0);
        JpegLsBitWriter writer = new(output);
        int stride = width + 2;
        using PixelBuffer buffer = new(stride, 2 * components, PixelFormat.Gray16);
        Span<ushort> rows = buffer.Samples<ushort>();
        rows.Clear();
        for (int y = 0; y < image.Rows; y++)
        {
            int now = y & 1;
            for (int i = 0; i < components; i++)
            {
                Span<ushort> above = rows.Slice(((2 * i) + 1 - now) * stride, stride), row = rows.Slice(((2 * i) + now) * stride, stride);
                above[width + 1] = above[width];
                row[0] = above[1];
                SampleRows.Load(image, frame, y, i, parameters.Maximum, row.Slice(1, width));
                EncodeRow(model, ref writer, above, row, ref model.RunIndices[i]);
            }
        }

        writer.End();
        JpegWriter.Marker(output, 0xd9);
    }

    // The row becomes what a decoder makes of it.
    private static void EncodeRow(JpegLsModel model, ref JpegLsBitWriter writer, Span<ushort> above, Span<ushort> row, ref int runIndex)
    {
        JpegLsParameters parameters = model.Parameters;
        int width = row.Length - 2;
        ref sbyte levels = ref Unsafe.Add(ref MemoryMarshal.GetArrayDataReference(model.Levels), parameters.Maximum);
        Scan scan = new(parameters);
        ref JpegLsContext contexts = ref MemoryMarshal.GetArrayDataReference(model.Contexts);
        ref ushort aboveAt = ref MemoryMarshal.GetReference(above);
        ref ushort rowAt = ref MemoryMarshal.GetReference(row);
        PendingBits pending = writer.Pending;
        int a = row[0], c = above[0], b = above[1];
        for (int x = 1; x <= width;)
        {
            int d = Unsafe.Add(ref aboveAt, x + 1);
            int q = (81 * Unsafe.Add(ref levels, d - b)) + (9 * Unsafe.Add(ref levels, b - c)) + Unsafe.Add(ref levels, c - a);
            if (q != 0)
            {
                a = EncodeRegular(ref contexts, q, JpegLsModel.Predict(a, b, c), Unsafe.Add(ref rowAt, x), in scan, ref writer, ref pending);
                Unsafe.Add(ref rowAt, x++) = (ushort)a;
                (c, b) = (b, d);
                continue;
            }

            int start = x;
            while (x <= width && Math.Abs(row[x] - a) <= scan.Near)
            {
                row[x++] = (ushort)a;
            }

            writer.Pending = pending;
            EncodeRun(ref writer, x - start, x > width, ref runIndex);
            if (x <= width)
            {
                row[x] = (ushort)EncodeInterruption(model, ref writer, a, above[x], row[x], runIndex, in scan);
                a = row[x++];
                runIndex = Math.Max(0, runIndex - 1);
            }

            pending = writer.Pending;
            (c, b) = (above[x - 1], above[Math.Min(x, width + 1)]);
        }

        writer.Pending = pending;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int EncodeRegular(ref JpegLsContext contexts, int q, int predicted, int value, in Scan scan, ref JpegLsBitWriter writer, ref PendingBits pending)
    {
        int sign = q >> 31;
        ref JpegLsContext context = ref Unsafe.Add(ref contexts, (q ^ sign) - sign);
        predicted = JpegLsModel.Least(JpegLsModel.Greatest(predicted + ((context.C ^ sign) - sign), 0), scan.Maximum);
        int error = scan.Quantize(((value - predicted) ^ sign) - sign);
        int k = context.K;
        int turned = k == 0 && scan.Near == 0 && 2 * context.B <= -context.N ? ~error : error;
        writer.WriteGolomb(ref pending, (turned << 1) ^ (turned >> 31), k, scan.Escape, scan.ErrorBits);
        context.Update(error, scan.Step, scan.Reset);
        return scan.Near == 0 ? value : scan.Reconstruct(predicted, (error ^ sign) - sign);
    }

    private static void EncodeRun(ref JpegLsBitWriter writer, int length, bool isToEnd, ref int runIndex)
    {
        while (length >= 1 << JpegLsModel.RunOrders[runIndex])
        {
            writer.Write(1, 1);
            length -= 1 << JpegLsModel.RunOrders[runIndex];
            runIndex = Math.Min(31, runIndex + 1);
        }

        if (!isToEnd)
        {
            writer.Write((uint)length, JpegLsModel.RunOrders[runIndex] + 1);
        }
        else if (length != 0)
        {
            writer.Write(1, 1);
        }
    }

    private static int EncodeInterruption(JpegLsModel model, ref JpegLsBitWriter writer, int a, int b, int value, int runIndex, in Scan scan)
    {
        int type = Math.Abs(a - b) <= scan.Near ? 1 : 0;
        int predicted = type == 1 ? a : b;
        int sign = type == 0 && a > b ? -1 : 1;
        int error = scan.Quantize(sign * (value - predicted));
        ref RunContext context = ref model.Runs[type];
        int k = JpegLsModel.Golomb(context.N, context.A + (type == 1 ? context.N >> 1 : 0));
        bool isLikelyNegative = k != 0 || 2 * context.Negatives >= context.N;
        int map = error != 0 && (error < 0) == isLikelyNegative ? 1 : 0;
        int mapped = (2 * Math.Abs(error)) - type - map;
        writer.WriteGolomb(mapped, k, scan.Escape - JpegLsModel.RunOrders[runIndex] - 1, scan.ErrorBits);
        context.Update(error, mapped, type, scan.Reset);
        return scan.Near == 0 ? value : scan.Reconstruct(predicted, sign * error);
    }

    /// <summary>The numbers of a scan that every sample needs.</summary>
    private readonly struct Scan(JpegLsParameters parameters)
    {
        public readonly int Maximum = parameters.Maximum, Near = parameters.Near, Step = parameters.Step, Reset = parameters.Reset, ErrorBits = parameters.ErrorBits;
        public readonly int Escape = parameters.Limit - parameters.ErrorBits - 1;
        private readonly int _range = parameters.Range;
        private readonly int _half = parameters.Range / 2;

        /// <summary>The error in steps, reduced to the range (A.4.4, A.4.5).</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public int Quantize(int error)
        {
            if (Near != 0)
            {
                error = error > 0 ? (error + Near) / Step : -((Near - error) / Step);
            }

            // Errors are mostly small: nothing here is taken but for a few.
            int half = _half;
            return error >= -half && error < half ? error : Reduce(error);
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        private int Reduce(int error)
        {
            error += error < 0 ? _range : 0;
            return error >= (_range + 1) / 2 ? error - _range : error;
        }

        public int Reconstruct(int predicted, int error)
        {
            int value = predicted + (error * Step);
            value += value < -Near ? _range * Step : value > Maximum + Near ? -_range * Step : 0;
            return Math.Clamp(value, 0, Maximum);
        }
    }
}
