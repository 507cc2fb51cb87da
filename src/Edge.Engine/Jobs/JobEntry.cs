using System.Diagnostics;
using Edge.Core.Errors;

namespace Edge.Engine.Jobs;

/// <summary>One job in the engine's list. Guarded by the engine's lock, but for <see cref="Progress"/> and <see cref="PauseRequested"/>.</summary>
internal sealed class JobEntry(string id, string type, int priority, DateTimeOffset created)
{
    private double _progress;
    private volatile bool _pauseRequested;

    public string Id { get; } = id;

    public string Type { get; } = type;

    public int Priority { get; } = priority;

    public DateTimeOffset Created { get; } = created;

    /// <summary>The order of submission, or of being resumed.</summary>
    public long Turn { get; set; }

    public JobState State { get; set; }

    public DateTimeOffset? Completed { get; set; }

    /// <summary>Null where it can be made again from the row, and when a job without outputs has ended.</summary>
    public JobWork? Work { get; set; }

    /// <summary>The request where no row holds it.</summary>
    public byte[]? Request { get; set; }

    public byte[] UserData { get; set; } = [];

    /// <summary>The final content of an ended job.</summary>
    public byte[]? Content { get; set; }

    /// <summary>Whether a row in the index holds the job.</summary>
    public bool IsSaved { get; set; }

    public ErrorCode Error { get; set; }

    public string? ErrorDetails { get; set; }

    public ErrorPayload? ErrorPayload { get; set; }

    public EdgeException? Failure { get; set; }

    public bool CancelRequested { get; set; }

    public CancellationTokenSource? Cancellation { get; set; }

    /// <summary>The time of former runs.</summary>
    public TimeSpan PastRuntime { get; set; }

    /// <summary>The <see cref="Stopwatch"/> time when the present run began; 0 while it does not run.</summary>
    public long RunningSince { get; set; }

    public TaskCompletionSource<JobInfo> Ended { get; set; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsCompleted => State is JobState.Success or JobState.Failure;

    public double Progress
    {
        get => Volatile.Read(ref _progress);
        set => Volatile.Write(ref _progress, value);
    }

    public bool PauseRequested
    {
        get => _pauseRequested;
        set => _pauseRequested = value;
    }

    public TimeSpan Runtime => RunningSince == 0 ? PastRuntime : PastRuntime + Stopwatch.GetElapsedTime(RunningSince);
}
