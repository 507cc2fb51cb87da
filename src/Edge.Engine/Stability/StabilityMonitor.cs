using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;

namespace Edge.Engine.Stability;

/// <summary>A patient, study or series that has received nothing for the stable age.</summary>
public readonly record struct StableResource(ResourceLevel Level, string PublicId);

/// <summary>
/// Knows which resources still receive instances. The list lives in memory, as Orthanc's does: after a restart
/// everything is stable, and nothing is announced for what was unstable before.
/// </summary>
/// <param name="age">How long nothing must have arrived; strictly longer counts.</param>
/// <param name="announce">Told of what has become stable, series before study before patient where they are equally old.</param>
public sealed class StabilityMonitor(TimeSpan age, Func<IReadOnlyList<StableResource>, ValueTask> announce) : IAsyncDisposable
{
    /// <summary>Instead of a time: a script has said that nothing more comes.</summary>
    private const long Complete = long.MinValue;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, (ResourceLevel Level, long Touched)> _unstable = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stop = new();
    private Task _loop = Task.CompletedTask;

    /// <summary>Begins to look once a second.</summary>
    public void Start() => _loop = RunAsync();

    /// <summary>Notes that the resource has received an instance now.</summary>
    public void Touch(ResourceLevel level, string publicId)
    {
        lock (_gate)
        {
            _unstable[publicId] = (level, Stopwatch.GetTimestamp());
        }
    }

    /// <summary>
    /// Says that a resource is complete, or still to receive instances (<c>SetStableStatus</c> of scripts). What becomes stable is announced by the next
    /// look, like any other; what becomes unstable gets the whole stable age again.
    /// </summary>
    /// <returns>False where it was so before.</returns>
    public bool Set(ResourceLevel level, string publicId, bool isStable)
    {
        lock (_gate)
        {
            bool wasStable = !_unstable.TryGetValue(publicId, out (ResourceLevel Level, long Touched) known) || known.Touched == Complete;
            if (wasStable != isStable)
            {
                _unstable[publicId] = (level, isStable ? Complete : Stopwatch.GetTimestamp());
            }

            return wasStable != isStable;
        }
    }

    /// <summary>Drops a resource that was deleted.</summary>
    public void Forget(string publicId)
    {
        lock (_gate)
        {
            _unstable.Remove(publicId);
        }
    }

    public bool IsStable(string publicId)
    {
        lock (_gate)
        {
            return !_unstable.TryGetValue(publicId, out (ResourceLevel Level, long Touched) known) || known.Touched == Complete;
        }
    }

    /// <summary>Takes out what is older than the age now.</summary>
    public IReadOnlyList<StableResource> TakeStable(long now)
    {
        List<(StableResource Resource, long Touched)>? old = null;
        lock (_gate)
        {
            foreach ((string id, (ResourceLevel level, long touched)) in _unstable)
            {
                if (touched == Complete || Stopwatch.GetElapsedTime(touched, now) > age)
                {
                    (old ??= []).Add((new StableResource(level, id), touched));
                }
            }

            if (old is null)
            {
                return [];
            }

            foreach ((StableResource resource, _) in old)
            {
                _unstable.Remove(resource.PublicId);
            }
        }

        // Oldest first; the deeper level first where one instance touched all of them.
        old.Sort(static (a, b) => a.Touched != b.Touched ? a.Touched.CompareTo(b.Touched) : b.Resource.Level.CompareTo(a.Resource.Level));
        return old.ConvertAll(static entry => entry.Resource);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(1));
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                IReadOnlyList<StableResource> stable = TakeStable(Stopwatch.GetTimestamp());
                if (stable.Count == 0)
                {
                    continue;
                }

                try
                {
                    await announce(stable).ConfigureAwait(false);
                }
                catch (EdgeException e)
                {
                    // A full disk, most likely. They are announced late, after another stable age, rather than never.
                    Log.Generic.Warning("What has become stable cannot be announced yet", e);
                    foreach (StableResource resource in stable)
                    {
                        Touch(resource.Level, resource.PublicId);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // The server stops.
        }
    }
}
