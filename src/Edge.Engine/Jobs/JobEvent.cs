namespace Edge.Engine.Jobs;

/// <summary>What happens to jobs that others may want to know of.</summary>
public enum JobEvent
{
    Submitted,
    Success,
    Failure,
}
