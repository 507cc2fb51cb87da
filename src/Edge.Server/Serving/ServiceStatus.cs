using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Dimse.Scp;
using Edge.Server.Systemd;
using Edge.Store.Outbox;

namespace Edge.Server.Serving;

/// <summary>What systemd is told: the loops that must turn, and a line on backlog and disk. The numbers are read every few seconds, on no caller's time.</summary>
internal sealed class ServiceStatus : IAsyncDisposable
{
    private static readonly TimeSpan ReadEvery = TimeSpan.FromSeconds(5);
    private readonly Composition _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _reading;
    private volatile string _line = "serving";

    public ServiceStatus(Composition server)
    {
        _server = server;
        List<VitalSign> signs = [new("index writer", () => Stopwatch.GetElapsedTime(server.Store.WriterHeartbeat))];
        signs.Add(new("forwarding pump", () => server.Forwarding.SinceHeartbeat));
        foreach (DicomServer dicom in server.Dicom ?? [])
        {
            signs.Add(new($"DICOM listener {dicom.LocalEndPoint}", () => dicom.SinceHeartbeat));
        }

        if (server.Rest is { } rest)
        {
            signs.Add(new("HTTP server", () => rest.Heartbeat.Age));
        }

        VitalSigns = signs;
        _reading = ReadAsync();
    }

    public IReadOnlyList<VitalSign> VitalSigns { get; }

    /// <summary>For <c>systemctl status</c>: backlog per destination, and free space.</summary>
    public string Line => _line;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ReadAsync()
    {
        using PeriodicTimer timer = new(ReadEvery);
        try
        {
            do
            {
                try
                {
                    List<OutboxCounts> backlog = await _server.Store.Index.ReadAsync(0, static (reader, _) => reader.OutboxCounts(), _stop.Token).ConfigureAwait(false);
                    _line = Describe(backlog, _server.Store.Files.Space().Free);
                }
                catch (Exception e) when (e is EdgeException or IOException)
                {
                    _line = $"serving; {e.Message}";
                }
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private static string Describe(List<OutboxCounts> backlog, long free)
    {
        long waiting = backlog.Sum(static at => at.Pending + at.Sending);
        long parked = backlog.Sum(static at => at.Parked);
        return $"serving; {waiting} to deliver, {parked} parked; {free >> 30} GB free";
    }
}
