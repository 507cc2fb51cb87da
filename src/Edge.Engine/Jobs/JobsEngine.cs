using System.Diagnostics;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Core.Threads;
using Edge.Store;
using Edge.Store.Index;
using Edge.Store.Jobs;

namespace Edge.Engine.Jobs;

/// <summary>
/// Runs jobs: <c>ConcurrentJobs</c> at a time, higher priority first, then in the order of submission. With <c>SaveJobs</c> a durable
/// job is in the index before its submission is answered, and its steps commit there, so a kill at any point loses and repeats none.
/// </summary>
/// <remarks>Memory is bounded: of a long queue only a few works are held, the others are read from their rows when their turn comes.</remarks>
public sealed partial class JobsEngine : IAsyncDisposable
{
    /// <summary>How many waiting works are held in memory.</summary>
    private const int HeldWorks = 64;

    private readonly Lock _gate = new();
    private readonly IResourceIndex _index;
    private readonly Dictionary<string, JobEntry> _jobs = new(StringComparer.Ordinal);
    private readonly PriorityQueue<(JobEntry Entry, long Turn), (int Priority, long Turn)> _queue = new();
    private readonly LinkedList<JobEntry> _completed = new();
    private readonly HashSet<Task> _runs = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly Lazy<ThreadCrew> _crew;
    private readonly int _concurrency;
    private readonly int _history;
    private readonly bool _saves;
    private EdgeEngine? _engine;
    private Task _saving = Task.CompletedTask;
    private long _turn;
    private int _held;
    private int _running;
    private bool _stopping;

    public JobsEngine(IResourceIndex index, Core.Options.JobOptions options, MetricsRegistry? metrics = null)
    {
        _index = index;
        _concurrency = options.ConcurrentJobs > 0 ? options.ConcurrentJobs : Environment.ProcessorCount;
        _history = options.JobsHistorySize;
        _saves = options.SaveJobs;
        _crew = new Lazy<ThreadCrew>(() => new ThreadCrew("job", Math.Min(_concurrency, Environment.ProcessorCount)));
        if (metrics is not null)
        {
            metrics.Gauge("orthanc_jobs_pending", () => Count(JobState.Pending));
            metrics.Gauge("orthanc_jobs_running", () => Count(JobState.Running));
            metrics.Gauge("orthanc_jobs_success", () => Count(JobState.Success));
            metrics.Gauge("orthanc_jobs_failed", () => Count(JobState.Failure));
            metrics.Gauge("orthanc_jobs_completed", () => Count(JobState.Success) + Count(JobState.Failure));
        }
    }

    /// <summary>Told of events, in their order for each job; must not wait. Set before <see cref="StartAsync"/>.</summary>
    public Action<JobEvent, string>? Observer { get; set; }

    /// <summary>The threads for what jobs compute.</summary>
    internal ThreadCrew Crew => _crew.Value;

    /// <summary>Runs what computes for long, or waits for files, on a thread of the engine's own, for requests that are no jobs.</summary>
    public Task ComputeAsync(Action work, CancellationToken cancellation) => Crew.RunAsync(work, static act => { act(); return true; }, cancellation);

    /// <summary>Takes up the jobs that a former process left, and begins to run.</summary>
    /// <param name="drops">Drops them instead (<c>--no-jobs</c>).</param>
    public async Task StartAsync(EdgeEngine engine, bool drops = false)
    {
        List<JobRow> rows = await _index.ReadAsync(0, static (reader, _) => HeadsOf(reader), CancellationToken.None).ConfigureAwait(false);
        if ((drops || !_saves) && rows.Count > 0)
        {
            Log.Jobs.Warning($"{rows.Count} jobs of former runs are dropped, since {(drops ? "--no-jobs was given" : "SaveJobs is off")}");
            await _index.DeleteJobsAsync(rows.ConvertAll(static row => row.Id)).ConfigureAwait(false);
            rows.Clear();
        }

        lock (_gate)
        {
            _engine = engine;
            foreach (JobRow row in rows)
            {
                Take(row);
            }

            Trim();
            Dispatch();
        }
    }

