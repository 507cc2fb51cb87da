using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Imaging.Codecs.Jpeg;

/// <summary>Decodes blocks of coefficients (ISO/IEC 10918-1 F.2.2, G.2). Places in a block are bounded by the zigzag table.</summary>
internal ref struct DctScan
{
    private readonly int _start, _end, _low;
    private int _endOfBandRun;

    public JpegBitReader Reader;

    /// <summary>The DC predictions of the components.</summary>
    public readonly Span<int> Predictions;

    public DctScan(JpegHeader header, ReadOnlySpan<byte> data, Span<int> predictions)
    {
        Reader = new JpegBitReader(data) { Position = header.Position };
        (_start, _end, _low) = (header.SpectralStart, header.SpectralEnd, header.ApproximationLow);
        Predictions = predictions;
        Predictions.Clear();
    }

    public void Restart()
    {
        Reader.TakeRestart();
        Predictions.Clear();
        _endOfBandRun = 0;
    }

    /// <summary>A block of a sequential scan; <paramref name="block"/> is all zeros.</summary>
    /// <returns>Whether it has more than a DC coefficient.</returns>
    public bool Sequential(Span<short> block, HuffmanTable dc, HuffmanTable ac, ref int prediction)
    {
        prediction += Difference(dc);
        ref short to = ref MemoryMarshal.GetReference(block[..64]);
        ref byte order = ref MemoryMarshal.GetReference(ZigZag.Order);
        to = (short)prediction;
        ref int coefficients = ref MemoryMarshal.GetArrayDataReference(ac.Coefficients());
        int k = 1;
        while (k < 64)
        {
            Reader.Fill();
            int entry = Unsafe.Add(ref coefficients, (int)(Reader.Bits >> (64 - HuffmanTable.LookupBits)));
            if (entry != 0)
            {
                int used = entry & 0xff;
                Reader.Bits <<= used;
                Reader.Count -= used;
                k += (entry >> 8) & 15;
                Unsafe.Add(ref to, Unsafe.Add(ref order, k++)) = (short)(entry >> 16);
                continue;
            }

            int symbol = Reader.TakeSymbol(ac);
            int size = symbol & 15;
            if (size == 0)
            {
                if (symbol != 0xf0)
                {
                    break;
                }

                k += 16;
                continue;
            }

            k += symbol >> 4;
            Unsafe.Add(ref to, Unsafe.Add(ref order, k++)) = (short)Reader.TakeSigned(size);
        }

        return k > 1;
    }

    /// <summary>The DC coefficient, or one more bit of it.</summary>
    public void ProgressiveDc(Span<short> block, HuffmanTable? dc, ref int prediction)
    {
        if (dc is null)
        {
            Reader.Fill();
            block[0] |= (short)(Reader.Take(1) << _low);
            return;
        }

        prediction += Difference(dc);
        block[0] = (short)(prediction << _low);
    }

    /// <summary>AC coefficients for the first time.</summary>
    public void ProgressiveAc(Span<short> block, HuffmanTable ac)
    {
        if (_endOfBandRun > 0)
        {
            _endOfBandRun--;
            return;
        }

        for (int k = _start; k <= _end; k++)
        {
            Reader.Fill();
            int symbol = Reader.TakeSymbol(ac);
            int run = symbol >> 4, size = symbol & 15;
            if (size == 0)
            {
                if (run < 15)
                {
                    _endOfBandRun = TakeEndOfBandRun(run) - 1;
                    return;
                }

                k += 15;
                continue;
            }

            k += run;
            block[ZigZag.Order[k]] = (short)(Reader.TakeSigned(size) << _low);
        }
    }

    /// <summary>One more bit of AC coefficients (G.1.2.3).</summary>
    public void RefineAc(Span<short> block, HuffmanTable ac)
    {
        short bit = (short)(1 << _low);
        int k = _start;
        if (_endOfBandRun == 0)
        {
            for (; k <= _end; k++)
            {
                Reader.Fill();
                int symbol = Reader.TakeSymbol(ac);
                int run = symbol >> 4;
                short value = 0;
                if ((symbol & 15) != 0)
                {
                    value = Reader.Take(1) != 0 ? bit : (short)-bit;
                }
                else if (run < 15)
                {
                    _endOfBandRun = TakeEndOfBandRun(run);
                    break;
                }

                while (k <= _end)
                {
                    ref short coefficient = ref block[ZigZag.Order[k]];
                    if (coefficient != 0)
                    {
                        Refine(ref coefficient, bit);
                    }
                    else if (run-- == 0)
                    {
                        coefficient = value;
                        break;
                    }

                    k++;
                }
            }
        }

        if (_endOfBandRun > 0)
        {
            for (; k <= _end; k++)
            {
                ref short coefficient = ref block[ZigZag.Order[k]];
                if (coefficient != 0)
                {
                    Refine(ref coefficient, bit);
                }
            }

            _endOfBandRun--;
        }
    }

    private void Refine(ref short coefficient, short bit)
    {
        Reader.Fill();
        if (Reader.Take(1) != 0 && (coefficient & bit) == 0)
        {
            coefficient += coefficient > 0 ? bit : (short)-bit;
        }
    }

    private int TakeEndOfBandRun(int bits)
    {
        Reader.Fill();
        return bits == 0 ? 1 : (1 << bits) + Reader.Take(bits);
    }

    private int Difference(HuffmanTable dc)
    {
        Reader.Fill();
        int size = Reader.TakeSymbol(dc);
        return size == 0 ? 0 : Reader.TakeSigned(size);
    }
}
