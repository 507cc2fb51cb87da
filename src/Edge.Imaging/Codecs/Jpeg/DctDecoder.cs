using System.Buffers;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>
/// Sequential and progressive DCT (ISO/IEC 10918-1 annexes F and G), 8 and 12 bits. One scan of all components is transformed a row of MCUs
/// at a time; else the coefficients of the frame are gathered first.
/// </summary>
internal static class DctDecoder
{
    /// <summary>More scans than this are no image but an attack: each may cost the time of a whole frame.</summary>
    private const int MaximumScans = 100;

    public static void Decode(JpegHeader header, ReadOnlySpan<byte> data, PixelBuffer cells)
    {
        Layout layout = new(header, cells.Width, cells.Height);
        bool isWhole = header.Process != JpegHeader.Sof2 && header.ScanComponentCount == header.ComponentCount;
        long coefficients = isWhole ? layout.StripeBlocks * 64 : layout.StripeBlocks * 64 * layout.McuRows;
        if (coefficients > ImageDescription.MaximumFrameSize / sizeof(short))
        {
            throw new ImageException(ErrorCode.NotEnoughMemory, "the coefficients of the frame need too much memory");
        }

        short[] blocks = ArrayPool<short>.Shared.Rent((int)coefficients);
        using DctStripe stripe = new(header, layout, cells);
        try
        {
            if (isWhole)
            {
                DecodeWhole(header, layout, data, stripe, blocks);
                return;
            }

            blocks.AsSpan(0, (int)coefficients).Clear();
            DecodeScans(header, layout, data, blocks);
            for (int row = 0; row < layout.McuRows; row++)
            {
                int at = row * (int)layout.StripeBlocks * 64;
                for (int i = 0; i < header.ComponentCount; i++)
                {
                    int across = layout.McusPerRow * header.Components[i].Horizontal;
                    for (int b = 0; b < across * header.Components[i].Vertical; b++, at += 64)
                    {
                        stripe.Transform(i, b % across, b / across, blocks.AsSpan(at, 64), hasAc: true);
                    }
                }

                stripe.Store(row);
            }
        }
        finally
        {
            ArrayPool<short>.Shared.Return(blocks);
        }
    }

    private static void DecodeWhole(JpegHeader header, Layout layout, ReadOnlySpan<byte> data, DctStripe stripe, short[] blocks)
    {
        Span<short> block = blocks.AsSpan(0, 64);
        DctScan scan = new(header, data, stackalloc int[4]);
        Tables(header, out HuffmanTable[] dc, out HuffmanTable[] ac);
        int left = header.RestartInterval;
        for (int row = 0; row < layout.McuRows; row++)
        {
            for (int mcu = 0; mcu < layout.McusPerRow; mcu++)
            {
                if (header.RestartInterval != 0 && left-- == 0)
                {
                    scan.Restart();
                    left = header.RestartInterval - 1;
                }

                for (int s = 0; s < header.ScanComponentCount; s++)
                {
                    int i = header.ScanComponents[s];
                    ref readonly JpegComponent component = ref header.Components[i];
                    for (int b = 0; b < component.Horizontal * component.Vertical; b++)
                    {
                        block.Clear();
                        bool hasAc = scan.Sequential(block, dc[component.DcTable], ac[component.AcTable], ref scan.Predictions[i]);
                        stripe.Transform(i, (mcu * component.Horizontal) + (b % component.Horizontal), b / component.Horizontal, block, hasAc);
                    }
                }
            }

            scan.Reader.DemandEnough();
            stripe.Store(row);
        }
    }

    private static void DecodeScans(JpegHeader header, Layout layout, ReadOnlySpan<byte> data, short[] blocks)
    {
        int seen = 0, scans = 0;
        Span<int> predictions = stackalloc int[4];
        do
        {
            if (++scans > MaximumScans)
            {
                throw JpegHeader.Faulty($"has more than {MaximumScans} scans");
            }

            DctScan scan = new(header, data, predictions);
            DecodeScan(header, layout, ref scan, blocks);
            header.Position = scan.Reader.Position;
            for (int s = 0; s < header.ScanComponentCount; s++)
            {
                seen |= 1 << header.ScanComponents[s];
            }
        }
        while (header.ReadToScan(data));
        if (seen != (1 << header.ComponentCount) - 1)
        {
            throw JpegHeader.Faulty("lacks a scan");
        }
    }

