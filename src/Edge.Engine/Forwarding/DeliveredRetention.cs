using Edge.Core.Auditing;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>
/// Deletes forwarded instances once every destination has confirmed them: after an age, or as soon as the disk gets narrow. What waits or is
/// parked, and what belongs to a protected patient, stays. Off unless the configuration asks for it.
/// </summary>
public sealed class DeliveredRetention(IResourceIndex index, IAttachmentArea files, ResourceDeletion deletion, ForwardingOptions options, TimeProvider? time = null, AuditLog? audit = null) : IAsyncDisposable
{
    private const int Slice = 200;
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;

    private bool IsOn => options.DeleteDeliveredAfter >= 0 || options.DeleteDeliveredBelowFree > 0;

    public void Start()
    {
        if (IsOn)
        {
            _running = RunAsync();
        }
    }

    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>Deletes what is due now. The number of instances.</summary>
    public async ValueTask<int> SweepAsync(CancellationToken cancellation = default)
    {
        int deleted = 0;
        if (options.DeleteDeliveredAfter >= 0)
        {
            deleted += await DeleteAsync(_time.GetUtcNow() - TimeSpan.FromHours(options.DeleteDeliveredAfter), static () => true, cancellation).ConfigureAwait(false);
        }

        if (options.DeleteDeliveredBelowFree > 0 && IsNarrow())
        {
            deleted += await DeleteAsync(DateTimeOffset.MaxValue, IsNarrow, cancellation).ConfigureAwait(false);
        }

        return deleted;
    }

    private bool IsNarrow() => files.Space().Free < options.DeleteDeliveredBelowFree * 1024L * 1024;

    private async ValueTask<int> DeleteAsync(DateTimeOffset deliveredBefore, Func<bool> goOn, CancellationToken cancellation)
    {
        int count = 0;
        List<OutboxCounts> destinations = await index.ReadAsync(0, static (reader, _) => reader.OutboxCounts(), cancellation).ConfigureAwait(false);
        foreach (OutboxCounts destination in destinations)
        {
            OutboxRow? after = null;
            do
            {
                (List<string> due, after) = await index.ReadAsync((destination.Destination, deliveredBefore, after), static (reader, q) => Due(reader, q.Destination, q.deliveredBefore, q.after), cancellation).ConfigureAwait(false);
                if (due.Count > 0)
                {
                    await deletion.DeleteAsync(due, cancellation).ConfigureAwait(false);
                    count += due.Count;
                    due.ForEach(instance => audit?.Write(new AuditEntry(AuditAction.Delete, "retention", "", "retention", instance, "", "deleted")));
                }
            }
            while (after is not null && goOn());
        }

        return count;
    }

    /// <summary>A slice of a destination's delivered rows: the instances among them that may go, and the last row looked at; null at the end.</summary>
    private static (List<string> Due, OutboxRow? Last) Due(IIndexReader reader, string destination, DateTimeOffset deliveredBefore, OutboxRow? after)
    {
        List<string> due = [];
        OutboxRow? last = null;
        foreach (OutboxRow row in reader.OutboxDelivered(destination, deliveredBefore, after, Slice))
        {
            last = row;
            bool isDue = reader.OutboxOfInstance(row.InstanceId).TrueForAll(each => each.State == OutboxState.Delivered && each.Updated <= deliveredBefore);
            if (isDue && !IsProtected(reader, row.InstancePublicId))
            {
                due.Add(row.InstancePublicId);
            }
        }

        return (due, last);
    }

    private static bool IsProtected(IIndexReader reader, string instance)
    {
        long id = reader.Find(instance, ResourceLevel.Instance)?.Id ?? 0;
        return id != 0 && reader.Ancestor(id, ResourceLevel.Patient) is { } patient && reader.IsProtected(patient.Id);
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(Every);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    int count = await SweepAsync(_stop.Token).ConfigureAwait(false);
                    if (count > 0)
                    {
                        Log.Jobs.Info($"{count} delivered instances were deleted");
                    }
                }
                catch (Exception e) when (e is EdgeException or IOException)
                {
                    Log.Jobs.Error("delivered instances could not be deleted", e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }
}
