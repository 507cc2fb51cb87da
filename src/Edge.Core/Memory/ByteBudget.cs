namespace Edge.Core.Memory;

/// <summary>
/// One budget, in bytes, for all network data in flight. Who wants to read from a socket reserves first; when the
/// budget is used up the reservation waits, so the socket is not read and the peer's window closes.
/// Waiters are served in order, so a large reservation is not starved by small ones.
/// </summary>
/// <param name="capacity">The budget in bytes. A single reservation larger than it is cut down to it.</param>
public sealed class ByteBudget(long capacity)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _waiters = new();
    private long _used;

    public long Capacity { get; } = capacity > 0 ? capacity : throw new ArgumentOutOfRangeException(nameof(capacity));

    /// <summary>Bytes reserved now.</summary>
    public long Used
    {
        get
        {
            lock (_gate)
            {
                return _used;
            }
        }
    }

    /// <summary>Reserves <paramref name="bytes"/>, waiting until they are free. Give back what it returns with <see cref="Release"/>.</summary>
    /// <returns>The bytes reserved: <paramref name="bytes"/>, or <see cref="Capacity"/> where that is less.</returns>
    public ValueTask<long> ReserveAsync(long bytes, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        long wanted = Math.Min(bytes, Capacity);
        Waiter waiter;
        lock (_gate)
        {
            if (_waiters.Count == 0 && _used + wanted <= Capacity)
            {
                _used += wanted;
                return ValueTask.FromResult(wanted);
            }

            waiter = new Waiter(wanted);
            waiter.Node = _waiters.AddLast(waiter);
        }

        return WaitAsync(waiter, cancellation);
    }

    /// <summary>Reserves without waiting.</summary>
    public bool TryReserve(long bytes)
    {
        lock (_gate)
        {
            if (_waiters.Count > 0 || _used + bytes > Capacity)
            {
                return false;
            }

            _used += bytes;
            return true;
        }
    }

    public void Release(long bytes)
    {
        if (bytes == 0)
        {
            return;
        }

        lock (_gate)
        {
            _used -= bytes;
            Grant();
        }
    }

    private async ValueTask<long> WaitAsync(Waiter waiter, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(
            static (state, token) =>
            {
                var (budget, cancelled) = ((ByteBudget, Waiter))state!;
                lock (budget._gate)
                {
                    if (cancelled.Node!.List is null)
                    {
                        return; // granted already
                    }

                    budget._waiters.Remove(cancelled.Node);
                    budget.Grant();
                }

                cancelled.Done.TrySetCanceled(token);
            },
            (this, waiter));
        return await waiter.Done.Task.ConfigureAwait(false);
    }

    private void Grant()
    {
        while (_waiters.First is { } first && _used + first.Value.Bytes <= Capacity)
        {
            _waiters.RemoveFirst();
            _used += first.Value.Bytes;
            first.Value.Done.TrySetResult(first.Value.Bytes);
        }
    }

    private sealed class Waiter(long bytes)
    {
        public long Bytes { get; } = bytes;

        public LinkedListNode<Waiter>? Node { get; set; }

        public TaskCompletionSource<long> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
