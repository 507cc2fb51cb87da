using System.Threading.Tasks.Sources;

namespace Edge.Core.Sockets;

/// <summary>
/// Remembers that something became ready until one waiter takes notice. Whoever raises it runs what waits. At most one waits at a time;
/// it may be raised from several threads at once.
/// </summary>
public sealed class ReadySignal : IValueTaskSource
{
    private const int Calm = 0;
    private const int Raised = 1;
    private const int Awaited = 2;

    private ManualResetValueTaskSourceCore<bool> _source;
    private int _state;

    /// <summary>Whether it was raised and nobody has taken notice yet.</summary>
    public bool IsRaised => Volatile.Read(ref _state) == Raised;

    /// <summary>Ends once it is, or has been, raised since the last wait.</summary>
    public ValueTask WaitAsync()
    {
        if (Interlocked.CompareExchange(ref _state, Calm, Raised) == Raised)
        {
            return default;
        }

        _source.Reset();
        if (Interlocked.CompareExchange(ref _state, Awaited, Calm) == Calm)
        {
            return new ValueTask(this, _source.Version);
        }

        Volatile.Write(ref _state, Calm); // raised in between
        return default;
    }

    public void Raise()
    {
        while (true)
        {
            switch (Interlocked.CompareExchange(ref _state, Raised, Calm))
            {
                case Calm or Raised:
                    return;
                default:
                    if (Interlocked.CompareExchange(ref _state, Calm, Awaited) == Awaited)
                    {
                        _source.SetResult(true);
                        return;
                    }

                    break; // another thread was first: what this one has seen may be newer
            }
        }
    }

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);
}
