using System.Diagnostics;
using Edge.Core.Metrics;
using Edge.Store.Index;

namespace Edge.Engine.Runtime;

/// <summary>What the index holds, as metrics. A scrape reads the index once, then the gauges tell.</summary>
public sealed class IndexGauges
{
    private readonly IResourceIndex _index;
    private readonly long _start = Stopwatch.GetTimestamp();
    private Snapshot _snapshot = new(default, 0);

    public IndexGauges(IResourceIndex index, MetricsRegistry metrics)
    {
        _index = index;
        metrics.Gauge("orthanc_count_instances", () => _snapshot.Totals.Counts.Instances);
        metrics.Gauge("orthanc_count_patients", () => _snapshot.Totals.Counts.Patients);
        metrics.Gauge("orthanc_count_series", () => _snapshot.Totals.Counts.Series);
        metrics.Gauge("orthanc_count_studies", () => _snapshot.Totals.Counts.Studies);
        metrics.Gauge("orthanc_disk_size_mb", () => Megabytes(_snapshot.Totals.Sizes.Logical));
        metrics.Gauge("edge_stored_size_mb", () => Megabytes(_snapshot.Totals.Sizes.Stored));
        metrics.Gauge("orthanc_uncompressed_size_mb", () => Megabytes(_snapshot.Totals.Sizes.Plain));
        metrics.Gauge("orthanc_last_change", () => _snapshot.LastChange);
        metrics.Gauge("orthanc_up_time_s", () => Math.Floor(Stopwatch.GetElapsedTime(_start).TotalSeconds));
    }

    public async ValueTask RefreshAsync(CancellationToken cancellation) => _snapshot = await _index.ReadAsync(
        0,
        static (reader, _) => new Snapshot(reader.Totals(), reader.LastChange().Last),
        cancellation).ConfigureAwait(false);

    private static double Megabytes(long bytes) => Math.Round(bytes / 1048576.0, 3);

    private sealed record Snapshot(IndexTotals Totals, long LastChange);
}
