namespace Edge.Core.Options;

/// <summary>The jobs engine.</summary>
[OptionGroup("Jobs")]
public sealed class JobOptions
{
    /// <summary>Number of jobs run at the same time; 0 = number of processor cores.</summary>
    [Option(Min = 0, Max = 1000)]
    public int ConcurrentJobs { get; set; } = 2;

    /// <summary>Number of threads that work on one job, by job type; 0 = number of processor cores.</summary>
    [Option(Since = "1.11.3", Reader = "ThreadCounts", Example = "{ \"ResourceModification\": 1 }")]
    public Dictionary<string, int> JobsEngineThreadsCount { get; set; } = new() { ["ResourceModification"] = 1 };

    /// <summary>Number of finished jobs kept.</summary>
    [Option(Min = 0)]
    public int JobsHistorySize { get; set; } = 10;

    /// <summary>Keep jobs over a restart.</summary>
    [Option]
    public bool SaveJobs { get; set; } = true;

    /// <summary>Greatest number of pending jobs. Removed from Orthanc 1.10.1.</summary>
    [Option(Deprecated = "the number of pending jobs is not limited")]
    public int LimitJobs { get; set; }
}
