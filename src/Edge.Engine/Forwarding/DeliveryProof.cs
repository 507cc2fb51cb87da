using System.Collections.Concurrent;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>
/// Asks one destination for storage commitment (PS3.4 annex J) of what it took: a row is delivered only when the destination answers for its
/// instance. What is asked for lives in memory; after a restart it is asked for again. What the destination does not vouch for is sent
/// again, and parked after some reports; where no report comes in time, it is asked again, ever less often.
/// </summary>
internal sealed class DeliveryProof(DestinationPump pump, IResourceIndex index, IModalityClient client, CommitmentReports reports, RuntimeSettings settings, ForwardingDestinationOptions options, TimeProvider time)
{
    /// <summary>Instances of one transaction.</summary>
    private const int Batch = 500;

    /// <summary>Transactions that wait for their reports at the same time.</summary>
    private const int MostAsked = 10;

    /// <summary>Reports of failure after which an instance is not sent again.</summary>
    private const int MostFailures = 3;

    private const int MostCounted = 10_000;
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private readonly RetrySchedule _schedule = new(TimeSpan.FromSeconds(options.RetryMinimum), TimeSpan.FromSeconds(options.RetryMaximum));
    private readonly ConcurrentQueue<(string Transaction, CommitmentReport Report)> _answered = [];
    private readonly Dictionary<string, Asked> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<long, int> _failures = [];
    private readonly SemaphoreSlim _work = new(0);
    private Task _running = Task.CompletedTask;
    private volatile bool _hasMore = true;
    private int _outages;
    private DateTimeOffset _notBefore;

    /// <summary>Rows that one transaction asks for.</summary>
    private sealed record Asked(IReadOnlyList<(OutboxRow Row, CommitmentItem Item)> Instances, DateTimeOffset Until);

    public bool IsAlive => !_running.IsCompleted;

    public void Start(CancellationToken stop) => _running = Task.Run(() => WorkAsync(stop), CancellationToken.None);

    public Task StoppedAsync() => _running;

    /// <summary>The destination took something: it is asked about it at the next poll, together with what else comes until then.</summary>
    public void Taken() => _hasMore = true;

    private async Task WorkAsync(CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                try
                {
                    while (await PassAsync(stop).ConfigureAwait(false))
                    {
                        // There may be more.
                    }
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    // A full or failing disk, most likely: the rows stay as they are.
                    Log.Jobs.Error($"storage commitment by {pump.Name} met a failure of this server", e);
                    _hasMore = true;
                }

                await _work.WaitAsync(Poll, stop).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
        finally
        {
            foreach (string transaction in _asked.Keys)
            {
                reports.Forget(transaction);
            }
        }
    }

    /// <summary>Takes up what came, then asks for a batch. True: there was one.</summary>
    private async ValueTask<bool> PassAsync(CancellationToken stop)
    {
        while (_answered.TryPeek(out (string Transaction, CommitmentReport Report) answer))
        {
            if (_asked.TryGetValue(answer.Transaction, out Asked? asked))
            {
                await SettleAsync(asked, answer.Report, stop).ConfigureAwait(false);
                _asked.Remove(answer.Transaction);
            }

            _answered.TryDequeue(out _);
        }

        DateTimeOffset now = time.GetUtcNow();
        foreach ((string transaction, Asked asked) in _asked.Where(entry => entry.Value.Until <= now).ToArray())
        {
            reports.Forget(transaction);
            _asked.Remove(transaction);
            _hasMore = true;
            Outage($"no report of storage commitment within {options.CommitmentTimeout} s for {asked.Instances.Count} instances");
        }

        return _hasMore && now >= _notBefore && _asked.Count < MostAsked && pump.MayCall && await AskAsync(stop).ConfigureAwait(false);
    }

    private async ValueTask<bool> AskAsync(CancellationToken stop)
    {
        _hasMore = false;
        HashSet<long> waiting = [.. _asked.Values.SelectMany(static asked => asked.Instances).Select(static one => one.Row.Id)];
        List<(OutboxRow Row, CommitmentItem Item)> instances = await index.ReadAsync((pump.Name, waiting), static (reader, q) => Due(reader, q.Name, q.waiting), stop).ConfigureAwait(false);
        if (instances.Count == 0)
        {
            return false;
        }

        _hasMore = true;
        if (!options.StorageCommitment)
        {
            // Asked for by a former configuration: what was taken counts as delivered again.
            await SettleAsync([.. instances.Select(one => new OutboxResult(one.Row.Id, OutboxState.Delivered, one.Row.LastStatus, "", time.GetUtcNow()))], stop).ConfigureAwait(false);
            return true;
        }

        DateTimeOffset now = time.GetUtcNow();
        if (_outages > 0 && options.GiveUpAfter > 0 && instances.FindAll(one => now - one.Row.Created > TimeSpan.FromHours(options.GiveUpAfter)) is { Count: > 0 } old)
        {
            string reason = $"given up after {options.GiveUpAfter} hours: {pump.LastError}";
            await SettleAsync([.. old.Select(one => new OutboxResult(one.Row.Id, OutboxState.Parked, one.Row.LastStatus, reason, now))], stop).ConfigureAwait(false);
            return true;
        }

        if (settings.Modalities.Find(pump.Name) is not { } modality)
        {
            Outage("is none of the known modalities");
            return false;
        }

        string transaction = CommitmentReports.NewTransaction();
        CommitmentItem[] items = [.. instances.Select(static one => one.Item)];
        _asked[transaction] = new Asked(instances, now + TimeSpan.FromSeconds(options.CommitmentTimeout));
        reports.Begin(transaction, new CommitmentReport(modality.Aet, IsPending: true, items), report =>
        {
            _answered.Enqueue((transaction, report));
            _work.Release();
        });
        try
        {
            await client.RequestCommitmentAsync(modality, new ModalityCall(), transaction, items, stop).ConfigureAwait(false);
            return true; // Looks once more: what is taken meanwhile must not be missed.
        }
        catch (EdgeException e)
        {
            reports.Forget(transaction);
            _asked.Remove(transaction);
            Outage($"storage commitment: {e.Message}");
            return false;
        }
    }

