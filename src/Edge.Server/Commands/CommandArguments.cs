using Edge.Core.Logging;

namespace Edge.Server.Commands;

/// <summary>The command line, parsed.</summary>
public sealed record CommandArguments
{
    /// <summary>The verb, or null.</summary>
    public string? Verb { get; init; }

    /// <summary>What follows the verb.</summary>
    public IReadOnlyList<string> Operands { get; init; } = [];

    /// <summary>The configuration file or folder, or null for the defaults.</summary>
    public string? ConfigurationPath { get; init; }

    /// <summary>Options of the command: name with dashes, and value (empty for a switch).</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Log levels, to be applied from left to right; a null category means all of them.</summary>
    public IReadOnlyList<(LogCategory? Category, LogLevel Level)> LogLevels { get; init; } = [];

    /// <summary>The file to log to (<c>--logfile</c>), or null.</summary>
    public string? LogFile { get; init; }

    /// <summary>The folder to make a log file in (<c>--logdir</c>), or null.</summary>
    public string? LogFolder { get; init; }

    /// <summary>Whether an older schema of the index may be brought up to date (<c>--upgrade</c>).</summary>
    public bool IsUpgradeAllowed { get; init; }

    /// <summary>Whether jobs of the last run are dropped (<c>--no-jobs</c>).</summary>
    public bool DropsJobs { get; init; }

    /// <summary>Where the sample configuration is to be written (Orthanc's <c>--config=F</c>), or null.</summary>
    public string? SampleFile { get; init; }

    public bool WantsHelp { get; init; }
}
