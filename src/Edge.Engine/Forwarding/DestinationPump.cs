using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>
/// Empties the outbox of one destination over its associations. What a claim returns is sent in its order on one association, and no
/// other claim touches a series of it meanwhile: so the order within a series holds. A failing instance waits alone; when the connection
/// fails, the destination as a whole waits, and is then tried with a few rows. Never more than one batch per association is in flight.
/// </summary>
internal sealed class DestinationPump
{
    private const int Batch = 64;
    private const int ProbeBatch = 4;

    /// <summary>A row that was the first to fail this often is sent last of its batch: it may be what breaks the connection.</summary>
    private const int SuspectAfter = 3;

    private static readonly TimeSpan IdlePoll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterSurprise = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan SettleEvery = TimeSpan.FromMilliseconds(100);
    private readonly IResourceIndex _index;
    private readonly IAttachmentArea _files;
    private readonly IDicomSender _sender;
    private readonly IPeerSender? _peers;
    private readonly RuntimeSettings _settings;
    private readonly ForwardingDestinationOptions _options;
    private readonly TimeProvider _time;
    private readonly RetrySchedule _schedule;
    private readonly AttemptVerdict _verdict;
    private readonly BandwidthLimit _limit;
    private readonly RecentCount _recent;
    private readonly SemaphoreSlim _work;
    private readonly Lock _gate = new();
    private readonly Dictionary<long, int> _suspects = [];
    private Task[] _workers = [];
    private int _outages;
    private int _busy;
    private DateTimeOffset _notBefore;

    public DestinationPump(string name, IResourceIndex index, IAttachmentArea files, IDicomSender sender, RuntimeSettings settings, ForwardingDestinationOptions options, TimeProvider time, IPeerSender? peers = null)
    {
        (Name, _index, _files, _sender, _settings, _options, _time, _peers) = (name, index, files, sender, settings, options, time, peers);
        _schedule = new RetrySchedule(TimeSpan.FromSeconds(options.RetryMinimum), TimeSpan.FromSeconds(options.RetryMaximum));
        _verdict = new AttemptVerdict(options, _schedule);
        _limit = new BandwidthLimit(options.MaximumKBps * 1024L, time);
        _recent = new RecentCount(time);
        _work = new SemaphoreSlim(0, options.Associations);
    }

    public string Name { get; }

    public string? PausedBy { get; set; }

    /// <summary>Asks for storage commitment; null where nobody does.</summary>
    public DeliveryProof? Proof { get; set; }

    /// <summary>Neither paused nor outside of its hours.</summary>
    public bool MayCall => PausedBy is null && IsOpen();

    public long SentTotal { get; private set; }

    public long FailedTotal { get; private set; }

    public string LastError { get; private set; } = "";

    public DateTimeOffset? LastErrorAt { get; private set; }

    public DateTimeOffset? LastSentAt { get; private set; }

    public long SentLastMinute => _recent.Read();

    /// <summary>When the destination is tried again; null unless it is backing off.</summary>
    public DateTimeOffset? NextAttempt
    {
        get
        {
            lock (_gate)
            {
                return _outages > 0 && _notBefore > _time.GetUtcNow() ? _notBefore : null;
            }
        }
    }

    public DestinationActivity Activity =>
        PausedBy is not null ? DestinationActivity.Paused
        : !IsOpen() ? DestinationActivity.Closed
        : Volatile.Read(ref _busy) > 0 ? DestinationActivity.Sending
        : NextAttempt is not null ? DestinationActivity.BackingOff : DestinationActivity.Idle;

    /// <summary>Whether every loop still turns; waiting for a slow destination is turning too.</summary>
    public bool IsAlive => Array.TrueForAll(_workers, static worker => !worker.IsCompleted) && Proof is not { IsAlive: false };

    public void Start(CancellationToken stop)
    {
        _workers = [.. Enumerable.Range(0, _options.Associations).Select(_ => Task.Run(() => WorkAsync(stop), CancellationToken.None))];
        Proof?.Start(stop);
    }

    public Task StoppedAsync() => Task.WhenAll([.. _workers, Proof?.StoppedAsync() ?? Task.CompletedTask]);

