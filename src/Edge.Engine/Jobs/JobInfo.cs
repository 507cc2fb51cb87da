using Edge.Core.Errors;

namespace Edge.Engine.Jobs;

/// <summary>A job as it is at one moment.</summary>
public sealed record JobInfo
{
    public required string Id { get; init; }

    public required string Type { get; init; }

    public required JobState State { get; init; }

    public required int Priority { get; init; }

    /// <summary>0 to 1.</summary>
    public required double Progress { get; init; }

    public required DateTimeOffset Created { get; init; }

    /// <summary>When it succeeded or failed; null before.</summary>
    public DateTimeOffset? Completed { get; init; }

    /// <summary>The time it has spent running.</summary>
    public required TimeSpan Runtime { get; init; }

    public ErrorCode Error { get; init; }

    /// <summary>What was wrong; null where there is no error or it says nothing more.</summary>
    public string? ErrorDetails { get; init; }

    /// <summary>What programs are told of the error beside its text; null for nothing.</summary>
    public ErrorPayload? ErrorPayload { get; init; }

    /// <summary>What the work threw; null where it did not fail in this process.</summary>
    public EdgeException? Failure { get; init; }

    /// <summary>The JSON object of <c>Content</c>.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>The client's JSON; empty for none.</summary>
    public required ReadOnlyMemory<byte> UserData { get; init; }

    /// <summary>When it will be done, by its progress so far; null where that cannot be told.</summary>
    public TimeSpan? Remaining => State == JobState.Running && Progress > 0.01 ? Runtime * ((1 - Progress) / Progress) : null;
}
