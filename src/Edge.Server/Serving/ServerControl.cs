using Edge.Engine.Runtime;

namespace Edge.Server.Serving;

/// <summary>Why a server stops.</summary>
internal enum StopReason
{
    /// <summary>A signal of the system.</summary>
    Signal,

    /// <summary><c>/tools/shutdown</c>.</summary>
    Shutdown,

    /// <summary><c>/tools/reset</c>: it starts again at once.</summary>
    Restart,
}

/// <summary>Carries the wish to stop from whoever has it to the command that runs the server. A wish to end wins over one to restart.</summary>
internal sealed class ServerControl : IServerControl
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<StopReason> _wish = NewWish();
    private bool _ends;

    public void Restart() => Ask(StopReason.Restart);

    public void Stop() => Ask(StopReason.Shutdown);

    /// <summary>A signal came.</summary>
    public void Signal() => Ask(StopReason.Signal);

    /// <summary>Waits for the next wish.</summary>
    public async Task<StopReason> WaitAsync()
    {
        Task<StopReason> next;
        lock (_gate)
        {
            next = _wish.Task;
        }

        StopReason reason = await next.ConfigureAwait(false);
        lock (_gate)
        {
            if (!_ends)
            {
                _wish = NewWish();
            }
        }

        return reason;
    }

    private void Ask(StopReason reason)
    {
        lock (_gate)
        {
            if (reason != StopReason.Restart && !_ends)
            {
                _ends = true;
                if (_wish.Task.IsCompleted)
                {
                    _wish = NewWish();
                }
            }

            _wish.TrySetResult(reason);
        }
    }

    private static TaskCompletionSource<StopReason> NewWish() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