    private static void DecodeScan(JpegHeader header, Layout layout, ref DctScan scan, short[] blocks)
    {
        Tables(header, out HuffmanTable[] dc, out HuffmanTable[] ac);
        int count = header.ScanComponentCount;
        // A scan of one component has no MCUs: its blocks come row by row, without those that only fill MCUs (A.2.2).
        int single = header.ScanComponents[0];
        int columns = count > 1 ? layout.McusPerRow : layout.BlocksAcross(single);
        int rows = count > 1 ? layout.McuRows : layout.BlocksDown(single);
        int left = header.RestartInterval;
        for (int y = 0; y < rows; y++)
        {
            for (int x = 0; x < columns; x++)
            {
                if (header.RestartInterval != 0 && left-- == 0)
                {
                    scan.Restart();
                    left = header.RestartInterval - 1;
                }

                if (count == 1)
                {
                    DecodeBlock(header, ref scan, blocks.AsSpan(layout.BlockOffset(single, x, y), 64), single, dc, ac);
                    continue;
                }

                for (int s = 0; s < count; s++)
                {
                    int i = header.ScanComponents[s];
                    (int across, int down) = (header.Components[i].Horizontal, header.Components[i].Vertical);
                    for (int b = 0; b < across * down; b++)
                    {
                        DecodeBlock(header, ref scan, blocks.AsSpan(layout.BlockOffset(i, (x * across) + (b % across), (y * down) + (b / across)), 64), i, dc, ac);
                    }
                }
            }

            scan.Reader.DemandEnough();
        }
    }

    private static void DecodeBlock(JpegHeader header, ref DctScan scan, Span<short> block, int index, HuffmanTable[] dc, HuffmanTable[] ac)
    {
        ref readonly JpegComponent component = ref header.Components[index];
        if (header.Process != JpegHeader.Sof2)
        {
            block.Clear();
            scan.Sequential(block, dc[component.DcTable], ac[component.AcTable], ref scan.Predictions[index]);
        }
        else if (header.SpectralStart == 0)
        {
            scan.ProgressiveDc(block, header.ApproximationHigh == 0 ? dc[component.DcTable] : null, ref scan.Predictions[index]);
        }
        else if (header.ApproximationHigh == 0)
        {
            scan.ProgressiveAc(block, ac[component.AcTable]);
        }
        else
        {
            scan.RefineAc(block, ac[component.AcTable]);
        }
    }

    // What a scan uses must be defined and must fit; bands must lie within a block.
    private static void Tables(JpegHeader header, out HuffmanTable[] dc, out HuffmanTable[] ac)
    {
        (dc, ac) = (header.Dc, header.Ac);
        bool isProgressive = header.Process == JpegHeader.Sof2;
        int start = header.SpectralStart, end = header.SpectralEnd;
        if (isProgressive && (start > end || end > 63 || (start == 0 && end != 0) || (start != 0 && header.ScanComponentCount != 1)
            || header.ApproximationLow > 13 || (header.ApproximationHigh != 0 && header.ApproximationHigh != header.ApproximationLow + 1)))
        {
            throw JpegHeader.Faulty($"has a progressive scan of coefficients {start} to {end}");
        }

        for (int s = 0; s < header.ScanComponentCount; s++)
        {
            ref readonly JpegComponent component = ref header.Components[header.ScanComponents[s]];
            if (!isProgressive || (start == 0 && header.ApproximationHigh == 0))
            {
                JpegHeader.Demand(dc, component.DcTable, 15);
            }

            if (!isProgressive || start != 0)
            {
                JpegHeader.Demand(ac, component.AcTable, 255);
            }
        }
    }

    /// <summary>How blocks and MCUs cover the frame (A.1.1, A.2).</summary>
    internal sealed class Layout
    {
        private readonly JpegHeader _header;
        private readonly int _width, _height;
        private readonly int[] _starts = new int[4];

        public Layout(JpegHeader header, int width, int height)
        {
            (_header, _width, _height) = (header, width, height);
            if (header.ComponentCount == 1)
            {
                (header.Components[0].Horizontal, header.Components[0].Vertical) = (1, 1);
            }

            for (int i = 0; i < header.ComponentCount; i++)
            {
                Horizontal = Math.Max(Horizontal, header.Components[i].Horizontal);
                Vertical = Math.Max(Vertical, header.Components[i].Vertical);
            }

            McusPerRow = (width + (8 * Horizontal) - 1) / (8 * Horizontal);
            McuRows = (height + (8 * Vertical) - 1) / (8 * Vertical);
            for (int i = 0; i < header.ComponentCount; i++)
            {
                _starts[i] = (int)StripeBlocks;
                StripeBlocks += (long)McusPerRow * header.Components[i].Horizontal * header.Components[i].Vertical;
            }
        }

        /// <summary>The greatest sampling factors.</summary>
        public int Horizontal { get; }

        public int Vertical { get; }

        public int McusPerRow { get; }

        public int McuRows { get; }

        /// <summary>The blocks of a row of MCUs.</summary>
        public long StripeBlocks { get; }

        public int BlocksAcross(int i) => (((_width * _header.Components[i].Horizontal) + Horizontal - 1) / Horizontal + 7) / 8;

        public int BlocksDown(int i) => (((_height * _header.Components[i].Vertical) + Vertical - 1) / Vertical + 7) / 8;

        /// <summary>Where a block's coefficients lie among those of the frame.</summary>
        public int BlockOffset(int i, int x, int y)
        {
            int down = _header.Components[i].Vertical;
            return (((y / down) * (int)StripeBlocks) + _starts[i] + ((y % down) * McusPerRow * _header.Components[i].Horizontal) + x) * 64;
        }
    }
}
