using System.Buffers.Binary;
using System.Numerics;
using Edge.Core.Errors;
using Edge.Store.Files;

namespace Edge.Store.Format;

/// <summary>The first 64 bytes of a container; the block index follows: docs/storage-format.md.</summary>
internal sealed record ContainerHeader
{
    public const int Size = 64;
    public const int IndexEntrySize = 8;
    public const int BlockSize = 256 << 10;
    public const ushort Version = 1;

    /// <summary>Set in the length of an index entry: the block is kept without LZ4.</summary>
    public const uint StoredPlain = 0x8000_0000;

    /// <summary>Like PNG's: shows damage by text conversion, and no DICOM file or text begins so.</summary>
    public static ReadOnlySpan<byte> Magic => [0x8E, (byte)'E', (byte)'D', (byte)'G', (byte)'E', 0x0D, 0x0A, 0x1A];

    public required long PlainSize { get; init; }

    public required long StoredSize { get; init; }

    /// <summary>Null: no filter.</summary>
    public required FilterHint? Filter { get; init; }

    public int BlockLength { get; init; } = BlockSize;

    public int Blocks => checked((int)((PlainSize + BlockLength - 1) / BlockLength));

    /// <summary>Where the first block begins.</summary>
    public long BlocksOffset => Size + ((long)Blocks * IndexEntrySize);

    /// <summary>Whether a hint can be written; others are ignored.</summary>
    public static bool IsUsable(in FilterHint hint, long plainSize) =>
        hint.BytesPerSample is 1 or 2 or 4 && hint.SamplesPerPixel is >= 1 and <= 4 && hint.SamplesPerRow >= 0
        && hint.Offset >= 0 && hint.Length > 0 && hint.Offset <= plainSize && hint.Length <= plainSize - hint.Offset;

    /// <summary>Writes header and checksum; <paramref name="target"/> holds the finished index behind the header already.</summary>
    public void Write(Span<byte> target)
    {
        Magic.CopyTo(target);
        BinaryPrimitives.WriteUInt16LittleEndian(target[8..], Version);
        target[10] = 1;
        target[11] = Filter is null ? (byte)0 : (byte)1;
        BinaryPrimitives.WriteUInt32LittleEndian(target[12..], (uint)BlockLength);
        BinaryPrimitives.WriteInt64LittleEndian(target[16..], PlainSize);
        BinaryPrimitives.WriteInt64LittleEndian(target[24..], StoredSize);
        FilterHint filter = Filter ?? default;
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], filter.Offset);
        BinaryPrimitives.WriteInt64LittleEndian(target[40..], filter.Length);
        target[48] = (byte)filter.BytesPerSample;
        target[49] = filter.BigEndian ? (byte)1 : (byte)0;
        BinaryPrimitives.WriteUInt16LittleEndian(target[50..], (ushort)filter.SamplesPerPixel);
        BinaryPrimitives.WriteUInt32LittleEndian(target[52..], (uint)filter.SamplesPerRow);
        BinaryPrimitives.WriteUInt32LittleEndian(target[56..], (uint)Blocks);
        BinaryPrimitives.WriteUInt32LittleEndian(target[60..], Checksum(target[..(int)BlocksOffset]));
    }

    /// <summary>Reads the header of a file of <paramref name="fileSize"/> bytes, not yet its checksum, which covers the index too.</summary>
    public static ContainerHeader Read(ReadOnlySpan<byte> bytes, long fileSize)
    {
        if (bytes.Length < Size || !bytes[..8].SequenceEqual(Magic))
        {
            throw Damaged("it has no header");
        }

        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(bytes[8..]);
        if (version != Version)
        {
            throw Damaged($"its format version is {version}, known is {Version}");
        }

        byte filter = bytes[11];
        uint blockLength = BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]);
        ContainerHeader header = new()
        {
            PlainSize = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]),
            StoredSize = BinaryPrimitives.ReadInt64LittleEndian(bytes[24..]),
            BlockLength = (int)Math.Min(blockLength, int.MaxValue),
            Filter = filter == 0 ? null : new FilterHint(
                BinaryPrimitives.ReadInt64LittleEndian(bytes[32..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[40..]), bytes[48],
                BinaryPrimitives.ReadUInt16LittleEndian(bytes[50..]), (int)(BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]) & int.MaxValue), (bytes[49] & 1) != 0),
        };
        if (bytes[10] != 1 || filter > 1)
        {
            throw Damaged($"codec {bytes[10]} or filter {filter} is unknown");
        }

        if (blockLength is < 4096 or > 4 << 20 || header.PlainSize < 0 || header.PlainSize > (long)blockLength << 28)
        {
            throw Damaged($"block length {blockLength} or size {header.PlainSize} is out of range");
        }

        // A block of n bytes takes at least n/255 bytes in LZ4, so a size that lies cannot make the index larger than the file.
        if (header.StoredSize != fileSize || header.Blocks != BinaryPrimitives.ReadUInt32LittleEndian(bytes[56..]) || header.BlocksOffset > fileSize)
        {
            throw Damaged($"it has {fileSize} bytes, {header.StoredSize} were written");
        }

        return header.Filter is { } hint && !IsUsable(hint, header.PlainSize) ? throw Damaged("its filter does not fit its size") : header;
    }

    /// <summary>CRC32C of header (its own field as zero) and index.</summary>
    public static uint Checksum(ReadOnlySpan<byte> headerAndIndex) =>
        ~Crc32C.Append(Crc32C.Append(Crc32C.Append(~0u, headerAndIndex[..60]), [0, 0, 0, 0]), headerAndIndex[Size..]);

    public static EdgeException Damaged(string what) => new(ErrorCode.CorruptedFile, $"Damaged stored file: {what}");
}

/// <summary>CRC32C (Castagnoli), by the processor's instruction where it has one.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes) => ~Append(~0u, bytes);

    public static uint Append(uint state, ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8)
        {
            state = BitOperations.Crc32C(state, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }

        foreach (byte value in bytes)
        {
            state = BitOperations.Crc32C(state, value);
        }

        return state;
    }
}
