using Edge.Core.Errors;

namespace Edge.Imaging;

/// <summary>The attributes that say how pixel data is to be read (PS3.3 C.7.6.3). Nothing of it is trusted until <see cref="Validate"/>.</summary>
public sealed record ImageDescription
{
    /// <summary>The greatest size of one frame, stored or decoded, in bytes: what a small box can hold for a moment.</summary>
    public const int MaximumFrameSize = 512 * 1024 * 1024;

    /// <summary>(0028,0010)</summary>
    public required int Rows { get; init; }

    /// <summary>(0028,0011)</summary>
    public required int Columns { get; init; }

    /// <summary>(0028,0008)</summary>
    public int NumberOfFrames { get; init; } = 1;

    /// <summary>(0028,0002)</summary>
    public int SamplesPerPixel { get; init; } = 1;

    /// <summary>(0028,0100)</summary>
    public required int BitsAllocated { get; init; }

    /// <summary>(0028,0101)</summary>
    public required int BitsStored { get; init; }

    /// <summary>(0028,0102)</summary>
    public required int HighBit { get; init; }

    /// <summary>(0028,0103): whether samples bear a sign.</summary>
    public bool IsSigned { get; init; }

    /// <summary>(0028,0006): whether all red samples come first, then all green ones, then all blue ones.</summary>
    public bool IsPlanar { get; init; }

    /// <summary>(0028,0004), <c>MONOCHROME2</c>; spaces at the end do not count.</summary>
    public required string Photometric { get; init; }

    /// <summary>Whether two pixels of a row share Cb and Cr: native <c>YBR_FULL_422</c> (PS3.3 C.7.6.3.1.2), two samples for each pixel.</summary>
    public bool IsSubsampled { get; init; }

    /// <summary>Whether the transfer syntax is explicit VR big endian.</summary>
    public bool IsBigEndian { get; init; }

    /// <summary>Whether the VR of the pixel data is OW: in big endian, bytes of 8-bit samples are then swapped in pairs (PS3.5 A.3, D.1).</summary>
    public bool IsOtherWord { get; init; }

    /// <summary>(0028,1101) to (0028,1103) with their data, or null.</summary>
    public ColourPalette? Palette { get; init; }

    /// <summary>Whether grey goes from white to black.</summary>
    public bool IsInverted => PhotometricName == "MONOCHROME1";

    /// <summary>The number of bits of one frame. Frames of 1-bit samples are not padded to bytes (PS3.5 8.1.1).</summary>
    public long FrameBits => (long)Rows * Columns * (IsSubsampled ? 2 : SamplesPerPixel) * BitsAllocated;

    internal string PhotometricName => Photometric.Trim(' ', '\0');

    /// <summary>Where a frame lies in uncompressed pixel data.</summary>
    /// <exception cref="ImageException">The frame does not exist or the description is faulty.</exception>
    public FramePosition Locate(int frame)
    {
        Validate();
        if (frame < 0 || frame >= NumberOfFrames)
        {
            throw new ImageException(ErrorCode.ParameterOutOfRange, $"frame {frame} does not exist: there are {NumberOfFrames}");
        }

        long firstBit = checked(frame * FrameBits);
        int inByte = (int)(firstBit & 7);
        return new FramePosition(firstBit >> 3, (int)((inByte + FrameBits + 7) >> 3), inByte);
    }

    /// <exception cref="ImageException">With the attribute at fault.</exception>
    public void Validate()
    {
        Demand(Rows is > 0 and <= ushort.MaxValue, "Rows", Rows);
        Demand(Columns is > 0 and <= ushort.MaxValue, "Columns", Columns);
        Demand(NumberOfFrames > 0, "NumberOfFrames", NumberOfFrames);
        Demand(SamplesPerPixel is >= 1 and <= 4, "SamplesPerPixel", SamplesPerPixel);
        Demand(BitsAllocated is 1 or 8 or 16 or 32, "BitsAllocated", BitsAllocated);
        Demand(BitsStored >= 1 && BitsStored <= BitsAllocated, "BitsStored", BitsStored);
        Demand(HighBit >= BitsStored - 1 && HighBit < BitsAllocated, "HighBit", HighBit);
        if (FrameBits / 8 > MaximumFrameSize || (long)Rows * Columns * 6 > MaximumFrameSize)
        {
            throw new ImageException(ErrorCode.BadFileFormat, $"a frame of {Columns} x {Rows} x {SamplesPerPixel} samples of {BitsAllocated} bits is larger than {MaximumFrameSize} bytes");
        }
    }

    private static void Demand(bool isGood, string name, int value)
    {
        if (!isGood)
        {
            throw new ImageException(ErrorCode.BadFileFormat, $"{name} is {value}: the pixel data cannot be read by that");
        }
    }
}

/// <summary>Where a frame lies.</summary>
/// <param name="Offset">Its first byte, from the start of the pixel data.</param>
/// <param name="Length">Its length in bytes.</param>
/// <param name="FirstBit">Its first bit in the first byte, from the least significant one; 0 but for 1-bit samples.</param>
public readonly record struct FramePosition(long Offset, int Length, int FirstBit);

/// <summary>The lookup tables of PALETTE COLOR (PS3.3 C.7.6.3.1.5, C.7.6.3.1.6).</summary>
/// <param name="Red">The red table.</param>
/// <param name="Green">The green table.</param>
/// <param name="Blue">The blue table.</param>
public sealed record ColourPalette(PaletteTable Red, PaletteTable Green, PaletteTable Blue);

/// <summary>One lookup table.</summary>
/// <param name="Count">The number of entries, 0 for 65536: first value of the descriptor.</param>
/// <param name="First">The pixel value of the first entry: second value.</param>
/// <param name="Bits">The bits of an entry, 8 or 16: third value.</param>
/// <param name="Entries">The entries.</param>
public sealed record PaletteTable(ushort Count, ushort First, ushort Bits, ReadOnlyMemory<ushort> Entries);
