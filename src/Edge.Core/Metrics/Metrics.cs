using System.Diagnostics;

namespace Edge.Core.Metrics;

/// <summary>A named number that a scrape reads.</summary>
public abstract class Metric(string name)
{
    /// <summary>The Prometheus name, such as <c>orthanc_rest_api_duration_ms</c>.</summary>
    public string Name { get; } = name;

    /// <summary>The value now.</summary>
    public abstract double Read();
}

/// <summary>A number that only grows. One interlocked addition per event.</summary>
public sealed class Counter(string name) : Metric(name)
{
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long amount = 1) => Interlocked.Add(ref _value, amount);

    public override double Read() => Value;
}

/// <summary>A number read from a function when it is asked for.</summary>
public sealed class Gauge(string name, Func<double> read) : Metric(name)
{
    public override double Read() => read();
}

/// <summary>The largest (or smallest) value seen in the last ten seconds, as Orthanc reports durations and loads; 0 when nothing was seen.</summary>
/// <remarks>Ten slots of one second each; an update is an interlocked exchange on the current slot.</remarks>
public sealed class RecentExtreme(string name, bool smallest = false) : Metric(name)
{
    private const int Seconds = 10;
    private readonly long[] _slots = new long[Seconds + 1];

    /// <summary>Takes <paramref name="value"/> (0 to 2^31-1) into account.</summary>
    public void Record(long value)
    {
        long second = Now();
        long clamped = Math.Clamp(value, 0, int.MaxValue);
        ref long slot = ref _slots[second % _slots.Length];
        long mine = (second << 31) | clamped;
        long seen = Volatile.Read(ref slot);
        while ((seen >> 31) != second || (smallest ? clamped < (seen & int.MaxValue) : clamped > (seen & int.MaxValue)))
        {
            long before = Interlocked.CompareExchange(ref slot, mine, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }

    /// <summary>Records the milliseconds since <paramref name="start"/>, a <see cref="Stopwatch"/> time stamp.</summary>
    public void RecordSince(long start) => Record((long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);

    public override double Read()
    {
        long second = Now();
        long best = -1;
        foreach (ref long slot in _slots.AsSpan())
        {
            long seen = Volatile.Read(ref slot);
            long age = second - (seen >> 31);
            if (age is >= 0 and < Seconds && seen != 0)
            {
                long value = seen & int.MaxValue;
                best = best < 0 ? value : smallest ? Math.Min(best, value) : Math.Max(best, value);
            }
        }

        return Math.Max(best, 0);
    }

    /// <summary>A monotonic second, never 0.</summary>
    private static long Now() => (Stopwatch.GetTimestamp() / Stopwatch.Frequency) + 1;
}
