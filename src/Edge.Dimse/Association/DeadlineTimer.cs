namespace Edge.Dimse.Association;

/// <summary>
/// A timer that is cheap to arm again and again: arming writes a deadline, the timer of the runtime is touched only when it
/// would fire too late. It fires once per arming, on the thread pool.
/// </summary>
internal sealed class DeadlineTimer : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Timer _timer;
    private readonly Action _expired;
    private long _deadline;
    private long _fires = long.MaxValue;

    public DeadlineTimer(Action expired)
    {
        _expired = expired;
        _timer = new Timer(static state => ((DeadlineTimer)state!).Fire(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Starts, or starts again; zero or less disarms.</summary>
    public void Arm(TimeSpan after)
    {
        lock (_gate)
        {
            if (after <= TimeSpan.Zero)
            {
                _deadline = 0;
                return;
            }

            long milliseconds = Math.Max(1, (long)after.TotalMilliseconds);
            _deadline = Environment.TickCount64 + milliseconds;
            if (_deadline < _fires)
            {
                Schedule(milliseconds);
            }
        }
    }

    public void Disarm()
    {
        lock (_gate)
        {
            _deadline = 0;
        }
    }

    public void Dispose()
    {
        Disarm();
        _timer.Dispose();
    }

    private void Fire()
    {
        lock (_gate)
        {
            _fires = long.MaxValue;
            if (_deadline == 0)
            {
                return;
            }

            long left = _deadline - Environment.TickCount64;
            if (left > 0)
            {
                Schedule(left);
                return;
            }

            _deadline = 0;
        }

        _expired();
    }

    private void Schedule(long milliseconds)
    {
        _fires = Environment.TickCount64 + milliseconds;
        try
        {
            _timer.Change(milliseconds, Timeout.Infinite);
        }
        catch (ObjectDisposedException)
        {
            _fires = long.MaxValue; // armed by a thread that lost the race against the end of the association
        }
    }
}
