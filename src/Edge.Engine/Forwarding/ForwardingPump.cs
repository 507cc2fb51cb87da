using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>Sends what the outbox holds, every destination on its own: a dead one delays none but itself. What operators do to it goes through here too.</summary>
public sealed class ForwardingPump : IAsyncDisposable
{
    private const string PausedPrefix = "edge.forwarding.paused.";
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CountEvery = TimeSpan.FromSeconds(5);
    private readonly IResourceIndex _index;
    private readonly IAttachmentArea _files;
    private readonly IDicomSender _sender;
    private readonly RuntimeSettings _settings;
    private readonly ForwardingOptions _options;
    private readonly TimeProvider _time;
    private readonly MetricsRegistry? _metrics;
    private readonly IPeerSender? _peers;
    private readonly bool _isReadOnly;
    private IModalityClient? _client;
    private CommitmentReports? _reports;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private volatile Dictionary<string, DestinationPump> _pumps = new(StringComparer.Ordinal);
    private volatile Dictionary<string, OutboxCounts> _counts = new(StringComparer.Ordinal);
    private Task _beating = Task.CompletedTask;
    private long _lastBeat = Environment.TickCount64;

    public ForwardingPump(IResourceIndex index, IAttachmentArea files, IDicomSender sender, RuntimeSettings settings, ForwardingOptions options, MetricsRegistry? metrics = null, TimeProvider? time = null, IPeerSender? peers = null, bool isReadOnly = false) =>
        (_index, _files, _sender, _settings, _options, _metrics, _time, _peers, _isReadOnly) = (index, files, sender, settings, options, metrics, time ?? TimeProvider.System, peers, isReadOnly);

