using System.Globalization;
using Edge.Core.Logging;

namespace Edge.Server.Systemd;

/// <summary>
/// Pets systemd's watchdog while every loop that the service lives by still turns, and keeps the status line. It has a thread of its own: were it on
/// the thread pool, a starved pool would look like a dead service although its loops, which have threads of their own, still worked; and the
/// loops that do live on the pool tell of its starvation by themselves. Idle, backing off and a full disk count as alive.
/// </summary>
public sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan StatusEvery = TimeSpan.FromSeconds(5);
    private readonly NotifySocket _notify;
    private readonly TimeSpan? _interval;
    private readonly IReadOnlyList<VitalSign> _signs;
    private readonly Func<string> _status;
    private readonly ManualResetEventSlim _stop = new();
    private readonly Thread _thread;
    private string? _stale;

    /// <param name="interval">After so long without a sign systemd kills the service (<see cref="IntervalOf"/>); null for no watchdog, the status alone.</param>
    /// <param name="status">The status line; called on the watchdog's thread, must not block or throw.</param>
    public Watchdog(NotifySocket notify, TimeSpan? interval, IReadOnlyList<VitalSign> signs, Func<string> status)
    {
        _notify = notify;
        _interval = interval;
        _signs = signs;
        _status = status;
        _thread = new Thread(Run) { IsBackground = true, Name = "watchdog" };
    }

    /// <summary>The interval that systemd set for this process, or null (sd_watchdog_enabled(3)).</summary>
    public static TimeSpan? IntervalOf(string? microseconds, string? pid, int ownPid)
    {
        if (!long.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count <= 0)
        {
            return null;
        }

        bool isOurs = string.IsNullOrEmpty(pid) || (int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out int named) && named == ownPid);
        return isOurs ? TimeSpan.FromMicroseconds(count) : null;
    }

    public static TimeSpan? IntervalForProcess() => IntervalOf(
        Environment.GetEnvironmentVariable("WATCHDOG_USEC"), Environment.GetEnvironmentVariable("WATCHDOG_PID"), Environment.ProcessId);

    public void Start()
    {
        if (_notify.IsConnected)
        {
            _thread.Start();
        }
    }

    /// <summary>The first loop that has not turned for as long as systemd waits, or null. A loop may need its second and more on a busy box: one second at least is granted.</summary>
    public VitalSign? FindStale()
    {
        TimeSpan limit = _interval is { } interval && interval > TimeSpan.FromSeconds(3) ? interval : TimeSpan.FromSeconds(3);
        foreach (VitalSign sign in _signs)
        {
            if (sign.Age() > limit)
            {
                return sign;
            }
        }

        return null;
    }

    public void Dispose()
    {
        _stop.Set();
        if (_thread.ThreadState != (ThreadState.Background | ThreadState.Unstarted))
        {
            _thread.Join();
        }

        _stop.Dispose();
    }

    private void Run()
    {
        TimeSpan period = _interval is { } interval && interval / 2 < StatusEvery ? interval / 2 : StatusEvery;
        long nextStatus = 0;
        string said = "";
        do
        {
            VitalSign? stale = FindStale();
            if (stale is null && _interval is not null)
            {
                _notify.Pet();
            }

            if (stale?.Name != _stale)
            {
                Report(stale);
            }

            string status = stale is null ? _status() : $"{stale.Name} does not answer";
            if (status != said && Environment.TickCount64 >= nextStatus)
            {
                _notify.Status(said = status);
                nextStatus = Environment.TickCount64 + 1000;
            }
        }
        while (!_stop.Wait(period));
    }

    private void Report(VitalSign? stale)
    {
        if (stale is not null)
        {
            Log.Generic.Error($"{stale.Name} has not answered for {stale.Age().TotalSeconds:F0} s: the watchdog is no longer petted");
        }
        else
        {
            Log.Generic.Warning($"{_stale} answers again");
        }

        _stale = stale?.Name;
    }
}
