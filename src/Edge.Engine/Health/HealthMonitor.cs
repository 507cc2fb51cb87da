using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Health;

/// <summary>
/// Finds out whether the server can accept, by doing what acceptance does: a file is written, the index commits. An answer holds
/// for a second, so that nobody can make the disk busy by asking; whoever asks meanwhile waits for the same answer.
/// </summary>
/// <param name="isDicomUp">Whether every DICOM listener accepts; null where the configuration wants none.</param>
public sealed class HealthMonitor(IResourceIndex index, IAttachmentArea files, EdgeOptions options, Func<bool>? isDicomUp)
{
    /// <summary>The property that the probe of the index writes.</summary>
    public const string ProbeProperty = "edge.health";

    private static readonly TimeSpan HoldsFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly Lock _gate = new();
    private Task<Readiness>? _latest;
    private long _askedAt;

    public Task<Readiness> ReadinessAsync()
    {
        lock (_gate)
        {
            bool isFresh = _latest is { IsCompleted: false } || (_latest is not null && Environment.TickCount64 - _askedAt < HoldsFor.TotalMilliseconds);
            if (!isFresh)
            {
                _askedAt = Environment.TickCount64;
                _latest = Task.Run(ProbeAsync);
            }

            return _latest!;
        }
    }

    private async Task<Readiness> ProbeAsync()
    {
        Task<(HealthCheck Check, long Free)> disk = Task.Factory.StartNew(ProbeDisk, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        Task<HealthCheck> storage = WatchedAsync("storage", ProbeStorageAsync);
        Task<HealthCheck> database = WatchedAsync("index", ProbeIndexAsync);
        List<HealthCheck> checks = [await storage.ConfigureAwait(false), await database.ConfigureAwait(false)];
        long free = -1;
        try
        {
            (HealthCheck check, free) = await disk.WaitAsync(Patience).ConfigureAwait(false);
            checks.Add(check);
        }
        catch (TimeoutException)
        {
            checks.Add(new HealthCheck("disk", "the file system does not answer"));
        }

        if (isDicomUp is not null)
        {
            checks.Add(new HealthCheck("dicom", isDicomUp() ? null : "the DICOM listener does not accept connections"));
        }

        return new Readiness(checks, free, await BacklogAsync().ConfigureAwait(false));
    }

    private static async Task<HealthCheck> WatchedAsync(string name, Func<CancellationToken, Task> probe)
    {
        using CancellationTokenSource patience = new(Patience);
        try
        {
            await probe(patience.Token).WaitAsync(patience.Token).ConfigureAwait(false);
            return new HealthCheck(name, null);
        }
        catch (OperationCanceledException)
        {
            return new HealthCheck(name, $"no answer within {Patience.TotalSeconds} seconds");
        }
        catch (Exception e) when (e is EdgeException or IOException or UnauthorizedAccessException)
        {
            return new HealthCheck(name, e.Message);
        }
    }

    private async Task ProbeStorageAsync(CancellationToken cancellation)
    {
        ISpool spool = files.CreateSpool();
        await using (spool.ConfigureAwait(false))
        {
            await spool.AppendAsync("edge"u8.ToArray(), cancellation).ConfigureAwait(false);
        }
    }

    private async Task ProbeIndexAsync(CancellationToken cancellation) =>
        await index.SetPropertyAsync(ProbeProperty, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture), cancellation).ConfigureAwait(false);

    private (HealthCheck Check, long Free) ProbeDisk()
    {
        long least = options.Health.MinimumFreeMB * 1024L * 1024;
        try
        {
            long free = files.Space().Free;
            long freeForIndex = options.Storage.IndexDirectory is { } folder ? new DriveInfo(folder).AvailableFreeSpace : free;
            string? problem = free < least ? $"{free >> 20} MB are free for files, less than Edge.Health.MinimumFreeMB"
                : freeForIndex < least ? $"{freeForIndex >> 20} MB are free for the index, less than Edge.Health.MinimumFreeMB" : null;
            return (new HealthCheck("disk", problem), free);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (new HealthCheck("disk", e.Message), -1);
        }
    }

    private async Task<IReadOnlyList<OutboxCounts>> BacklogAsync()
    {
        try
        {
            return await index.ReadAsync(0, static (reader, _) => reader.OutboxCounts()).AsTask().WaitAsync(Patience).ConfigureAwait(false);
        }
        catch (Exception e) when (e is EdgeException or TimeoutException)
        {
            return []; // The check of the index tells what is wrong with it.
        }
    }
}
