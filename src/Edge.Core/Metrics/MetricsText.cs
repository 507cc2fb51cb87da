using System.Buffers;
using System.Globalization;
using System.Text;

namespace Edge.Core.Metrics;

/// <summary>Prometheus text as Orthanc writes it: lines <c>name value timestamp_ms</c>, sorted, without TYPE and HELP.</summary>
public static class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4";

    /// <summary>Writes every metric of <paramref name="registry"/> with the time of the scrape.</summary>
    public static void Write(MetricsRegistry registry, IBufferWriter<byte> output, DateTimeOffset now)
    {
        long stamp = now.ToUnixTimeMilliseconds();
        foreach (Metric metric in registry.Snapshot())
        {
            double value = metric.Read();
            string line = string.Create(CultureInfo.InvariantCulture, $"{metric.Name} {value} {stamp}\n");
            output.Write(Encoding.UTF8.GetBytes(line));
        }
    }
}
