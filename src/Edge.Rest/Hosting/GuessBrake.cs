using System.Net;

namespace Edge.Rest.Hosting;

/// <summary>
/// Slows down guessing of passwords: after each failure, the next verification for the same address waits longer, up to
/// four seconds until ten minutes without one have passed, and verifications of one address wait for each other. The table and the number of waiters are bounded.
/// </summary>
internal sealed class GuessBrake
{
    private const int MaximumAddresses = 1024;
    private const int FreeFailures = 3;
    private const int MaximumDelay = 4000;
    private const int ForgetAfter = 10 * 60 * 1000;
    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, Entry> _entries = [];

    /// <summary>Waits until the address may try again.</summary>
    public Task WaitAsync(IPAddress address, CancellationToken cancellation)
    {
        long delay;
        lock (_gate)
        {
            if (!_entries.TryGetValue(address, out Entry entry) || entry.Failures < FreeFailures)
            {
                return Task.CompletedTask;
            }

            long now = Environment.TickCount64;
            if (now - entry.Last > ForgetAfter)
            {
                _entries.Remove(address);
                return Task.CompletedTask;
            }

            // Each further attempt takes the next free moment; a crowd of them waits no longer than twice the longest delay.
            long mine = Math.Min(Math.Max(entry.Next, now) + DelayAfter(entry.Failures), now + (2 * MaximumDelay));
            _entries[address] = entry with { Next = mine };
            delay = mine - now;
        }

        return Task.Delay((int)delay, cancellation);
    }

    public void Failed(IPAddress address)
    {
        lock (_gate)
        {
            if (_entries.Count >= MaximumAddresses && !_entries.ContainsKey(address))
            {
                Forget();
            }

            _entries.TryGetValue(address, out Entry entry);
            _entries[address] = new Entry(Math.Min(entry.Failures + 1, 64), entry.Next, Environment.TickCount64);
        }
    }

    public void Succeeded(IPAddress address)
    {
        lock (_gate)
        {
            _entries.Remove(address);
        }
    }

    private static int DelayAfter(int failures) => (int)Math.Min(50L << Math.Min(failures - FreeFailures, 10), MaximumDelay);

    /// <summary>Drops the address whose last failure is longest ago.</summary>
    private void Forget()
    {
        IPAddress? oldest = null;
        long time = long.MaxValue;
        foreach ((IPAddress address, Entry entry) in _entries)
        {
            if (entry.Last < time)
            {
                (oldest, time) = (address, entry.Last);
            }
        }

        if (oldest is not null)
        {
            _entries.Remove(oldest);
        }
    }

    private readonly record struct Entry(int Failures, long Next, long Last);
}
