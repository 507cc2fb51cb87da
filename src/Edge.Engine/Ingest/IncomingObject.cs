using Edge.Core.Memory;
using Edge.Store.Files;

namespace Edge.Engine.Ingest;

/// <summary>
/// The bytes of one object as they arrive from the network: a block of native memory that grows by size classes and,
/// past a threshold or when the network budget is used up, a spool file in the storage area.
/// </summary>
/// <remarks>
/// Deadlock cannot happen: whoever holds no memory waits for the budget (its socket is not read), whoever holds some
/// and cannot get more goes on in a file and gives back what it held. One writer; not thread-safe.
/// </remarks>
public sealed class IncomingObject(IncomingMemory memory) : IAsyncDisposable
{
    private NativeBuffer? _block;
    private long _reserved;
    private int _used;

    /// <summary>Bytes received so far.</summary>
    public long Length => Spool?.Length ?? _used;

    /// <summary>The file that holds the bytes, or null while they are in memory.</summary>
    public ISpool? Spool { get; private set; }

    /// <summary>The bytes, while they are in memory.</summary>
    public ReadOnlyMemory<byte> Bytes => _block is null ? ReadOnlyMemory<byte>.Empty : _block.Memory[.._used];

    /// <summary>Makes room ahead for an object whose size is announced. The announcement is a hint: nothing is reserved beyond the threshold.</summary>
    public async ValueTask ExpectAsync(long length, CancellationToken cancellation)
    {
        if (_block is null && Spool is null && length > 0)
        {
            int first = (int)Math.Min(length, memory.SpoolThreshold);
            await StartAsync(first, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The same without waiting. False: there is no room now.</summary>
    public bool TryExpect(long length)
    {
        if (_block is null && Spool is null && length > 0)
        {
            int size = NativeBufferPool.SizeFor((int)Math.Min(length, memory.SpoolThreshold));
            if (!memory.Budget.TryReserve(size))
            {
                return false;
            }

            _reserved = size;
            _block = memory.Pool.Rent(size);
        }

        return true;
    }

    /// <summary>Takes <paramref name="data"/> if it fits without waiting.</summary>
    /// <returns>False if nothing was taken and <see cref="AppendAsync"/> must take it.</returns>
    public bool TryAppend(ReadOnlySpan<byte> data)
    {
        if (_block is null || data.Length > _block.Length - _used)
        {
            return data.IsEmpty;
        }

        data.CopyTo(_block.GetSpan()[_used..]);
        _used += data.Length;
        return true;
    }

    public async ValueTask AppendAsync(ReadOnlyMemory<byte> data, CancellationToken cancellation)
    {
        while (!data.IsEmpty)
        {
            if (Spool is not null)
            {
                await Spool.AppendAsync(data, cancellation).ConfigureAwait(false);
                return;
            }

            if (_block is null)
            {
                await StartAsync(data.Length, cancellation).ConfigureAwait(false);
                continue;
            }

            if (TryAppend(data.Span))
            {
                return;
            }

            if (!TryGrow((long)_used + data.Length))
            {
                await SpillAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        ReleaseBlock();
        if (Spool is not null)
        {
            await Spool.DisposeAsync().ConfigureAwait(false);
            Spool = null;
        }
    }

    private async ValueTask StartAsync(int length, CancellationToken cancellation)
    {
        int size = NativeBufferPool.SizeFor(Math.Min(Math.Max(length, 1), memory.SpoolThreshold));
        _reserved = await memory.Budget.ReserveAsync(size, cancellation).ConfigureAwait(false);
        _block = memory.Pool.Rent(size);
    }

    private bool TryGrow(long needed)
    {
        if (needed > memory.SpoolThreshold)
        {
            return false;
        }

        int size = NativeBufferPool.SizeFor((int)needed);
        if (!memory.Budget.TryReserve(size))
        {
            return false;
        }

        NativeBuffer larger = memory.Pool.Rent(size);
        _block!.GetSpan()[.._used].CopyTo(larger.GetSpan());
        int used = _used;
        ReleaseBlock();
        _block = larger;
        _reserved = size;
        _used = used;
        return true;
    }

    /// <summary>Moves the bytes to a file and gives the memory back; nothing where they are in a file, or none has come.</summary>
    public async ValueTask SpillAsync(CancellationToken cancellation)
    {
        if (_block is null)
        {
            return;
        }

        ISpool spool = memory.OpenSpool();
        try
        {
            await spool.AppendAsync(Bytes, cancellation).ConfigureAwait(false);
        }
        catch
        {
            await spool.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        Spool = spool;
        ReleaseBlock();
    }

    private void ReleaseBlock()
    {
        if (_block is not null)
        {
            memory.Pool.Return(_block);
            _block = null;
            memory.Budget.Release(_reserved);
            _reserved = 0;
            _used = 0;
        }
    }
}
