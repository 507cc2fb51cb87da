using System.Buffers;
using System.Buffers.Binary;
using Edge.Store.Files;
using Edge.Store.Native;

namespace Edge.Store.Format;

/// <summary>One block at a time between plain and stored form.</summary>
internal static class BlockCodec
{
    /// <summary>
    /// Encodes a block into <paramref name="target"/> (at least as long) and writes its index entry.
    /// </summary>
    /// <returns>Bytes written.</returns>
    public static int Encode(ReadOnlySpan<byte> block, long offset, in FilterHint? filter, Span<byte> target, Span<byte> indexEntry)
    {
        int length = 0;
        if (filter is { } hint && PixelFilter.Region(block.Length, offset, hint).Samples > 0)
        {
            byte[] filtered = ArrayPool<byte>.Shared.Rent(block.Length);
            PixelFilter.Apply(block, offset, hint, filtered.AsSpan(0, block.Length));
            length = Compress(filtered.AsSpan(0, block.Length), target);
            ArrayPool<byte>.Shared.Return(filtered);
        }
        else
        {
            length = Compress(block, target);
        }

        uint entry = (uint)length;
        if (length == 0)
        {
            // It does not shrink: kept as it is, unfiltered.
            block.CopyTo(target);
            length = block.Length;
            entry = (uint)length | ContainerHeader.StoredPlain;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(indexEntry, entry);
        BinaryPrimitives.WriteUInt32LittleEndian(indexEntry[4..], Crc32C.Of(target[..length]));
        return length;
    }

    /// <summary>Decodes a stored block, verified, into <paramref name="target"/>, whose length is that of the plain block.</summary>
    public static void Decode(ReadOnlySpan<byte> stored, uint entry, uint checksum, int number, long offset, in FilterHint? filter, Span<byte> target)
    {
        if (Crc32C.Of(stored) != checksum)
        {
            throw ContainerHeader.Damaged($"the checksum of block {number} is wrong");
        }

        if ((entry & ContainerHeader.StoredPlain) != 0)
        {
            if (stored.Length != target.Length)
            {
                throw ContainerHeader.Damaged($"block {number} has a wrong length");
            }

            stored.CopyTo(target);
            return;
        }

        if (filter is not { } hint || PixelFilter.Region(target.Length, offset, hint).Samples == 0)
        {
            Inflate(stored, target, number);
            return;
        }

        byte[] filtered = ArrayPool<byte>.Shared.Rent(target.Length);
        try
        {
            Inflate(stored, filtered.AsSpan(0, target.Length), number);
            PixelFilter.Restore(filtered.AsSpan(0, target.Length), offset, hint, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(filtered);
        }
    }

    private static int Compress(ReadOnlySpan<byte> source, Span<byte> target) =>
        source.Length < 2 ? 0 : Lz4.Compress(source, target[..(source.Length - 1)]);

    private static void Inflate(ReadOnlySpan<byte> stored, Span<byte> target, int number)
    {
        if (Lz4.Decompress(stored, target) != target.Length)
        {
            throw ContainerHeader.Damaged($"block {number} does not decompress");
        }
    }
}