    /// <summary>How long ago all loops were last seen alive: about a second while all is well, destinations dead or not.</summary>
    public TimeSpan SinceHeartbeat => TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _lastBeat));

    /// <summary>How destinations are asked for storage commitment. Before the start; without it, what such a destination takes stays uncommitted.</summary>
    public void ProveWith(IModalityClient client, CommitmentReports reports) => (_client, _reports) = (client, reports);

    /// <summary>Starts a loop for each destination that a rule names or that has rows.</summary>
    public async Task StartAsync()
    {
        (List<OutboxCounts> counts, List<KeyValuePair<string, string>> paused) = await _index.ReadAsync(
            0, static (reader, _) => (reader.OutboxCounts(), reader.Properties(PausedPrefix))).ConfigureAwait(false);
        foreach (string name in _options.Rules.Values.SelectMany(static rule => rule.To).Concat(counts.Select(static at => at.Destination)).Distinct(StringComparer.Ordinal))
        {
            Require(name, counts.Exists(at => at.Destination == name && at.Uncommitted > 0)).PausedBy = paused.Find(entry => entry.Key == PausedPrefix + name).Value;
        }

        _counts = counts.ToDictionary(static at => at.Destination, StringComparer.Ordinal);
        // What is sent has to be written down: a server that may not write tells of its backlog and leaves it.
        foreach (DestinationPump pump in _isReadOnly ? [] : _pumps.Values.ToArray())
        {
            pump.Start(_stop.Token);
        }

        _beating = BeatAsync();
    }

    /// <summary>Tells of new rows, so that they go at once.</summary>
    public void Wake(IReadOnlyList<OutboxRequest> requests)
    {
        foreach (OutboxRequest request in requests)
        {
            if (_pumps.TryGetValue(request.Destination, out DestinationPump? pump))
            {
                pump.Wake();
            }
        }
    }

    /// <summary>As <see cref="Wake"/>, for rows that no rule asked for: their destinations get their loops now.</summary>
    public void WakeNew(IReadOnlyList<OutboxRequest> requests)
    {
        foreach (OutboxRequest request in requests)
        {
            DestinationPump? begun = null;
            lock (_gate)
            {
                if (!_pumps.ContainsKey(request.Destination))
                {
                    begun = Require(request.Destination);
                }
            }

            begun?.Start(_stop.Token);
        }

        Wake(requests);
    }

    public async ValueTask<IReadOnlyList<DestinationStatus>> StatusAsync(CancellationToken cancellation = default)
    {
        List<OutboxCounts> counts = await _index.ReadAsync(0, static (reader, _) => reader.OutboxCounts(), cancellation).ConfigureAwait(false);
        List<DestinationStatus> all = [];
        foreach (DestinationPump pump in _pumps.Values.OrderBy(static pump => pump.Name, StringComparer.Ordinal))
        {
            OutboxCounts at = counts.Find(found => found.Destination == pump.Name) ?? new OutboxCounts(pump.Name, 0, 0, 0, 0, null);
            all.Add(new DestinationStatus(pump.Name, pump.Activity, at, pump.SentLastMinute, pump.LastError, pump.LastErrorAt, pump.LastSentAt, pump.NextAttempt, pump.PausedBy));
        }

        return all;
    }

    /// <summary>Rows of a destination in a state, oldest first.</summary>
    public ValueTask<List<OutboxRow>> RowsAsync(string destination, OutboxState state, long afterId, int limit, CancellationToken cancellation = default) =>
        _index.ReadAsync((Demand(destination).Name, state, afterId, limit), static (reader, q) => reader.Outbox(q.Name, q.state, q.afterId, q.limit), cancellation);

    /// <summary>Sends no more to a destination, also after a restart, until it is resumed; what is in flight ends.</summary>
    public async ValueTask PauseAsync(string destination, string user)
    {
        DestinationPump pump = Demand(destination);
        await _index.SetPropertyAsync(PausedPrefix + destination, user).ConfigureAwait(false);
        pump.PausedBy = user;
        Log.Jobs.Warning($"forwarding to {destination} was paused by {user}");
    }

    public async ValueTask ResumeAsync(string destination, string user)
    {
        DestinationPump pump = Demand(destination);
        await _index.SetPropertyAsync(PausedPrefix + destination, null).ConfigureAwait(false);
        pump.PausedBy = null;
        pump.RetryNow();
        Log.Jobs.Warning($"forwarding to {destination} was resumed by {user}");
    }

    /// <summary>Makes rows due at once: one, or all that are parked or that wait. The number of rows.</summary>
    public async ValueTask<long> RetryAsync(string destination, long? id, OutboxState state, string user)
    {
        DestinationPump pump = Demand(destination);
        long count = await _index.RetryOutboxAsync(destination, id, state).ConfigureAwait(false);
        pump.RetryNow();
        Log.Jobs.Warning($"{count} {state} deliveries to {destination} were made due by {user}");
        return count;
    }

    /// <summary>Gives rows up for good: one, or all that are parked or that wait.</summary>
    public async ValueTask<IReadOnlyList<SettledOutbox>> DropAsync(string destination, long? id, OutboxState state, string user)
    {
        Demand(destination);
        IReadOnlyList<SettledOutbox> dropped = await _index.DropOutboxAsync(destination, id, state).ConfigureAwait(false);
        Log.Jobs.Warning($"{dropped.Count} {state} deliveries to {destination} were dropped by {user}");
        foreach (SettledOutbox row in dropped)
        {
            Log.Jobs.Info($"instance {row.InstancePublicId} will not be delivered to {destination}: dropped by {user}");
        }

        return dropped;
    }

    /// <summary>Ends associations; what was not confirmed goes back to the outbox.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        foreach (DestinationPump pump in _pumps.Values)
        {
            await pump.StoppedAsync().ConfigureAwait(false);
        }

        await _beating.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <exception cref="EdgeException">UnknownResource.</exception>
    private DestinationPump Demand(string destination) =>
        _pumps.TryGetValue(destination, out DestinationPump? pump) ? pump : throw new EdgeException(ErrorCode.UnknownResource, $"nothing is forwarded to {destination}");

    /// <param name="hasUncommitted">There are rows that a former run asked for.</param>
    private DestinationPump Require(string name, bool hasUncommitted = false)
    {
        lock (_gate)
        {
            if (_pumps.TryGetValue(name, out DestinationPump? known))
            {
                return known;
            }

            ForwardingDestinationOptions options = _options.Destinations.GetValueOrDefault(name) ?? new ForwardingDestinationOptions();
            DestinationPump pump = new(name, _index, _files, _sender, _settings, options, _time, _peers);
            if (_client is not null && _reports is not null && (options.StorageCommitment || hasUncommitted))
            {
                pump.Proof = new DeliveryProof(pump, _index, _client, _reports, _settings, options, _time);
            }

            _pumps = new Dictionary<string, DestinationPump>(_pumps, StringComparer.Ordinal) { [name] = pump };
            Register(pump);
            return pump;
        }
    }

    private void Register(DestinationPump pump)
    {
        // A label's value as Prometheus' text format writes it.
        string name = pump.Name.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        string label = $"{{destination=\"{name}\"}}";
        OutboxCounts? Counts() => _counts.GetValueOrDefault(pump.Name);
        _metrics?.Gauge($"edge_forwarding_pending{label}", () => Counts() is { } at ? at.Pending + at.Sending : 0);
        _metrics?.Gauge($"edge_forwarding_parked{label}", () => Counts()?.Parked ?? 0);
        _metrics?.Gauge($"edge_forwarding_uncommitted{label}", () => Counts()?.Uncommitted ?? 0);
        _metrics?.Gauge($"edge_forwarding_oldest_seconds{label}", () => Counts()?.OldestOpen is { } oldest ? Math.Max(0, Math.Floor((_time.GetUtcNow() - oldest).TotalSeconds)) : 0);
        _metrics?.Gauge($"edge_forwarding_sent_total{label}", () => pump.SentTotal);
        _metrics?.Gauge($"edge_forwarding_failed_total{label}", () => pump.FailedTotal);
        _metrics?.Gauge($"edge_forwarding_paused{label}", () => pump.PausedBy is null ? 0 : 1);
    }

    private async Task BeatAsync()
    {
        using PeriodicTimer timer = new(Beat);
        long counted = Environment.TickCount64;
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                if (_pumps.Values.All(static pump => pump.IsAlive))
                {
                    Volatile.Write(ref _lastBeat, Environment.TickCount64);
                }

                if (Environment.TickCount64 - counted >= CountEvery.TotalMilliseconds)
                {
                    counted = Environment.TickCount64;
                    await CountAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task CountAsync()
    {
        try
        {
            List<OutboxCounts> counts = await _index.ReadAsync(0, static (reader, _) => reader.OutboxCounts(), _stop.Token).ConfigureAwait(false);
            _counts = counts.ToDictionary(static at => at.Destination, StringComparer.Ordinal);
        }
        catch (EdgeException e)
        {
            Log.Jobs.Warning("the backlog could not be counted", e);
        }
    }
}
