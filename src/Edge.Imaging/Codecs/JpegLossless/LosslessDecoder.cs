using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Errors;
using Edge.Imaging.Codecs.Jpeg;

namespace Edge.Imaging.Codecs.JpegLossless;

/// <summary>Lossless JPEG with Huffman coding (ISO/IEC 10918-1 annex H): predictors 1 to 7, 2 to 16 bits, interleaved or scan by scan.</summary>
internal static class LosslessDecoder
{
    /// <summary>Decodes the scan the header stands at, and those after it.</summary>
    /// <param name="rows">Two rows of samples for each component, each with a place before its first.</param>
    public static void Decode(JpegHeader header, ReadOnlySpan<byte> data, PixelBuffer cells)
    {
        int width = cells.Width, components = header.ComponentCount, seen = 0;
        using PixelBuffer rows = new(width, 2 * components, PixelFormat.Gray16);
        do
        {
            for (int i = 0; i < header.ScanComponentCount; i++)
            {
                // Each component comes once, in steps of one sample (H.1.2 with factors that differ is not met).
                int index = header.ScanComponents[i];
                JpegComponent component = header.Components[index];
                if ((header.ScanComponentCount > 1 || components > 1) && (component.Horizontal, component.Vertical) != (1, 1))
                {
                    throw new ImageException(ErrorCode.NotImplemented, "lossless JPEG with subsampled components is not decodable");
                }

                if ((seen & 1 << index) != 0)
                {
                    throw JpegHeader.Faulty("has two lossless scans of one component");
                }

                seen |= 1 << index;
            }

            JpegBitReader reader = new(data) { Position = header.Position };
            DecodeScan(header, ref reader, rows.Samples<ushort>(), cells);
            header.Position = reader.Position;
        }
        while (seen != (1 << components) - 1 && header.ReadToScan(data));
        if (seen != (1 << components) - 1)
        {
            throw JpegHeader.Faulty("lacks a scan");
        }
    }

    private static void DecodeScan(JpegHeader header, ref JpegBitReader reader, Span<ushort> rows, PixelBuffer cells)
    {
        int width = cells.Width, predictor = header.SpectralStart, shift = header.ApproximationLow, count = header.ScanComponentCount;
        if (predictor is < 1 or > 7 || shift >= header.Precision)
        {
            throw JpegHeader.Faulty($"has a lossless scan of predictor {predictor} and point transform {shift}");
        }

        if (header.RestartInterval % width != 0)
        {
            throw JpegHeader.Faulty($"restarts after {header.RestartInterval} samples of rows of {width}");
        }

        int restart = header.RestartInterval / width, left = restart;
        int first = 1 << (header.Precision - shift - 1);
        bool isStart = true;
        for (int y = 0; y < cells.Height; y++)
        {
            if (restart != 0 && left-- == 0)
            {
                reader.TakeRestart();
                (left, isStart) = (restart - 1, true);
            }

            int current = y & 1;
            if (count == 1)
            {
                int index = header.ScanComponents[0];
                Span<ushort> row = rows.Slice(((2 * index) + current) * width, width);
                ReadOnlySpan<ushort> above = rows.Slice(((2 * index) + 1 - current) * width, width);
                HuffmanTable table = JpegHeader.Demand(header.Dc, header.Components[index].DcTable, 16);
                DecodeRow(ref reader, table, row);
                Predict(isStart ? 0 : predictor, first, row, above);
            }
            else
            {
                DecodeInterleaved(header, ref reader, rows, width, current);
                for (int i = 0; i < count; i++)
                {
                    int index = header.ScanComponents[i];
                    Predict(isStart ? 0 : predictor, first, rows.Slice(((2 * index) + current) * width, width), rows.Slice(((2 * index) + 1 - current) * width, width));
                }
            }

            reader.DemandEnough();
            isStart = false;
            for (int i = 0; i < count; i++)
            {
                int index = header.ScanComponents[i];
                SampleRows.Store(rows.Slice(((2 * index) + current) * width, width), shift, cells, y, index, header.ComponentCount);
            }
        }
    }

