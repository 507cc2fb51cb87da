namespace Edge.Core.Threads;

/// <summary>A few threads of the room's own that run blocking work in the order it came, so that no pool thread ever waits for a disk.</summary>
public sealed class ThreadCrew : IDisposable
{
    private readonly Lock _gate = new();

    // Sleeps in the kernel: waiting for a disk must not spin on a box of two cores.
    private readonly WaitingRoom _room = new();
    private readonly Queue<Work> _queue = new();
    private readonly List<Thread> _threads = [];
    private readonly string _name;
    private readonly int _count;
    private readonly int _niceness;
    private int _idle;
    private bool _closed;

    /// <param name="name">Of the threads.</param>
    /// <param name="count">As many at most, each started by the first work that finds the others busy.</param>
    /// <param name="niceness">How far the threads give way to others, 0 (not at all) to 19 (setpriority(2)).</param>
    public ThreadCrew(string name, int count, int niceness = 0)
    {
        (_name, _count, _niceness) = (name, Math.Max(1, count), niceness);
    }

    /// <summary>Runs <paramref name="work"/> on one of the threads.</summary>
    /// <param name="continuesHere">What awaits the result goes on, on the same thread, up to its next wait: one change of thread less,
    /// for callers that only hand the result to the next crew.</param>
    public Task<T> RunAsync<TState, T>(TState state, Func<TState, T> work, CancellationToken cancellation = default, bool continuesHere = false)
    {
        if (cancellation.IsCancellationRequested)
        {
            return Task.FromCanceled<T>(cancellation);
        }

        Work<TState, T> item = new(state, work, continuesHere, cancellation);
        bool wakes;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            if (_queue.Count >= _idle && _threads.Count < _count)
            {
                // Started on demand: a start of the process waits for no thread that it does not need yet, and idle ones cost memory.
                Thread thread = new(Serve, 512 << 10) { IsBackground = true, Name = $"{_name}-{_threads.Count}" };
                thread.Start();
                _threads.Add(thread);
            }

            _queue.Enqueue(item);
            _room.Announce();
            wakes = _idle > 0;
        }

        if (wakes)
        {
            _room.Wake(1);
        }

        return item.Task;
    }

    /// <summary>Finishes what is queued and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _room.Announce();
        }

        _room.Wake(int.MaxValue);

        foreach (Thread thread in _threads)
        {
            thread.Join();
        }
    }

    private void Serve()
    {
        if (_niceness > 0)
        {
            ThreadPriorities.GiveWay(_niceness);
        }

        while (true)
        {
            if (Next() is not { } work)
            {
                return;
            }

            work.Run();
        }
    }

    /// <summary>Sleeps until there is work; null at the end.</summary>
    private Work? Next()
    {
        bool wasIdle = false;
        while (true)
        {
            int ticket;
            lock (_gate)
            {
                _idle -= wasIdle ? 1 : 0;
                if (_queue.TryDequeue(out Work? work) || _closed)
                {
                    return work;
                }

                _idle++;
                wasIdle = true;
                ticket = _room.Ticket;
            }

            _room.Sleep(ticket);
        }
    }

    private abstract class Work
    {
        public abstract void Run();
    }

    private sealed class Work<TState, T>(TState state, Func<TState, T> work, bool continuesHere, CancellationToken cancellation) : Work
    {
        private readonly TaskCompletionSource<T> _done = new(continuesHere ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Task => _done.Task;

        public override void Run()
        {
            if (cancellation.IsCancellationRequested)
            {
                _done.TrySetCanceled(cancellation);
                return;
            }

            try
            {
                _done.TrySetResult(work(state));
            }
            catch (Exception e)
            {
                _done.TrySetException(e);
            }
        }
    }
}
