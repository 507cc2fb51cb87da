namespace Edge.Core.Metrics;

/// <summary>Every metric of the process by name. Registration happens at start; names are unique.</summary>
public sealed class MetricsRegistry
{
    private readonly Lock _gate = new();
    private readonly SortedDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    public Counter Counter(string name) => Add(new Counter(name));

    /// <summary>Registers a value that <paramref name="read"/> yields at each scrape; it must be quick and must not throw.</summary>
    public Gauge Gauge(string name, Func<double> read) => Add(new Gauge(name, read));

    /// <summary>Registers the maximum over the last ten seconds.</summary>
    public RecentExtreme RecentMaximum(string name) => Add(new RecentExtreme(name));

    /// <summary>Registers the minimum over the last ten seconds.</summary>
    public RecentExtreme RecentMinimum(string name) => Add(new RecentExtreme(name, smallest: true));

    /// <summary>The metrics now registered, sorted by name.</summary>
    public Metric[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _metrics.Values];
        }
    }

    private T Add<T>(T metric)
        where T : Metric
    {
        lock (_gate)
        {
            if (!_metrics.TryAdd(metric.Name, metric))
            {
                throw new ArgumentException($"the metric {metric.Name} is registered twice");
            }
        }

        return metric;
    }
}