    /// <summary>There is something to send, or it may be tried again.</summary>
    public void Wake()
    {
        // Called for every received instance: no exception where all are awake already, and one wake too many costs a look at the outbox.
        int asleep = _options.Associations - _work.CurrentCount;
        if (asleep <= 0)
        {
            return;
        }

        lock (_gate)
        {
            asleep = _options.Associations - _work.CurrentCount;
            if (asleep > 0)
            {
                _work.Release(asleep);
            }
        }
    }

    /// <summary>Forgets that the destination is to be left alone for a while.</summary>
    public void RetryNow()
    {
        lock (_gate)
        {
            _notBefore = default;
        }

        Wake();
    }

    private async Task WorkAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                IReadOnlyList<OutboxRow> rows = MayTry(out int limit) ? await _index.ClaimOutboxAsync(Name, _time.GetUtcNow(), limit, [], stop).ConfigureAwait(false) : [];
                if (rows.Count > 0)
                {
                    await SendAsync(rows, stop).ConfigureAwait(false);
                }
                else
                {
                    await _work.WaitAsync(IdlePoll, stop).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                // A full or failing disk, most likely: the rows stay, and the pump must live on.
                Log.Jobs.Error($"forwarding to {Name} met a failure of this server", e);
                Outage(FailureOf(e), null);
                await Task.Delay(AfterSurprise, _time, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private bool MayTry(out int limit)
    {
        limit = 0;
        if (!MayCall)
        {
            return false;
        }

        lock (_gate)
        {
            // After an outage one association alone tries, with a few rows.
            bool isProbing = _outages > 0;
            limit = isProbing ? ProbeBatch : Batch;
            return _time.GetUtcNow() >= _notBefore && (!isProbing || _busy == 0);
        }
    }

    private bool IsOpen() => ForwardingRule.IsOpen(_options.Hours, _time.GetLocalNow().TimeOfDay);

    private async Task SendAsync(IReadOnlyList<OutboxRow> claimed, CancellationToken stop)
    {
        Interlocked.Increment(ref _busy);
        Settlement settlement = new(_index, SettleEvery, _time);
        Dictionary<string, OutboxRow> open = new(claimed.Count, StringComparer.Ordinal);
        try
        {
            List<ForwardedInstance> instances = await LoadAsync(InOrder(claimed), open, stop).ConfigureAwait(false);
            if (instances.Count == 0)
            {
                return;
            }

            if (Begin(instances, stop) is not { } sending)
            {
                Outage("is none of the known modalities and peers", null);
                return;
            }

            await SendAsync(sending, open, settlement).ConfigureAwait(false);
        }
        finally
        {
            // What was not tried goes back as it was.
            DateTimeOffset now = _time.GetUtcNow();
            foreach (OutboxRow row in open.Values)
            {
                settlement.Add(new OutboxResult(row.Id, OutboxState.Pending, row.LastStatus, row.Reason, now));
            }

            Interlocked.Decrement(ref _busy);
            await settlement.FinishAsync(stop).ConfigureAwait(false);
            Proof?.Taken();
        }
    }

    /// <summary>One batch follows another.</summary>
    private static readonly SendOptions Kept = new() { KeepsAssociation = true };

    /// <summary>The sending to whatever has the name now; null where nothing has.</summary>
    private IAsyncEnumerable<SendResult>? Begin(List<ForwardedInstance> instances, CancellationToken stop) =>
        _settings.Modalities.Find(Name) is { } modality ? _sender.SendAsync(modality, instances, Kept, stop)
        : _settings.Peers.Find(Name) is { } peer ? _peers?.SendAsync(peer, instances, stop) : null;

    private async Task SendAsync(IAsyncEnumerable<SendResult> sending, Dictionary<string, OutboxRow> open, Settlement settlement)
    {
        bool anySent = false;
        bool anyOutage = false;
        await foreach (SendResult result in sending.ConfigureAwait(false))
        {
            if (!open.Remove(result.Instance.PublicId, out OutboxRow? row))
            {
                continue;
            }

            DateTimeOffset now = _time.GetUtcNow();
            if (result.IsSent)
            {
                anySent = true;
                Succeed(row, now);
                settlement.Add(_verdict.Of(row, result, now));
            }
            else if (AttemptVerdict.IsOutage(result) && !anyOutage)
            {
                anyOutage = true;
                bool isSuspect = Suspect(row) && anySent;
                settlement.Add(isSuspect ? _verdict.Delayed(row, 0, AttemptVerdict.Reason(result), now) : _verdict.Of(row, result, now));
                Outage(AttemptVerdict.Reason(result), result);
            }
            else
            {
                settlement.Add(_verdict.Of(row, result, now));
                if (!result.IsFailure)
                {
                    Log.Jobs.Info($"instance {row.InstancePublicId} is parked and not sent to {Name}: {AttemptVerdict.Reason(result)}");
                }
                else if (!AttemptVerdict.IsOutage(result))
                {
                    Fail(AttemptVerdict.Reason(result));
                    Log.Jobs.Warning($"instance {row.InstancePublicId} was not taken by {Name} ({(result.Status == SendStatus.PermanentFailure ? "parked" : "it will be tried again")}): {AttemptVerdict.Reason(result)}");
                }
            }
        }
    }

    /// <summary>The instances of the rows, in their order; a row whose instance is gone went with it.</summary>
    private async ValueTask<List<ForwardedInstance>> LoadAsync(List<OutboxRow> rows, Dictionary<string, OutboxRow> open, CancellationToken stop)
    {
        foreach (OutboxRow row in rows)
        {
            open[row.InstancePublicId] = row;
        }

        List<ForwardedInstance> instances = await _index.ReadAsync(
            (rows, _files, _limit),
            static (reader, q) =>
            {
                List<ForwardedInstance> found = new(q.rows.Count);
                foreach (OutboxRow row in q.rows)
                {
                    if (ForwardedInstance.Find(reader, row, q._files, q._limit) is { } instance)
                    {
                        found.Add(instance);
                    }
                }

                return found;
            },
            stop).ConfigureAwait(false);
        return instances;
    }

    private List<OutboxRow> InOrder(IReadOnlyList<OutboxRow> rows)
    {
        lock (_gate)
        {
            return [.. rows.OrderBy(row => _suspects.GetValueOrDefault(row.Id) >= SuspectAfter)];
        }
    }

    private void Succeed(OutboxRow row, DateTimeOffset now)
    {
        _recent.Add();
        lock (_gate)
        {
            if (_outages > 0)
            {
                Log.Jobs.Warning($"forwarding to {Name} works again after {_outages} failed attempts");
            }

            SentTotal++;
            LastSentAt = now;
            _outages = 0;
            _notBefore = default;
            _suspects.Remove(row.Id);
        }
    }

    /// <summary>Counts the row that was first to fail; true if it was often enough.</summary>
    private bool Suspect(OutboxRow row)
    {
        lock (_gate)
        {
            if (_suspects.Count >= 1000)
            {
                _suspects.Clear();
            }

            return (_suspects[row.Id] = _suspects.GetValueOrDefault(row.Id) + 1) > SuspectAfter;
        }
    }

    private void Outage(string reason, SendResult? result)
    {
        Fail(reason);
        TimeSpan wait;
        int outages;
        lock (_gate)
        {
            outages = ++_outages;
            wait = _schedule.After(outages);
            _notBefore = _time.GetUtcNow() + wait;
        }

        if (outages == 1 || (outages & (outages - 1)) == 0)
        {
            Log.Jobs.Warning($"forwarding to {Name} fails, attempt {outages}, next in {wait.TotalSeconds:F0} s: {reason}", result?.Failure?.InnerException);
        }
    }

    /// <summary>Counts a failure, for the person on call.</summary>
    public void Fail(string reason)
    {
        lock (_gate)
        {
            FailedTotal++;
            LastError = reason;
            LastErrorAt = _time.GetUtcNow();
        }
    }

    private static string FailureOf(Exception e) => e is EdgeException ? e.Message : e.GetType().Name;
}
