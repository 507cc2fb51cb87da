using System.Buffers;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>The samples of a row of MCUs: transformed into, brought to one size, and stored as cells.</summary>
internal sealed class DctStripe : IDisposable
{
    private readonly JpegHeader _header;
    private readonly DctDecoder.Layout _layout;
    private readonly PixelBuffer _cells;
    private readonly ushort[][] _planes;
    private readonly ushort[][] _quantization;
    private readonly ushort[] _wide;

    public DctStripe(JpegHeader header, DctDecoder.Layout layout, PixelBuffer cells)
    {
        (_header, _layout, _cells) = (header, layout, cells);
        _planes = new ushort[header.ComponentCount][];
        _quantization = new ushort[header.ComponentCount][];
        for (int i = 0; i < header.ComponentCount; i++)
        {
            _quantization[i] = header.QuantizationOf(header.Components[i]);
        }

        for (int i = 0; i < header.ComponentCount; i++)
        {
            _planes[i] = ArrayPool<ushort>.Shared.Rent(StrideOf(i) * header.Components[i].Vertical * 8);
        }

        _wide = ArrayPool<ushort>.Shared.Rent(layout.McusPerRow * layout.Horizontal * 8);
    }

    public void Dispose()
    {
        foreach (ushort[] plane in _planes)
        {
            ArrayPool<ushort>.Shared.Return(plane);
        }

        ArrayPool<ushort>.Shared.Return(_wide);
    }

    /// <summary>Makes samples of a block, at its place among the component's blocks of this row of MCUs.</summary>
    public void Transform(int component, int x, int y, ReadOnlySpan<short> block, bool hasAc)
    {
        int stride = StrideOf(component);
        Span<ushort> to = _planes[component].AsSpan((8 * y * stride) + (8 * x));
        if (hasAc)
        {
            InverseDct.Transform(block, _quantization[component], _header.Precision, to, stride);
            return;
        }

        ushort value = InverseDct.Flat(block[0], _quantization[component][0], _header.Precision);
        for (int row = 0; row < 8; row++)
        {
            to.Slice(row * stride, 8).Fill(value);
        }
    }

    /// <summary>Stores the rows of a row of MCUs.</summary>
    public void Store(int mcuRow)
    {
        int height = 8 * _layout.Vertical, first = mcuRow * height;
        int rows = Math.Min(height, _cells.Height - first);
        for (int y = 0; y < rows; y++)
        {
            for (int i = 0; i < _header.ComponentCount; i++)
            {
                ReadOnlySpan<ushort> row = _planes[i].AsSpan(y * _header.Components[i].Vertical / _layout.Vertical * StrideOf(i), StrideOf(i));
                SampleRows.Store(Widen(row, _header.Components[i].Horizontal)[.._cells.Width], 0, _cells, first + y, i, _header.ComponentCount);
            }
        }
    }

    // Twice as many samples are interpolated, 3 to 1 by distance; other factors repeat samples.
    private ReadOnlySpan<ushort> Widen(ReadOnlySpan<ushort> row, int horizontal)
    {
        if (horizontal == _layout.Horizontal)
        {
            return row;
        }

        Span<ushort> wide = _wide.AsSpan(0, _layout.McusPerRow * _layout.Horizontal * 8);
        if (2 * horizontal != _layout.Horizontal)
        {
            for (int x = 0; x < wide.Length; x++)
            {
                wide[x] = row[x * horizontal / _layout.Horizontal];
            }

            return wide;
        }

        // What fills the last MCU is no neighbour.
        int last = ((_cells.Width + 1) / 2) - 1;
        for (int x = 0; x <= last; x++)
        {
            int here = 3 * row[x];
            wide[2 * x] = (ushort)((here + row[Math.Max(0, x - 1)] + 1) >> 2);
            wide[(2 * x) + 1] = (ushort)((here + row[Math.Min(last, x + 1)] + 2) >> 2);
        }

        return wide;
    }

    private int StrideOf(int component) => _layout.McusPerRow * _header.Components[component].Horizontal * 8;
}