    /// <summary>What was taken and is not asked for yet, oldest first. A row whose instance is gone went with it.</summary>
    private static List<(OutboxRow Row, CommitmentItem Item)> Due(IIndexReader reader, string destination, HashSet<long> waiting)
    {
        List<(OutboxRow, CommitmentItem)> due = [];
        foreach (OutboxRow row in reader.Outbox(destination, OutboxState.Uncommitted, 0, waiting.Count + Batch))
        {
            if (due.Count < Batch && !waiting.Contains(row.Id) && reader.Find(row.InstancePublicId, ResourceLevel.Instance) is { } instance && instance.Id == row.InstanceId)
            {
                due.Add((row, new CommitmentItem(instance.Metadata.Get(MetadataType.SopClassUid) ?? "", instance.Tags.Get(DicomTags.SOPInstanceUID.Value) ?? "")));
            }
        }

        return due;
    }

    private async ValueTask SettleAsync(Asked asked, CommitmentReport report, CancellationToken stop)
    {
        Dictionary<string, ushort> reasons = new(StringComparer.Ordinal);
        foreach (CommitmentItem item in report.Items)
        {
            reasons[item.SopInstanceUid] = Math.Max(item.FailureReason, reasons.GetValueOrDefault(item.SopInstanceUid));
        }

        DateTimeOffset now = time.GetUtcNow();
        List<OutboxResult> results = new(asked.Instances.Count);
        foreach ((OutboxRow row, CommitmentItem item) in asked.Instances)
        {
            results.Add(reasons.GetValueOrDefault(item.SopInstanceUid, CommitmentItem.NotAvailable) is var reason and not 0
                ? Failed(row, reason, now)
                : new OutboxResult(row.Id, OutboxState.Delivered, row.LastStatus, "", now));
        }

        await SettleAsync(results, stop).ConfigureAwait(false);
        foreach (OutboxResult result in results.Where(static result => result.State == OutboxState.Delivered))
        {
            _failures.Remove(result.Id);
        }

        _outages = 0;
        _notBefore = default;
        if (results.Exists(static result => result.State == OutboxState.Pending))
        {
            pump.Wake();
        }
    }

    /// <summary>The destination does not answer for an instance that it took: it gets it again, a few times.</summary>
    private OutboxResult Failed(OutboxRow row, ushort reason, DateTimeOffset now)
    {
        if (_failures.Count >= MostCounted)
        {
            _failures.Clear();
        }

        int failures = _failures[row.Id] = _failures.GetValueOrDefault(row.Id) + 1;
        bool isParked = failures >= MostFailures;
        string text = $"storage commitment: {CommitmentItem.Describe(reason)} ({reason:X4}H)";
        if (isParked)
        {
            _failures.Remove(row.Id);
        }

        pump.Fail(text);
        Log.Jobs.Warning($"{pump.Name} took instance {row.InstancePublicId} and does not answer for it ({(isParked ? "parked" : "it will be sent again")}): {text}");
        return new OutboxResult(row.Id, isParked ? OutboxState.Parked : OutboxState.Pending, reason, text, now + _schedule.After(failures));
    }

    private async ValueTask SettleAsync(IReadOnlyList<OutboxResult> results, CancellationToken stop)
    {
        Settlement settlement = new(index, TimeSpan.MaxValue, time);
        foreach (OutboxResult result in results)
        {
            settlement.Add(result);
        }

        await settlement.FinishAsync(stop).ConfigureAwait(false);
    }

    private void Outage(string reason)
    {
        _outages++;
        TimeSpan wait = _schedule.After(_outages);
        _notBefore = time.GetUtcNow() + wait;
        pump.Fail(reason);
        if ((_outages & (_outages - 1)) == 0)
        {
            Log.Jobs.Warning($"storage commitment by {pump.Name} fails, attempt {_outages}, next in {wait.TotalSeconds:F0} s: {reason}");
        }
    }
}
