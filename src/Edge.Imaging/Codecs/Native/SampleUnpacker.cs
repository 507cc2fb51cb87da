using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Edge.Imaging.Codecs.Native;

/// <summary>
/// Makes samples of the bits that hold them: the stored bits are moved to the top of their cell and back down, which drops what lies above
/// (overlays of old, PS3.5 8.1.2) and extends the sign.
/// </summary>
public static class SampleUnpacker
{
    private static readonly ulong[] SpreadBits = MakeSpreadBits();

    public static void Unpack(ImageDescription image, ReadOnlySpan<byte> frame, int firstBit, PixelBuffer pixels)
    {
        switch (image.BitsAllocated)
        {
            case 1:
                UnpackBits(frame, firstBit, pixels.Bytes);
                break;
            case 8:
                Unpack8(image, frame, pixels);
                break;
            case 16:
                Unpack16(image, MemoryMarshal.Cast<byte, ushort>(frame), pixels);
                break;
            default:
                Unpack32(image, MemoryMarshal.Cast<byte, uint>(frame), pixels.Samples<uint>());
                break;
        }
    }

    /// <summary>Native <c>YBR_FULL_422</c> to Y, Cb and Cr of each pixel: two Y, then the Cb and Cr of both (PS3.3 C.7.6.3.1.2).</summary>
    /// <param name="to">Three bytes for each pixel, of which there is an even number.</param>
    public static void Expand(ReadOnlySpan<byte> from, Span<byte> to)
    {
        for (; to.Length >= 6; to = to[6..], from = from[4..])
        {
            byte cb = from[2], cr = from[3];
            (to[0], to[1], to[2]) = (from[0], cb, cr);
            (to[3], to[4], to[5]) = (from[1], cb, cr);
        }
    }

    /// <summary>16-bit cells to 16-bit samples.</summary>
    public static void Unpack16(ImageDescription image, ReadOnlySpan<ushort> from, Span<ushort> to)
    {
        from = from[..to.Length];
        if (image.IsBigEndian == BitConverter.IsLittleEndian)
        {
            BinaryPrimitives.ReverseEndianness(from, to);
            from = to;
        }

        int left = 15 - image.HighBit;
        int right = 16 - image.BitsStored;
        if (right == 0)
        {
            from.CopyTo(to);
            return;
        }

        int i = 0;
        ref ushort source = ref MemoryMarshal.GetReference(from);
        ref ushort target = ref MemoryMarshal.GetReference(to);
        for (; i <= to.Length - Vector128<ushort>.Count; i += Vector128<ushort>.Count)
        {
            Vector128<ushort> top = Vector128.ShiftLeft(Vector128.LoadUnsafe(ref source, (nuint)i), left);
            Vector128<ushort> down = image.IsSigned
                ? Vector128.ShiftRightArithmetic(top.AsInt16(), right).AsUInt16()
                : Vector128.ShiftRightLogical(top, right);
            down.StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < to.Length; i++)
        {
            ushort top = (ushort)(from[i] << left);
            to[i] = image.IsSigned ? (ushort)((short)top >> right) : (ushort)(top >> right);
        }
    }

    private static void UnpackBits(ReadOnlySpan<byte> from, int firstBit, Span<byte> to)
    {
        int i = 0;
        if (firstBit == 0)
        {
            for (; i <= to.Length - 8; i += 8)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(to[i..], SpreadBits[from[i >> 3]]);
            }
        }

        for (; i < to.Length; i++)
        {
            int bit = firstBit + i;
            to[i] = (byte)-((from[bit >> 3] >> (bit & 7)) & 1);
        }
    }

    private static void Unpack8(ImageDescription image, ReadOnlySpan<byte> from, PixelBuffer pixels)
    {
        int left = 7 - image.HighBit;
        int right = 8 - image.BitsStored;
        if (pixels.Format == PixelFormat.SignedGray16)
        {
            Span<short> signed = pixels.Samples<short>();
            for (int i = 0; i < signed.Length; i++)
            {
                signed[i] = (short)((sbyte)(from[i] << left) >> right);
            }

            return;
        }

        Span<byte> to = pixels.Bytes;
        if (image.IsPlanar && image.SamplesPerPixel == 3)
        {
            Interleave(from[..to.Length], to);
        }
        else
        {
            from[..to.Length].CopyTo(to);
        }

        if (right != 0)
        {
            foreach (ref byte sample in to)
            {
                sample = (byte)((byte)(sample << left) >> right);
            }
        }
    }

    private static void Unpack16(ImageDescription image, ReadOnlySpan<ushort> from, PixelBuffer pixels)
    {
        if (pixels.Format == PixelFormat.Gray8)
        {
            using PixelBuffer wide = new(pixels.Width, pixels.Height, PixelFormat.Gray16);
            Unpack16(image, from, wide.Samples<ushort>());
            Narrow(wide.Samples<ushort>(), pixels.Bytes);
        }
        else if (image.IsPlanar && image.SamplesPerPixel == 3)
        {
            using PixelBuffer planes = new(pixels.Width, pixels.Height, PixelFormat.Rgb48);
            Unpack16(image, from, planes.Samples<ushort>());
            Interleave(planes.Samples<ushort>(), pixels.Samples<ushort>());
        }
        else
        {
            Unpack16(image, from, pixels.Samples<ushort>());
        }
    }

    private static void Unpack32(ImageDescription image, ReadOnlySpan<uint> from, Span<uint> to)
    {
        bool isForeign = image.IsBigEndian == BitConverter.IsLittleEndian;
        int left = 31 - image.HighBit;
        int right = 32 - image.BitsStored;
        for (int i = 0; i < to.Length; i++)
        {
            uint top = (isForeign ? BinaryPrimitives.ReverseEndianness(from[i]) : from[i]) << left;
            to[i] = image.IsSigned ? (uint)((int)top >> right) : top >> right;
        }
    }

    private static void Narrow(ReadOnlySpan<ushort> from, Span<byte> to)
    {
        for (int i = 0; i < to.Length; i++)
        {
            to[i] = (byte)from[i];
        }
    }

    private static void Interleave<T>(ReadOnlySpan<T> planes, Span<T> to)
    {
        int count = to.Length / 3;
        ReadOnlySpan<T> red = planes[..count], green = planes.Slice(count, count), blue = planes.Slice(2 * count, count);
        for (int i = 0; i < count; i++)
        {
            Span<T> pixel = to.Slice(3 * i, 3);
            (pixel[0], pixel[1], pixel[2]) = (red[i], green[i], blue[i]);
        }
    }

    // Eight bits, the least significant first, to eight bytes of 0 or 255.
    private static ulong[] MakeSpreadBits()
    {
        ulong[] table = new ulong[256];
        for (int value = 0; value < 256; value++)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                table[value] |= (value >> bit & 1) != 0 ? 0xffUL << (8 * bit) : 0;
            }
        }

        return table;
    }
}
