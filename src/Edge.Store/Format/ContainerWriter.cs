using System.Buffers;
using Edge.Store.Files;

namespace Edge.Store.Format;

/// <summary>Where a container goes: written front to back except for its head, which comes last.</summary>
internal interface IRandomTarget
{
    void Write(long offset, ReadOnlySpan<byte> bytes);
}

/// <summary>Encodes data of known size, block by block, in bounded memory.</summary>
internal static class ContainerWriter
{
    /// <summary>Gathered before a write: small objects take one call.</summary>
    private const int Gather = 1 << 20;

    /// <summary>Reads all of the data through <paramref name="read"/> (offset, target to fill) and writes the container.</summary>
    /// <returns>The stored size.</returns>
    public static long Write<TSource>(TSource source, Action<TSource, long, Memory<byte>, int> read, long plainSize, FilterHint? filter, IRandomTarget target)
    {
        FilterHint? usable = filter is { } hint && ContainerHeader.IsUsable(hint, plainSize) ? hint : null;
        ContainerHeader shape = new() { PlainSize = plainSize, StoredSize = 0, Filter = usable };
        int headSize = checked((int)shape.BlocksOffset);
        byte[] head = ArrayPool<byte>.Shared.Rent(headSize);
        long worst = shape.BlocksOffset + plainSize;
        byte[] gathered = ArrayPool<byte>.Shared.Rent((int)Math.Min(Math.Max(worst, 4096), Gather + headSize + (2 * ContainerHeader.BlockSize)));
        byte[] block = ArrayPool<byte>.Shared.Rent(ContainerHeader.BlockSize);
        try
        {
            Span<byte> index = head.AsSpan(0, headSize);
            index.Clear();
            long flushed = 0;
            int held = headSize;
            for (int i = 0; i < shape.Blocks; i++)
            {
                long offset = (long)i * ContainerHeader.BlockSize;
                int length = (int)Math.Min(ContainerHeader.BlockSize, plainSize - offset);
                read(source, offset, block.AsMemory(0, length), length);
                held += BlockCodec.Encode(block.AsSpan(0, length), offset, usable, gathered.AsSpan(held, length),
                    index[(ContainerHeader.Size + (i * ContainerHeader.IndexEntrySize))..]);
                if (held >= Gather + headSize && i + 1 < shape.Blocks)
                {
                    int skip = flushed == 0 ? headSize : 0;
                    target.Write(flushed + skip, gathered.AsSpan(skip, held - skip));
                    flushed += held;
                    held = 0;
                }
            }

            ContainerHeader header = shape with { StoredSize = flushed + held };
            header.Write(index);
            if (flushed == 0)
            {
                index.CopyTo(gathered);
                target.Write(0, gathered.AsSpan(0, held));
            }
            else
            {
                target.Write(flushed, gathered.AsSpan(0, held));
                target.Write(0, index);
            }

            return header.StoredSize;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(head);
            ArrayPool<byte>.Shared.Return(gathered);
            ArrayPool<byte>.Shared.Return(block);
        }
    }
}
