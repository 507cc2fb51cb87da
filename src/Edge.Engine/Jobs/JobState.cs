namespace Edge.Engine.Jobs;

/// <summary>The states of a job, by the names that Orthanc shows.</summary>
public enum JobState
{
    /// <summary>Waits for its turn.</summary>
    Pending,

    Running,

    Success,

    /// <summary>Failed or cancelled (error 37).</summary>
    Failure,

    /// <summary>Waits until it is resumed.</summary>
    Paused,
}
