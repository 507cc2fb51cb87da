using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>How the headers of a data set are encoded.</summary>
internal readonly record struct HeaderEncoding(bool IsExplicitVr, bool IsBigEndian)
{
    public static readonly HeaderEncoding ImplicitLittle = new(false, false);
    public static readonly HeaderEncoding ExplicitLittle = new(true, false);
    public static readonly HeaderEncoding ExplicitBig = new(true, true);

    public static HeaderEncoding Of(TransferSyntax syntax) => new(syntax.IsExplicitVr, syntax.IsBigEndian);
}

/// <summary>Tag, VR and length of one element (PS3.5 7.1.2, 7.1.3), read from at most twelve bytes.</summary>
internal struct ElementHeader
{
    public const uint UndefinedLength = 0xFFFFFFFF;
    public const uint Item = 0xFFFEE000;
    public const uint ItemDelimiter = 0xFFFEE00D;
    public const uint SequenceDelimiter = 0xFFFEE0DD;

    /// <summary>The shortest header.</summary>
    public const int Least = 8;

    /// <summary>The longest header.</summary>
    public const int Most = 12;

    public uint Tag;
    public uint Length;
    public Vr Vr;

    /// <summary>The bytes of the header: 8 or 12.</summary>
    public byte Size;

    /// <summary>Whether explicit VR was due, and the two bytes are no VR of the standard.</summary>
    public bool IsBadVr;

    /// <summary>The VR bytes as in the file, where they are bad; 0 where the element turned out to be of implicit form.</summary>
    public ushort FileVr;

    public readonly bool IsUndefined => Length == UndefinedLength;

    /// <summary>Reads a header. In implicit VR, and of items and delimiters, <see cref="Vr"/> is None.</summary>
    /// <param name="bytes">At least eight bytes; twelve where the data goes on so far.</param>
    /// <param name="remaining">The bytes from the start of the element to the end of what holds it.</param>
    /// <returns>False where twelve bytes are needed and not there, or no reading of the length makes sense.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRead(ReadOnlySpan<byte> bytes, HeaderEncoding encoding, long remaining, out ElementHeader header)
    {
        Unsafe.SkipInit(out header);
        if (!encoding.IsBigEndian)
        {
            header.Tag = BitOperations.RotateLeft(BinaryPrimitives.ReadUInt32LittleEndian(bytes), 16);
            header.IsBadVr = false;
            header.FileVr = 0;
            if (encoding.IsExplicitVr && header.Tag >> 16 != 0xFFFE)
            {
                Vr vr = VrInfo.FromBytes(bytes[4], bytes[5]);
                header.Vr = vr;
                if (vr != Vr.None && !VrInfo.HasLongLength(vr))
                {
                    header.Size = 8;
                    header.Length = BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
                    return true;
                }

                if (vr != Vr.None && bytes.Length >= 12)
                {
                    header.Size = 12;
                    header.Length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
                    return true;
                }

                return vr == Vr.None && TryReadBadVr(bytes, false, remaining, ref header);
            }

            header.Vr = Vr.None;
            header.Size = 8;
            header.Length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            return true;
        }

        return TryReadBigEndian(bytes, encoding.IsExplicitVr, remaining, out header);
    }

    private static bool TryReadBigEndian(ReadOnlySpan<byte> bytes, bool isExplicit, long remaining, out ElementHeader header)
    {
        header = default;
        header.Tag = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        header.Size = 8;
        if (!isExplicit || header.Tag >> 16 == 0xFFFE)
        {
            header.Length = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
            return true;
        }

        header.Vr = VrInfo.FromBytes(bytes[4], bytes[5]);
        if (header.Vr == Vr.None)
        {
            return TryReadBadVr(bytes, true, remaining, ref header);
        }

        if (!VrInfo.HasLongLength(header.Vr))
        {
            header.Length = BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]);
            return true;
        }

        if (bytes.Length < 12)
        {
            return false;
        }

        header.Size = 12;
        header.Length = BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]);
        return true;
    }

    // Two letters are a VR of a later edition: those have long lengths (PS3.5 7.1.2). Anything else is either an old writer's short form
    // or an element in implicit form; the one whose length fits is taken.
    private static bool TryReadBadVr(ReadOnlySpan<byte> bytes, bool bigEndian, long remaining, ref ElementHeader header)
    {
        header.IsBadVr = true;
        header.Vr = Vr.UN;
        header.FileVr = BinaryPrimitives.ReadUInt16LittleEndian(bytes[4..]);
        bool letters = char.IsAsciiLetterUpper((char)bytes[4]) && char.IsAsciiLetterUpper((char)bytes[5]);
        uint shortLength = bigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes[6..]) : BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]);
        uint implicitLength = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
        if (letters && shortLength == 0 && bytes.Length >= 12)
        {
            uint longLength = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes[8..]) : BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
            if (longLength <= remaining - 12)
            {
                header.Size = 12;
                header.Length = longLength;
                return true;
            }
        }

        header.Size = 8;
        if (!letters && (shortLength == 0 || shortLength > remaining - 8) && (implicitLength <= remaining - 8 || implicitLength == UndefinedLength))
        {
            header.Vr = Vr.None;
            header.FileVr = 0;
            header.Length = implicitLength;
            return true;
        }

        header.Length = shortLength;
        return shortLength <= remaining - 8;
    }
}
