namespace Edge.Engine.Archives;

/// <summary>One file of a ZIP archive, before it is read.</summary>
internal abstract class ZipMember
{
    /// <summary>Path in the archive, separated by <c>/</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Whether deflating is worth its time: compressed pixel data only costs it.</summary>
    public bool IsCompressible { get; protected set; } = true;

    /// <summary>Makes the content ready, together with some of the members before and after it. False: it is gone, and the member is left out.</summary>
    public virtual ValueTask<bool> OpenAsync(CancellationToken cancellation) => ValueTask.FromResult(true);

    /// <summary>Makes ready what takes too much memory to be done ahead: everything that must be known before the first byte is known then.</summary>
    public virtual ValueTask TakeTurnAsync(CancellationToken cancellation) => ValueTask.CompletedTask;

    /// <summary>Bytes; known once it has taken its turn.</summary>
    public abstract long Length { get; }

    /// <summary>Reads a range of it, all of it.</summary>
    /// <exception cref="Core.Errors.EdgeException">The file is damaged, or gone.</exception>
    public abstract ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation);

    /// <summary>Looks at the first part of the content, on a thread that may compute; before anything of the member is written.</summary>
    public virtual void Look(ReadOnlyMemory<byte> start)
    {
    }
}

/// <summary>A member whose bytes are in memory.</summary>
internal sealed class MemoryMember(ReadOnlyMemory<byte> content) : ZipMember
{
    public override long Length => content.Length;

    public override ValueTask ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation)
    {
        content.Slice((int)offset, destination.Length).CopyTo(destination);
        return ValueTask.CompletedTask;
    }
}
