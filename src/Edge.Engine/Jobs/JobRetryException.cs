namespace Edge.Engine.Jobs;

/// <summary>Thrown by a work that cannot go on now but may later: the job leaves its worker (state <c>Retry</c>) and is queued again after a while.</summary>
public sealed class JobRetryException(TimeSpan delay) : OperationCanceledException
{
    public TimeSpan Delay { get; } = delay;
}
