using System.Buffers;
using System.Text.Json;
using Edge.Core.Metrics;
using Edge.Engine;
using Edge.Engine.Health;
using Edge.Rest.Hosting;
using Edge.Store.Outbox;

namespace Edge.Rest.Gateway;

/// <summary>Whether the server lives, and whether it can accept. For load balancers, monitoring and whoever is on call.</summary>
public sealed class Health(EdgeEngine engine, HealthMonitor monitor)
{
    public Route[] Routes() =>
    [
        new("GET", "/health/live", static request => request.Text("live\n"), "Whether the server answers"),
        new("GET", "/health/ready", ReadyAsync, "Whether the server can accept instances: 200, or 503 with the reasons"),
    ];

    /// <summary>The routes of the listener of its own.</summary>
    public Route[] RoutesWithMetrics() => [.. Routes(), new("GET", "/metrics", MetricsAsync, "Metrics for Prometheus")];

    private async ValueTask ReadyAsync(RestRequest request)
    {
        Readiness readiness = await monitor.ReadinessAsync().WaitAsync(request.Aborted).ConfigureAwait(false);
        await request.Json(readiness, Write, readiness.IsReady ? 200 : 503).ConfigureAwait(false);
    }

    private async ValueTask MetricsAsync(RestRequest request)
    {
        await engine.Gauges.RefreshAsync(request.Aborted).ConfigureAwait(false);
        ArrayBufferWriter<byte> text = new(4096);
        MetricsText.Write(engine.Metrics, text, TimeProvider.System.GetUtcNow());
        await request.Bytes(text.WrittenSpan, MetricsText.ContentType).ConfigureAwait(false);
    }

    private static void Write(Utf8JsonWriter json, Readiness readiness)
    {
        json.WriteStartObject();
        json.WriteStartObject("Backlog"u8);
        foreach (OutboxCounts counts in readiness.Backlog)
        {
            json.WriteNumber(counts.Destination, counts.Pending + counts.Sending);
        }

        json.WriteEndObject();
        json.WriteStartObject("Checks"u8);
        foreach (HealthCheck check in readiness.Checks.OrderBy(static check => check.Name, StringComparer.Ordinal))
        {
            json.WriteString(check.Name, check.Problem ?? "ok");
        }

        json.WriteEndObject();
        json.WriteNumber("FreeMB"u8, readiness.FreeBytes < 0 ? -1 : readiness.FreeBytes >> 20);
        json.WriteBoolean("Ready"u8, readiness.IsReady);
        json.WriteEndObject();
    }
}