    /// <summary>Queues a job. When the task completes, a durable one is on disk.</summary>
    public async ValueTask<JobTicket> SubmitAsync(JobWork work, JobOrder order)
    {
        (JobTicket ticket, Task saved) = Submit(work, order);
        await saved.ConfigureAwait(false);
        return ticket;
    }

    /// <summary>Queues a job and waits until it has ended: a caller that goes away leaves it running.</summary>
    /// <exception cref="EdgeException">What the job failed with; CanceledJob.</exception>
    public async Task<JobInfo> RunAsync(JobWork work, JobOrder order, CancellationToken giveUp = default)
    {
        // Who waits learns of a crash by itself: the row is written all the same, but not waited for.
        Task<JobInfo> completion = Submit(work, order).Ticket.Completion;
        JobInfo ended;
        using (CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(giveUp, _stop.Token))
        {
            try
            {
                ended = await completion.WaitAsync(either.Token).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (!giveUp.IsCancellationRequested)
            {
                throw new EdgeException(ErrorCode.BadSequenceOfCalls, "The server is stopping; the job goes on when it starts again") { HttpStatus = 503 };
            }
        }

        return ended.State == JobState.Success ? ended : throw ended.Failure ?? new EdgeException(ended.Error, ended.ErrorDetails) { Payload = ended.ErrorPayload };
    }

    /// <summary>Lets running jobs come to their next step and stops; they go on at the next start.</summary>
    public async Task StopAsync()
    {
        Task[] runs;
        lock (_gate)
        {
            _stopping = true;
            runs = [.. _runs];
        }

        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(runs).ConfigureAwait(false);
        await _saving.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        foreach (JobEntry entry in _jobs.Values)
        {
            await ReleaseAsync(entry.Work).ConfigureAwait(false);
        }

        if (_crew.IsValueCreated)
        {
            _crew.Value.Dispose();
        }

        _stop.Dispose();
    }

    private int Count(JobState state)
    {
        lock (_gate)
        {
            int count = 0;
            foreach (JobEntry entry in _jobs.Values)
            {
                count += entry.State == state ? 1 : 0;
            }

            return count;
        }
    }

    private (JobTicket Ticket, Task Saved) Submit(JobWork work, JobOrder order)
    {
        JobEntry entry = new(Guid.NewGuid().ToString(), work.Type, order.Priority, TimeProvider.System.GetUtcNow())
        {
            Work = work,
            Request = work.IsDurable ? JobBody.ObjectOf(work.WriteRequest) : null,
            UserData = order.UserData is { } data ? System.Text.Encoding.UTF8.GetBytes(data.GetRawText()) : [],
        };
        Task saved = Task.CompletedTask;
        lock (_gate)
        {
            if (_stopping && !(_saves && work.IsDurable))
            {
                throw new EdgeException(ErrorCode.BadSequenceOfCalls, "The server is stopping") { HttpStatus = 503 };
            }

            _jobs.Add(entry.Id, entry);
            if (_saves && work.IsDurable)
            {
                entry.IsSaved = true;
                saved = Save(entry, order.Property);
            }

            Enqueue(entry);
            Observer?.Invoke(JobEvent.Submitted, entry.Id);
            Dispatch();
        }

        Log.Jobs.Info($"job {entry.Id} ({entry.Type}) was submitted");
        return (new JobTicket(entry.Id, entry.Ended.Task), saved);
    }

    /// <summary>Makes an entry of a row. Under the lock.</summary>
    private void Take(JobRow row)
    {
        JobEntry entry = new(row.Id, row.Type, row.Priority, row.Created)
        {
            IsSaved = true,
            Completed = row.Completed,
            State = Enum.TryParse(row.State, out JobState state) ? state : JobState.Pending,
        };
        _jobs.Add(entry.Id, entry);
        if (entry.IsCompleted)
        {
            entry.Completed ??= TimeProvider.System.GetUtcNow();
            ReadBody(entry, row.Body);
            if (entry.State == JobState.Failure && entry.Error == ErrorCode.Success)
            {
                entry.Error = ErrorCode.CanceledJob; // cancelled before it was ever held in memory
            }

            _completed.AddLast(entry);
        }
        else if (entry.State != JobState.Paused)
        {
            Enqueue(entry);
        }
    }

    /// <summary>Puts a job at the end of its priority. Under the lock.</summary>
    private void Enqueue(JobEntry entry)
    {
        entry.State = JobState.Pending;
        entry.Turn = ++_turn;
        _queue.Enqueue((entry, entry.Turn), (-entry.Priority, entry.Turn));
        if (entry.Work is not null && entry.IsSaved && ++_held > HeldWorks)
        {
            // Nothing was run yet, or it stands in the cursor: the row says all.
            Unload(entry);
            _held--;
        }
    }

    /// <summary>Starts what may run. Under the lock.</summary>
    private void Dispatch()
    {
        while (!_stopping && _engine is { } engine && _running < _concurrency && _queue.TryDequeue(out (JobEntry Entry, long Turn) next, out _))
        {
            JobEntry entry = next.Entry;
            if (entry.State != JobState.Pending || entry.Turn != next.Turn)
            {
                continue; // paused, cancelled or queued again since
            }

            if (entry.Work is not null && entry.IsSaved)
            {
                _held--;
            }

            entry.State = JobState.Running;
            entry.PauseRequested = false;
            entry.CancelRequested = false;
            entry.RunningSince = Stopwatch.GetTimestamp();
            entry.Cancellation = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            _running++;
            Task run = Task.Run(() => RunAsync(entry, engine));
            _runs.Add(run);
            _ = run.ContinueWith(
                ended =>
                {
                    lock (_gate)
                    {
                        _runs.Remove(ended);
                    }
                },
                TaskScheduler.Default);
        }
    }

    private async Task RunAsync(JobEntry entry, EdgeEngine engine)
    {
        CancellationToken cancellation = entry.Cancellation!.Token;
        EdgeException? failure = null;
        bool done = false;
        TimeSpan? retry = null;
        try
        {
            JobWork work = entry.Work ?? await LoadAsync(entry, engine).ConfigureAwait(false);
            JobRun run = new(entry, engine, entry.IsSaved, cancellation);
            try
            {
                await work.RunAsync(run).ConfigureAwait(false);
            }
            finally
            {
                await run.SettleAsync().ConfigureAwait(false);
            }

            done = true;
        }
        catch (JobRetryException e)
        {
            retry = e.Delay;
        }
        catch (OperationCanceledException e) when (e is JobPausedException || cancellation.IsCancellationRequested)
        {
            // What it means is seen below.
        }
        catch (EdgeException e)
        {
            failure = e;
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            // Something that was torn down by it.
        }
        catch (Exception e)
        {
            Log.Jobs.Error($"job {entry.Id} ({entry.Type}) failed unexpectedly", e);
            failure = new EdgeException(ErrorCode.InternalError, e.Message, e);
        }

        await EndRunAsync(entry, done, failure, retry).ConfigureAwait(false);
    }

    /// <summary>Settles what a run has come to.</summary>
    private async Task EndRunAsync(JobEntry entry, bool done, EdgeException? failure, TimeSpan? retry)
    {
        Failpoint.Hit("job.before-end");
        JobWork? released = null;
        lock (_gate)
        {
            if (entry.Cancellation!.IsCancellationRequested)
            {
                failure = null; // what was under way fails because of it
            }

            entry.PastRuntime = entry.Runtime;
            entry.RunningSince = 0;
            entry.Cancellation.Dispose();
            entry.Cancellation = null;
            _running--;
            if (done || failure is not null || entry.CancelRequested)
            {
                released = Complete(entry, done ? null : failure ?? new EdgeException(ErrorCode.CanceledJob));
            }
            else if (entry.PauseRequested)
            {
                entry.State = JobState.Paused;
                Save(entry);
            }
            else if (retry is { } delay && !_stopping)
            {
                entry.State = JobState.Retry;
                entry.Turn = ++_turn;
                Save(entry);
                if (entry.IsSaved)
                {
                    Unload(entry);
                }

                _ = RetryAsync(entry, entry.Turn, delay);
            }
            else
            {
                entry.State = JobState.Pending; // the server stops: its row says so already
            }

            Dispatch();
        }

        await ReleaseAsync(released).ConfigureAwait(false);
    }

    private async Task RetryAsync(JobEntry entry, long turn, TimeSpan delay)
    {
        try
        {
            await Task.Delay(delay, _stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        lock (_gate)
        {
            if (entry.State == JobState.Retry && entry.Turn == turn)
            {
                Enqueue(entry);
                Dispatch();
            }
        }
    }

    /// <summary>Ends a job. Under the lock. Returns the work to be released.</summary>
    private JobWork? Complete(JobEntry entry, EdgeException? failure)
    {
        entry.State = failure is null ? JobState.Success : JobState.Failure;
        entry.Completed = TimeProvider.System.GetUtcNow();
        entry.Failure = failure;
        entry.Error = failure?.Code ?? ErrorCode.Success;
        entry.ErrorDetails = failure?.Detail;
        entry.ErrorPayload = failure?.Payload;
        if (failure is null)
        {
            entry.Progress = 1;
        }

        JobWork? work = entry.Work;
        entry.Content = work is null ? entry.Content : FinalContentOf(work);
        bool keeps = failure is null && work is { HasOutputs: true };
        entry.Work = keeps ? work : null;
        if (failure is null)
        {
            Log.Jobs.Info($"job {entry.Id} ({entry.Type}) has ended");
        }
        else
        {
            Log.Jobs.Warning($"job {entry.Id} ({entry.Type}) has failed: {failure.Message}");
        }

        Save(entry);
        if (failure is null || entry.IsSaved)
        {
            entry.Request = null;
        }

        _completed.AddLast(entry);
        Observer?.Invoke(failure is null ? JobEvent.Success : JobEvent.Failure, entry.Id);
        entry.Ended.TrySetResult(InfoOf(entry, entry.Content ?? "{}"u8.ToArray())); // after the observer: who waited finds the event told
        Trim();
        return keeps ? null : work;
    }

    private static byte[] FinalContentOf(JobWork work)
    {
        try
        {
            return JobBody.ObjectOf(work.WriteContent);
        }
        catch (Exception e)
        {
            Log.Jobs.Error($"the content of a job of type {work.Type} cannot be written", e);
            return "{}"u8.ToArray();
        }
    }

    /// <summary>Forgets the oldest ended jobs beyond the history. Under the lock.</summary>
    private void Trim()
    {
        List<string>? rows = null;
        while (_completed.Count > _history)
        {
            JobEntry oldest = _completed.First!.Value;
            Forget(oldest);
            if (oldest.IsSaved)
            {
                (rows ??= []).Add(oldest.Id);
            }
        }

        if (rows is not null)
        {
            Track(_index.DeleteJobsAsync(rows).AsTask());
        }
    }

    /// <summary>Under the lock.</summary>
    private void Forget(JobEntry entry)
    {
        _completed.Remove(entry);
        _jobs.Remove(entry.Id);
        if (entry.Work is { } work)
        {
            entry.Work = null;
            _ = ReleaseAsync(work);
        }
    }

    private static async Task ReleaseAsync(JobWork? work)
    {
        if (work is null)
        {
            return;
        }

        try
        {
            await work.ReleaseAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.Jobs.Error($"what a job of type {work.Type} held could not be released", e);
        }
    }
}
