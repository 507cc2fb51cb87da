using Edge.Core.Errors;
using Edge.Store.Jobs;

namespace Edge.Engine.Jobs;

/// <summary>How an action on a job ended.</summary>
public enum JobActionStatus
{
    /// <summary>Done, or nothing was to be done.</summary>
    Done,

    Unknown,

    /// <summary>Its state does not allow it.</summary>
    Refused,
}

/// <content>What clients ask of jobs.</content>
public sealed partial class JobsEngine
{
    /// <summary>The ids of all jobs, sorted.</summary>
    public string[] Ids()
    {
        lock (_gate)
        {
            string[] ids = [.. _jobs.Keys];
            Array.Sort(ids, StringComparer.Ordinal);
            return ids;
        }
    }

    /// <summary>A job as it is now; null for an unknown one.</summary>
    public async ValueTask<JobInfo?> FindAsync(string id)
    {
        JobEntry? entry;
        EdgeEngine? engine;
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out entry))
            {
                return null;
            }

            if (entry.Content is not null || entry.Work is not null)
            {
                return InfoOf(entry, ContentOf(entry));
            }

            engine = _engine;
        }

        // Only its row knows what it is.
        byte[] content = "{}"u8.ToArray();
        JobRow? row = null;
        if (engine is not null)
        {
            try
            {
                (JobWork work, _, row) = await RestoreAsync(entry, engine).ConfigureAwait(false);
                content = JobBody.ObjectOf(work.WriteContent);
            }
            catch (EdgeException)
            {
                // What it needs is gone; it says so itself when its turn comes.
            }
        }

        lock (_gate)
        {
            if (entry.Content is not null || entry.Work is not null)
            {
                return InfoOf(entry, ContentOf(entry));
            }

            JobInfo info = InfoOf(entry, content);
            if (row is null)
            {
                return info;
            }

            JobEntry saved = new(entry.Id, entry.Type, entry.Priority, entry.Created);
            ReadBody(saved, row.Body);
            return info with { UserData = saved.UserData, Progress = saved.Progress, Runtime = saved.Runtime };
        }
    }

    /// <summary>Pauses a waiting job now, a running one at its next step.</summary>
    public JobActionStatus Pause(string id)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out JobEntry? entry))
            {
                return JobActionStatus.Unknown;
            }

            if (entry.State == JobState.Running)
            {
                entry.PauseRequested = true;
            }
            else if (entry.State is JobState.Pending or JobState.Retry)
            {
                if (entry.State == JobState.Pending)
                {
                    Unhold(entry);
                }

                entry.State = JobState.Paused;
                Save(entry);
                if (entry.IsSaved)
                {
                    Unload(entry);
                }
            }

            return JobActionStatus.Done;
        }
    }

    /// <summary>Puts a paused job back into the queue.</summary>
    public JobActionStatus Resume(string id)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out JobEntry? entry))
            {
                return JobActionStatus.Unknown;
            }

            if (entry.State != JobState.Paused)
            {
                return JobActionStatus.Refused;
            }

            entry.State = JobState.Pending;
            Save(entry);
            Enqueue(entry);
            Dispatch();
            return JobActionStatus.Done;
        }
    }

    /// <summary>Ends a job that has not ended, with error 37.</summary>
    public async ValueTask<JobActionStatus> CancelAsync(string id)
    {
        JobWork? released = null;
        CancellationTokenSource? running = null;
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out JobEntry? entry))
            {
                return JobActionStatus.Unknown;
            }

            if (entry.State == JobState.Running)
            {
                entry.CancelRequested = true;
                running = entry.Cancellation;
            }
            else if (!entry.IsCompleted)
            {
                if (entry.State == JobState.Pending)
                {
                    Unhold(entry);
                }

                released = Complete(entry, new EdgeException(ErrorCode.CanceledJob));
            }
        }

        try
        {
            await (running?.CancelAsync() ?? Task.CompletedTask).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself in between.
        }

        await ReleaseAsync(released).ConfigureAwait(false);
        return JobActionStatus.Done;
    }

    /// <summary>Queues a failed job again from its beginning.</summary>
    /// <exception cref="EdgeException">BadSequenceOfCalls: its type cannot be started again.</exception>
    public JobActionStatus Resubmit(string id)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out JobEntry? entry))
            {
                return JobActionStatus.Unknown;
            }

            if (entry.State != JobState.Failure)
            {
                return JobActionStatus.Refused;
            }

            if (!entry.IsSaved && entry.Request is null)
            {
                throw new EdgeException(ErrorCode.BadSequenceOfCalls, $"A job of type {entry.Type} cannot be started again");
            }

            _completed.Remove(entry);
            entry.State = JobState.Pending;
            entry.Completed = null;
            entry.Content = null;
            entry.Error = ErrorCode.Success;
            entry.ErrorDetails = null;
            entry.ErrorPayload = null;
            entry.Failure = null;
            entry.Progress = 0;
            entry.PastRuntime = TimeSpan.Zero;
            entry.Ended = new TaskCompletionSource<JobInfo>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (entry.IsSaved)
            {
                Track(_index.CheckpointJobAsync(new JobCheckpoint(entry.Id, default)).AsTask());
                Save(entry);
            }

            Enqueue(entry);
            Dispatch();
            return JobActionStatus.Done;
        }
    }

    /// <summary>Forgets an ended job; others are refused.</summary>
    public JobActionStatus Delete(string id)
    {
        lock (_gate)
        {
            if (!_jobs.TryGetValue(id, out JobEntry? entry))
            {
                return JobActionStatus.Unknown;
            }

            if (!entry.IsCompleted)
            {
                return JobActionStatus.Refused;
            }

            Forget(entry);
            if (entry.IsSaved)
            {
                Track(_index.DeleteJobsAsync([id]).AsTask());
            }

            return JobActionStatus.Done;
        }
    }

    /// <summary>An output of a successful job; null where there is none of that name.</summary>
    public async ValueTask<JobOutput?> OpenOutputAsync(string id, string key, CancellationToken cancellation = default) =>
        SucceededWork(id) is { } work ? await work.OpenOutputAsync(key, cancellation).ConfigureAwait(false) : null;

    /// <summary>Drops an output of a successful job. False where there is none of that name.</summary>
    public async ValueTask<bool> RemoveOutputAsync(string id, string key) =>
        SucceededWork(id) is { } work && await work.RemoveOutputAsync(key).ConfigureAwait(false);

    private static byte[] ContentOf(JobEntry entry) => entry.Content ?? JobBody.ObjectOf(entry.Work!.WriteContent);

    /// <summary>Under the lock.</summary>
    private static JobInfo InfoOf(JobEntry entry, byte[] content) => new()
    {
        Id = entry.Id,
        Type = entry.Type,
        State = entry.State,
        Priority = entry.Priority,
        Progress = entry.Progress,
        Created = entry.Created,
        Completed = entry.Completed,
        Runtime = entry.Runtime,
        Error = entry.Error,
        ErrorDetails = entry.ErrorDetails,
        ErrorPayload = entry.ErrorPayload,
        Failure = entry.Failure,
        Content = content,
        UserData = entry.UserData,
    };

    private JobWork? SucceededWork(string id)
    {
        lock (_gate)
        {
            return _jobs.TryGetValue(id, out JobEntry? entry) && entry.State == JobState.Success ? entry.Work : null;
        }
    }

    /// <summary>Counts a waiting job that leaves the queue. Under the lock.</summary>
    private void Unhold(JobEntry entry)
    {
        if (entry.Work is not null && entry.IsSaved)
        {
            _held--;
        }
    }
}
