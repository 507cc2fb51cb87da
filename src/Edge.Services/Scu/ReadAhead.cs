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

/// <summary>A data set to send, whose beginning is in memory.</summary>
public sealed class InstanceSource : DataSetSource, IAsyncDisposable
{
    /// <summary>Bytes that are read ahead at most: a slice of a CT or MR as a whole.</summary>
    private const int Most = 1 << 20;

    private readonly Stream _stream;
    private readonly ByteBudget _budget;
    private readonly long _length;
    private byte[] _ahead = [];
    private int _count;
    private int _at;

    private InstanceSource(Stream stream, ByteBudget budget) => (_stream, _budget, _length) = (stream, budget, stream.Length - stream.Position);

    public override long? Length => _length;

    /// <exception cref="Core.Errors.EdgeException">The file is missing or damaged.</exception>
    public static async Task<InstanceSource> OpenAsync(OutgoingInstance instance, ByteBudget budget, CancellationToken cancellation)
    {
        InstanceSource source = new(await instance.OpenDataSetAsync(cancellation).ConfigureAwait(false), budget);
        try
        {
            await source.FillAsync(cancellation).ConfigureAwait(false);
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
        if (_at == _count)
        {
            return _stream.ReadAsync(buffer, cancellation);
        }

        int count = Math.Min(buffer.Length, _count - _at);
        _ahead.AsSpan(_at, count).CopyTo(buffer.Span);
        _at += count;
        return ValueTask.FromResult(count);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ahead.Length > 0)
        {
            _budget.Release(_ahead.Length);
            ArrayPool<byte>.Shared.Return(_ahead);
            (_ahead, _at, _count) = ([], 0, 0);
        }

        await _stream.DisposeAsync().ConfigureAwait(false);
    }

    private async ValueTask FillAsync(CancellationToken cancellation)
    {
        // What is in memory already needs no second place there.
        if (_stream is MemoryStream || _length == 0)
        {
            return;
        }

        byte[] ahead = ArrayPool<byte>.Shared.Rent((int)Math.Min(_length, Most));
        if (!_budget.TryReserve(ahead.Length))
        {
            ArrayPool<byte>.Shared.Return(ahead);
            return;
        }

        _ahead = ahead;
        _count = await _stream.ReadAtLeastAsync(_ahead.AsMemory(0, (int)Math.Min(_length, _ahead.Length)), (int)Math.Min(_length, _ahead.Length), throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
    }
}
