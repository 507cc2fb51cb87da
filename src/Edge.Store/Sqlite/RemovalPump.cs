using Edge.Core.Errors;
using Edge.Store.Files;

namespace Edge.Store.Sqlite;

/// <summary>
/// Removes the files of the deletion list in the background, and forgets them when their absence is durable. What it cannot
/// remove stays on the list and is tried again.
/// </summary>
internal sealed class RemovalPump(FileArea files, Func<IReadOnlyList<Guid>, Task> forget, Action<StoreEvent>? log)
{
    private const int Batch = 256;

    /// <summary>How long the first of a burst waits for others: the sync of a folder and the commit that forgets then cost once for all of them.</summary>
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly Queue<Guid> _waiting = new();
    private readonly CancellationTokenSource _stop = new();
    private Task _run = Task.CompletedTask;
    private bool _running;

    public void Add(IReadOnlyList<Guid> uuids)
    {
        lock (_gate)
        {
            foreach (Guid uuid in uuids)
            {
                _waiting.Enqueue(uuid);
            }

            if (!_running && !_stop.IsCancellationRequested)
            {
                _running = true;
                _run = Task.Run(RunAsync);
            }
        }
    }

    /// <summary>Completes when nothing waits.</summary>
    public async Task DrainAsync()
    {
        while (true)
        {
            Task run;
            lock (_gate)
            {
                run = _run;
                if (!_running)
                {
                    return;
                }
            }

            await run.ConfigureAwait(false);
        }
    }

    /// <summary>Stops after the batch in hand; the rest is done at the next start.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task run;
        lock (_gate)
        {
            run = _run;
        }

        await run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private bool IsBatchWaiting()
    {
        lock (_gate)
        {
            return _waiting.Count >= Batch;
        }
    }

    private async Task RunAsync()
    {
        List<Guid> batch = new(Batch);
        while (true)
        {
            if (!IsBatchWaiting())
            {
                await Task.Delay(Gathering, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }

            lock (_gate)
            {
                while (batch.Count < Batch && _waiting.TryDequeue(out Guid uuid))
                {
                    batch.Add(uuid);
                }

                if (batch.Count == 0 || _stop.IsCancellationRequested)
                {
                    _running = false;
                    return;
                }
            }

            try
            {
                await files.DeleteManyAsync(batch).ConfigureAwait(false);
                Failpoint.Hit("deletion.before-forget");
                await forget(batch).ConfigureAwait(false);
                batch.Clear();
            }
            catch (Exception e) when (e is EdgeException or ObjectDisposedException)
            {
                log?.Invoke(new StoreEvent(true, $"{batch.Count} files of deleted instances cannot be removed yet", e));
                await Task.Delay(Pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }
}
