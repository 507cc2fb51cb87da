using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Edge.Core.Errors;

namespace Edge.Imaging.Codecs.JpegLs;

/// <summary>Bits that have been taken from a scan but not used.</summary>
internal struct BitWindow
{
    /// <summary>The next bit is the highest. Below the <see cref="Count"/> that are good there may be some of the byte at <see cref="Position"/>.</summary>
    public ulong Bits;

    /// <summary>At most 63.</summary>
    public int Count;

    /// <summary>Where the next byte is taken; never behind a marker.</summary>
    public int Position;
}

/// <summary>The bits of a JPEG-LS scan (ISO/IEC 14495-1 annex C): after a byte 0xFF, the next has seven. Zeros follow the end.</summary>
internal ref struct JpegLsBitReader(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private int _padding;
    private int _safe = -1;
    private bool _isAfterFF;

    /// <summary>The bits at hand. Loops copy it to a variable of their own, which stays in registers, and back before they call anything here but <see cref="TakeGolomb"/>.</summary>
    public BitWindow Window;

    /// <exception cref="ImageException">More bits were used than there are.</exception>
    public readonly void DemandEnough()
    {
        if (_padding > Window.Count)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "the JPEG-LS codestream ends too early");
        }
    }

    public bool TakeBit()
    {
        FillIfLow();
        bool bit = (long)Window.Bits < 0;
        Window.Bits <<= 1;
        Window.Count--;
        return bit;
    }

    /// <summary>Takes 0 to 16 bits.</summary>
    public int Take(int count)
    {
        FillIfLow();
        int value = (int)(Window.Bits >> 1 >> (63 - count));
        Window.Bits <<= count;
        Window.Count -= count;
        return value;
    }

    /// <summary>A limited Golomb code, from the bits at hand here.</summary>
    public int TakeGolomb(int k, int escape, int width)
    {
        BitWindow window = Window;
        int value = TakeGolomb(ref window, k, escape, width);
        Window = window;
        return value;
    }

    /// <summary>A limited Golomb code (A.5.3).</summary>
    /// <param name="window">The copy of <see cref="Window"/> that is in use.</param>
    /// <param name="escape">The zeros after which the value stands in <paramref name="width"/> bits: LIMIT - qbpp - 1.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeGolomb(ref BitWindow window, int k, int escape, int width)
    {
        // Without a question how many bits are left, whose answer nobody foresees: where no FF is near, always all that have room.
        if (window.Position <= _safe)
        {
            ulong next = Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref MemoryMarshal.GetReference(_data), window.Position));
            window.Bits |= (BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(next) : next) >> window.Count;
            window.Position += (63 - window.Count) >> 3;
            window.Count |= 56;
        }
        else
        {
            window = FillNearFF(window);
        }

        int zeros = BitOperations.LeadingZeroCount(window.Bits);
        int size = zeros + 1 + k;
        if (zeros < escape && size <= 56)
        {
            ulong rest = window.Bits << zeros << 1;
            window.Bits = rest << k;
            window.Count -= size;
            return zeros << k | (int)(rest >> 1 >> (63 - k));
        }

        Window = window;
        int value = TakeLong(k, escape, width);
        window = Window;
        return value;
    }

    // The zeros may be more than are at hand.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private int TakeLong(int k, int escape, int width)
    {
        int zeros = 0, more;
        while ((more = BitOperations.LeadingZeroCount(Window.Bits >> 32 << 32)) >= 32)
        {
            zeros += 32;
            Window.Bits <<= 32;
            Window.Count -= 32;
            if (zeros > escape)
            {
                break;
            }

            FillByBytes();
        }

        zeros += more & 31;
        if (zeros > escape)
        {
            throw new ImageException(ErrorCode.CorruptedFile, "the JPEG-LS codestream holds a code longer than its limit, or ends too early");
        }

        Window.Bits = Window.Bits << more << 1;
        Window.Count -= more + 1;
        return zeros < escape ? zeros << k | Take(k) : Take(width) + 1;
    }

    private void FillIfLow()
    {
        if (Window.Count < 48)
        {
            FillByBytes();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private BitWindow FillNearFF(BitWindow window)
    {
        Window = window;
        FillByBytes();
        if (!_isAfterFF && Window.Position < _data.Length)
        {
            // Eight bytes from here on hold no FF.
            int next = _data[Window.Position..].IndexOf((byte)0xff);
            _safe = (next < 0 ? _data.Length : Window.Position + next) - 8;
        }

        return Window;
    }

    private void FillByBytes()
    {
        Window.Bits = Window.Count == 0 ? 0 : Window.Bits >> (64 - Window.Count) << (64 - Window.Count);
        while (Window.Count <= 55)
        {
            if (Window.Position >= _data.Length || (_data[Window.Position] == 0xff && (Window.Position + 1 >= _data.Length || _data[Window.Position + 1] >= 0x80)))
            {
                _padding = Math.Min(_padding + 8, 1 << 20);
                Window.Count += 8;
                continue;
            }

            ulong next = _data[Window.Position++];
            int size = _isAfterFF ? 7 : 8;
            _isAfterFF = next == 0xff;
            Window.Bits |= next << (64 - size - Window.Count);
            Window.Count += size;
        }
    }
}