    // The differences of a row, one component. The reader's state is kept in registers; a difference is mostly found in one step.
    private static void DecodeRow(ref JpegBitReader reader, HuffmanTable table, Span<ushort> row)
    {
        ref int differences = ref MemoryMarshal.GetArrayDataReference(table.Differences());
        ulong bits = reader.Bits;
        int count = reader.Count;
        for (int x = 0; x < row.Length; x++)
        {
            if (count < 32)
            {
                (reader.Bits, reader.Count) = (bits, count);
                reader.FillMore();
                (bits, count) = (reader.Bits, reader.Count);
            }

            int entry = Unsafe.Add(ref differences, (int)(bits >> (64 - HuffmanTable.LookupBits)));
            if (entry != 0)
            {
                int used = entry & 0xff;
                bits <<= used;
                count -= used;
                row[x] = (ushort)(entry >> 16);
            }
            else
            {
                (reader.Bits, reader.Count) = (bits, count);
                row[x] = DecodeLong(ref reader, table);
                (bits, count) = (reader.Bits, reader.Count);
            }
        }

        (reader.Bits, reader.Count) = (bits, count);
    }

    private static void DecodeInterleaved(JpegHeader header, ref JpegBitReader reader, Span<ushort> rows, int width, int current)
    {
        int count = header.ScanComponentCount;
        for (int x = 0; x < width; x++)
        {
            for (int i = 0; i < count; i++)
            {
                int index = header.ScanComponents[i];
                HuffmanTable table = JpegHeader.Demand(header.Dc, header.Components[index].DcTable, 16);
                reader.Fill();
                int entry = table.Differences()[(int)(reader.Bits >> (64 - HuffmanTable.LookupBits))];
                int used = entry & 0xff;
                reader.Bits <<= used;
                reader.Count -= used;
                rows[(((2 * index) + current) * width) + x] = entry != 0 ? (ushort)(entry >> 16) : DecodeLong(ref reader, table);
            }
        }
    }

    // A difference of 16 bits is 32768 and has no bits (H.1.2.2).
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ushort DecodeLong(ref JpegBitReader reader, HuffmanTable table)
    {
        int size = reader.TakeSymbol(table);
        return (ushort)(size switch
        {
            0 => 0,
            16 => 32768,
            _ => reader.TakeSigned(size),
        });
    }

    // Makes samples of differences (table H.1), modulo 65536. Predictor 0 is the first row: its first sample is predicted by half the range.
    private static void Predict(int predictor, int first, Span<ushort> row, ReadOnlySpan<ushort> above)
    {
        above = above[..row.Length];
        int a = (ushort)(row[0] + (predictor == 0 ? first : above[0]));
        row[0] = (ushort)a;
        switch (predictor)
        {
            case 0 or 1:
                for (int x = 1; x < row.Length; x++)
                {
                    a += row[x];
                    row[x] = (ushort)a;
                }

                break;
            case 2:
                for (int x = 1; x < row.Length; x++)
                {
                    row[x] += above[x];
                }

                break;
            case 3:
                for (int x = 1; x < row.Length; x++)
                {
                    row[x] += above[x - 1];
                }

                break;
            case 4:
                for (int x = 1; x < row.Length; x++)
                {
                    a = (ushort)(row[x] + a + above[x] - above[x - 1]);
                    row[x] = (ushort)a;
                }

                break;
            case 5:
                for (int x = 1; x < row.Length; x++)
                {
                    a = (ushort)(row[x] + a + ((above[x] - above[x - 1]) >> 1));
                    row[x] = (ushort)a;
                }

                break;
            case 6:
                for (int x = 1; x < row.Length; x++)
                {
                    a = (ushort)(row[x] + above[x] + ((a - above[x - 1]) >> 1));
                    row[x] = (ushort)a;
                }

                break;
            default:
                for (int x = 1; x < row.Length; x++)
                {
                    a = (ushort)(row[x] + ((a + above[x]) >> 1));
                    row[x] = (ushort)a;
                }

                break;
        }
    }
}
