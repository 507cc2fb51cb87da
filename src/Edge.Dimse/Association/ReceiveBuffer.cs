using System.Buffers;
using System.Runtime.CompilerServices;
using Edge.Core.Memory;
using Edge.Dimse.Sockets;

namespace Edge.Dimse.Association;

/// <summary>
/// What was read from the stream and not yet taken. Waiting is done with a kilobyte of the connection's own; a large buffer is rented,
/// and charged to the byte budget, only while more bytes are there than fit into that. So peers that stall, however many and
/// wherever in a PDU, hold nothing of the budget, and short messages never need it. One reader at a time.
/// </summary>
internal sealed class ReceiveBuffer : IDisposable
{
    /// <summary>The most that may be asked for at once: a short PDU. Also the size of the connection's own buffer.</summary>
    public const int GreatestRequest = 1024;

    /// <summary>Large enough for few system calls, small enough for the processor's cache. PDUs of any length pass through it.</summary>
    private const int Size = 1 << 16;

    private readonly CancellationTokenSource _lifetime = new();
    private readonly byte[] _own = new byte[GreatestRequest];
    private readonly Stream _stream;
    private readonly PromptStream? _prompt;
    private readonly ByteBudget _budget;
    private readonly DimseMetrics _metrics;
    private readonly DeadlineTimer _idle;
    private readonly TimeSpan _idleTimeout;
    private byte[] _buffer;
    private long _charged;
    private int _start;
    private int _end;

    /// <param name="stream">The transport.</param>
    /// <param name="budget">What large buffers are charged to.</param>
    /// <param name="metrics">Counts the bytes.</param>
    /// <param name="idle">Stands still while the budget, not the peer, is waited for.</param>
    /// <param name="idleTimeout">What it is armed with afterwards.</param>
    public ReceiveBuffer(Stream stream, ByteBudget budget, DimseMetrics metrics, DeadlineTimer idle, TimeSpan idleTimeout)
    {
        _stream = stream;
        _prompt = stream as PromptStream;
        _budget = budget;
        _metrics = metrics;
        _idle = idle;
        _idleTimeout = idleTimeout;
        _buffer = _own;
        Lifetime = _lifetime.Token;
    }

    /// <summary>Fires when the connection is closed: ends waits for the budget.</summary>
    public CancellationToken Lifetime { get; }

    public int Available => _end - _start;

    /// <summary>Reads until <paramref name="count"/> bytes are there; false where the stream ends before.</summary>
    /// <param name="count">At most <see cref="GreatestRequest"/>.</param>
    /// <param name="coming">What the peer still has to send of the PDU that has begun: with TLS nobody else can tell whether a further read has to wait.</param>
    public ValueTask<bool> EnsureAsync(int count, uint coming = 0) => Available >= count ? ValueTask.FromResult(true) : FillAsync(count, coming);

    /// <summary>Takes bytes that are there. They stay valid until the next <see cref="EnsureAsync"/> or <see cref="ReleaseIfEmpty"/>.</summary>
    public ReadOnlyMemory<byte> Take(int count)
    {
        ReadOnlyMemory<byte> taken = _buffer.AsMemory(_start, count);
        _start += count;
        return taken;
    }

    /// <summary>Gives the large buffer back where nothing is left in it.</summary>
    public void ReleaseIfEmpty()
    {
        if (_start == _end)
        {
            Release();
        }
    }

    /// <summary>Ends a wait for the budget. The caller closes the stream, which ends a read.</summary>
    public void Cancel() => _lifetime.Cancel();

    public void Dispose()
    {
        _start = _end;
        Release();
        _lifetime.Dispose();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> FillAsync(int count, uint coming)
    {
        while (Available < count)
        {
            if (_buffer != _own && _prompt is not { HasBytes: true })
            {
                Release(); // nothing is there now: wait without it
            }

            Compact();
            int read = await _stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false);
            if (read == 0)
            {
                return false;
            }

            Count(read);
            if (_buffer == _own && _end == _own.Length && (_prompt?.HasBytes ?? (Available < coming)))
            {
                await RentAsync().ConfigureAwait(false);
                Count(await _stream.ReadAsync(_buffer.AsMemory(_end)).ConfigureAwait(false));
            }
        }

        return true;
    }

    private void Count(int read)
    {
        _end += read;
        _metrics.Received(read);
    }

    private void Compact()
    {
        int left = Available;
        _buffer.AsSpan(_start, left).CopyTo(_buffer);
        (_start, _end) = (0, left);
    }

    private ValueTask RentAsync()
    {
        ValueTask<long> reservation = _budget.ReserveAsync(Size, Lifetime);
        if (!reservation.IsCompletedSuccessfully)
        {
            return WaitForBudgetAsync(reservation);
        }

        Rent(reservation.Result);
        return default;
    }

    private async ValueTask WaitForBudgetAsync(ValueTask<long> reservation)
    {
        _idle.Disarm(); // the peer is not to blame for a wait on this side
        Rent(await reservation.ConfigureAwait(false));
        _idle.Arm(_idleTimeout);
    }

    private void Rent(long charged)
    {
        int left = Available;
        byte[] large = ArrayPool<byte>.Shared.Rent(Size);
        _own.AsSpan(_start, left).CopyTo(large);
        (_buffer, _start, _end, _charged) = (large, 0, left, charged);
    }

    /// <summary>Back to the connection's own buffer; what is left fits, being less than was asked for.</summary>
    private void Release()
    {
        if (_buffer != _own)
        {
            byte[] large = _buffer;
            int left = Available;
            large.AsSpan(_start, left).CopyTo(_own);
            (_buffer, _start, _end) = (_own, 0, left);
            ArrayPool<byte>.Shared.Return(large);
            _budget.Release(_charged);
            _charged = 0;
        }
    }
}
