using Edge.Core.Errors;
using Edge.Engine.Ingest;
using Edge.Store;
using Edge.Store.Jobs;

namespace Edge.Engine.Jobs;

/// <summary>What a running job needs of its engine: where it commits its steps, and where pause and cancellation reach it.</summary>
public sealed class JobRun
{
    private readonly JobEntry _entry;
    private readonly bool _isSaved;

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
    /// Takes an instance in and commits the step with it, in one transaction: after a kill either both are there or neither.
    /// Call <see cref="Pass"/> before the next step. An instance that a filter refuses, or for which there is no room, commits no step.
    /// </summary>
    /// <param name="cursor">The state after this step.</param>
    /// <exception cref="EdgeException">As <see cref="IngestPipeline.IngestAsync"/>; the step is not committed.</exception>
    public async ValueTask<IngestResult> IngestAsync(IncomingObject content, IngestOrigin origin, ReadOnlyMemory<byte> cursor, bool? overwrite = null)
    {
        Failpoint.Hit("job.before-ingest");
        IngestResult result = await Engine.Ingest.IngestAsync(
            content,
            origin,
            overwrite: overwrite,
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
