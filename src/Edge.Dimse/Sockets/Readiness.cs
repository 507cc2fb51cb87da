using System.Threading.Tasks.Sources;

namespace Edge.Dimse.Sockets;

/// <summary>
/// One direction of a socket: a waiter at most, and an event that stays until it is waited for. Events are edges: each says that something has
/// changed since, so who waits has tried before and been refused.
/// </summary>
internal sealed class Readiness : IValueTaskSource
{
    private const int Nothing = 0;
    private const int Occurred = 1;
    private const int Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;

    /// <summary>Something occurred that nobody has waited for yet.</summary>
    public bool HasOccurred => Volatile.Read(ref _state) == Occurred;

    /// <summary>Completes with the next event, at once where one has occurred since the last wait. May complete for nothing.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, Nothing) == Occurred)
        {
            Volatile.Write(ref _state, Nothing); // nobody else takes it back, and a further event changes nothing
            return default;
        }

        return new ValueTask(this, _core.Version);
    }

    /// <summary>An event: who waits goes on, on this thread.</summary>
    public void Signal()
    {
        int state = Volatile.Read(ref _state);
        while (state != Occurred)
        {
            int next = state == Awaited ? Nothing : Occurred;
            int seen = Interlocked.CompareExchange(ref _state, next, state);
            if (seen == state)
            {
                if (state == Awaited)
                {
                    _core.SetResult(true);
                }

                return;
            }

            state = seen;
        }
    }

    void IValueTaskSource.GetResult(short token) => _core.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
