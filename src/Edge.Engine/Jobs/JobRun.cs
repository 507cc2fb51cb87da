using Edge.Core.Errors;
using Edge.Engine.Ingest;
using Edge.Store;
using Edge.Store.Jobs;

namespace Edge.Engine.Jobs;

/// <summary>What a running job needs of its engine: where it commits its steps, and where pause and cancellation reach it.</summary>
public sealed class JobRun
{
    /// <summary>Between two commits of <see cref="NoteAsync"/>: each costs a sync of the index, and the step that follows it shares the machine with it.</summary>
    private static readonly TimeSpan NoteEvery = TimeSpan.FromMilliseconds(50);

    private readonly JobEntry _entry;
    private readonly bool _isSaved;
    private readonly Lock _noteGate = new();
    private readonly TaskCompletionSource _settling = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ReadOnlyMemory<byte>? _noted;
    private bool _isNoting;
    private Task _noting = Task.CompletedTask;

    internal JobRun(JobEntry entry, EdgeEngine engine, bool isSaved, CancellationToken cancellation)
    {
        _entry = entry;
        _isSaved = isSaved;
        Engine = engine;
        Cancellation = cancellation;
    }

    /// <summary>The id in <c>/jobs/{id}</c>.</summary>
    public string JobId => _entry.Id;

    public EdgeEngine Engine { get; }

    /// <summary>Cancelled when the job is cancelled and when the server stops; not by a pause, which waits for the next step.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Says how much is done. Cheap; call it after each step.</summary>
    public void Report(long done, long total) => _entry.Progress = total <= 0 ? 1 : Math.Clamp((double)done / total, 0, 1);

    /// <summary>Lets a pause or cancellation take effect here.</summary>
    /// <exception cref="OperationCanceledException">Let it through.</exception>
    public void Pass()
    {
        Cancellation.ThrowIfCancellationRequested();
        if (_entry.PauseRequested)
        {
            throw new JobPausedException();
        }
    }

    /// <summary>
    /// Commits a step that ingested nothing: after a kill the job goes on from <paramref name="cursor"/>. Then <see cref="Pass"/>. Keep cursors
    /// small, they are written at each step: what can be derived (new UIDs from a random key in the request) needs no map.
    /// </summary>
    public async ValueTask CheckpointAsync(ReadOnlyMemory<byte> cursor)
    {
        Failpoint.Hit("job.before-checkpoint");
        if (_isSaved)
        {
            await Engine.Index.CheckpointJobAsync(new JobCheckpoint(JobId, cursor), CancellationToken.None).ConfigureAwait(false);
        }

        Failpoint.Hit("job.after-checkpoint");
        Pass();
    }

    /// <summary>
    /// As <see cref="CheckpointAsync"/> for a step that may be repeated, such as a C-STORE that the receiver takes as a duplicate: the cursor is
    /// committed while the next steps are under way, always one at a time and then the newest, twenty times a second at most. After a kill the steps since the last commit are repeated.
    /// </summary>
    /// <exception cref="EdgeException">The commit before this one failed.</exception>
    public async ValueTask NoteAsync(ReadOnlyMemory<byte> cursor)
    {
        Failpoint.Hit("job.before-checkpoint");
        if (_isSaved)
        {
            Task before = Task.CompletedTask;
            lock (_noteGate)
            {
                _noted = cursor;
                if (!_isNoting)
                {
                    before = _noting;
                    _isNoting = true;
                    _noting = WriteNotesAsync();
                }
            }

            await before.ConfigureAwait(false);
        }

        Failpoint.Hit("job.after-checkpoint");
        Pass();
    }

    /// <summary>Returns when no commit of the run is under way any more: what is saved of the job afterwards comes after it.</summary>
    internal async Task SettleAsync()
    {
        _settling.TrySetResult();
        Task last;
        lock (_noteGate)
        {
            last = _noting;
        }

        // A commit that failed has no bearing on what was done; the end of the job is saved next, and complains by itself.
        await last.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WriteNotesAsync()
    {
        bool isLast = false;
        try
        {
            while (true)
            {
                // The end of the run does not wait for the interval.
                await ((Task)_settling.Task).WaitAsync(NoteEvery).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                ReadOnlyMemory<byte> cursor;
                lock (_noteGate)
                {
                    if (_noted is not { } newest)
                    {
                        _isNoting = false;
                        isLast = true;
                        return;
                    }

                    (cursor, _noted) = (newest, null);
                }

                await Engine.Index.CheckpointJobAsync(new JobCheckpoint(JobId, cursor), CancellationToken.None).ConfigureAwait(false);
            }
        }
        finally
        {
            if (!isLast)
            {
                lock (_noteGate)
                {
                    _isNoting = false;
                }
            }
        }
    }

    /// <summary>
    /// Takes an instance in and commits the step with it, in one transaction: after a kill either both are there or neither.
    /// Call <see cref="Pass"/> before the next step. An instance that a filter refuses, or for which there is no room, commits no step.
    /// </summary>
    /// <param name="cursor">The state after this step.</param>
    /// <param name="keepsTransferSyntax">Whether <c>IngestTranscoding</c> leaves it alone.</param>
    /// <exception cref="EdgeException">As <see cref="IngestPipeline.IngestAsync"/>; the step is not committed.</exception>
    public async ValueTask<IngestResult> IngestAsync(IncomingObject content, IngestOrigin origin, ReadOnlyMemory<byte> cursor, bool? overwrite = null, bool keepsTransferSyntax = false)
    {
        Failpoint.Hit("job.before-ingest");
        IngestResult result = await Engine.Ingest.IngestAsync(
            content,
            origin,
            overwrite: overwrite,
            keepsTransferSyntax: keepsTransferSyntax,
            checkpoint: _isSaved ? new JobCheckpoint(JobId, cursor) : null,
            cancellation: Cancellation).ConfigureAwait(false);
        Failpoint.Hit("job.after-ingest");
        return result;
    }

    /// <summary>Runs what computes for long, or waits for files, on a thread of the jobs engine instead of the pool's.</summary>
    public Task<T> ComputeAsync<TState, T>(TState state, Func<TState, T> work) => Engine.Jobs.Crew.RunAsync(state, work, Cancellation);
}

/// <summary>Unwinds a job that was asked to pause.</summary>
internal sealed class JobPausedException : OperationCanceledException;
