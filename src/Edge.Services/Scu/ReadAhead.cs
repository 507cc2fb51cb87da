using System.Buffers;
using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Engine.Ports;

namespace Edge.Services.Scu;

/// <summary>Reads the data set of the next instance while the one before it is on the wire or its response is awaited.</summary>
/// <param name="budget">What is read ahead is charged to it; where it is used up, nothing is.</param>
public sealed class ReadAhead(ByteBudget budget) : IAsyncDisposable
{
    private OutgoingInstance? _instance;
    private Task<InstanceSource>? _next;

    /// <summary>Begins to read an instance; one at a time.</summary>
    public void Begin(OutgoingInstance instance, CancellationToken cancellation)
    {
        if (_next is null)
        {
            (_instance, _next) = (instance, InstanceSource.OpenAsync(instance, budget, cancellation));
        }
    }

    /// <summary>The data set of an instance, read ahead or not; the caller disposes.</summary>
    /// <exception cref="Core.Errors.EdgeException">Its file is missing or damaged.</exception>
    public async ValueTask<InstanceSource> TakeAsync(OutgoingInstance instance, CancellationToken cancellation)
    {
        if (ReferenceEquals(instance, _instance) && _next is { } begun)
        {
            (_instance, _next) = (null, null);
            return await begun.ConfigureAwait(false);
        }

        await DisposeAsync().ConfigureAwait(false);
        return await InstanceSource.OpenAsync(instance, budget, cancellation).ConfigureAwait(false);
    }

    /// <summary>Drops what was read ahead and not taken.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_next is { } left)
        {
            (_instance, _next) = (null, null);
            await ((Task)left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (left.IsCompletedSuccessfully)
            {
                await (await left.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}

/// <summary>A data set to send, of which all is in memory, or the beginning.</summary>
public sealed class InstanceSource : DataSetSource, IAsyncDisposable
{
    /// <summary>Bytes that are read ahead at most: a slice of a CT or MR as a whole.</summary>
    private const int Most = 1 << 20;

    private readonly ByteBudget _budget;
    private Stream? _stream;
    private long _length;
    private byte[] _buffer = [];
    private ReadOnlyMemory<byte> _ahead;

    private InstanceSource(ByteBudget budget) => _budget = budget;

    public override long? Length => _length;

    public override ReadOnlyMemory<byte>? Whole => _stream is null ? _ahead : null;

    /// <exception cref="Core.Errors.EdgeException">The file is missing or damaged.</exception>
    public static async Task<InstanceSource> OpenAsync(OutgoingInstance instance, ByteBudget budget, CancellationToken cancellation)
    {
        InstanceSource source = new(budget);
        try
        {
            if (instance.LoadLength is <= Most and { } size && source.TryRent((int)size))
            {
                source._ahead = await instance.LoadAsync(source._buffer, cancellation).ConfigureAwait(false);
                source._length = source._ahead.Length;
            }
            else
            {
                await source.OpenStreamAsync(instance, cancellation).ConfigureAwait(false);
            }

            return source;
        }
        catch
        {
            await source.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
    {
        if (_ahead.IsEmpty)
        {
            return _stream is null ? ValueTask.FromResult(0) : _stream.ReadAsync(buffer, cancellation);
        }

        int count = Math.Min(buffer.Length, _ahead.Length);
        _ahead.Span[..count].CopyTo(buffer.Span);
        _ahead = _ahead[count..];
        return ValueTask.FromResult(count);
    }

    public async ValueTask DisposeAsync()
    {
        if (_buffer.Length > 0)
        {
            _budget.Release(_buffer.Length);
            ArrayPool<byte>.Shared.Return(_buffer);
            (_buffer, _ahead) = ([], default);
        }

        if (_stream is not null)
        {
            await _stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask OpenStreamAsync(OutgoingInstance instance, CancellationToken cancellation)
    {
        _stream = await instance.OpenDataSetAsync(cancellation).ConfigureAwait(false);
        _length = _stream.Length - _stream.Position;

        // What is in memory already needs no second place there.
        int ahead = (int)Math.Min(_length, Most);
        if (_stream is not MemoryStream && TryRent(ahead))
        {
            int count = await _stream.ReadAtLeastAsync(_buffer.AsMemory(0, ahead), ahead, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
            _ahead = _buffer.AsMemory(0, count);
        }
    }

    /// <summary>False where there is nothing to read, or the budget is used up.</summary>
    private bool TryRent(int length)
    {
        if (length == 0)
        {
            return false;
        }

        byte[] buffer = ArrayPool<byte>.Shared.Rent(length);
        if (!_budget.TryReserve(buffer.Length))
        {
            ArrayPool<byte>.Shared.Return(buffer);
            return false;
        }

        _buffer = buffer;
        return true;
    }
}
