using Edge.Core.Errors;

namespace Edge.Engine.Scripting;

/// <summary>What a script may use. A script that exceeds a limit ends with an error that it cannot catch.</summary>
public sealed record LuaLimits
{
    /// <summary>Bytes of the whole Lua state, across scripts.</summary>
    public long MemoryBytes { get; init; } = 64 << 20;

    /// <summary>VM instructions of one script or call; work inside library functions is charged too.</summary>
    public long Instructions { get; init; } = 1_000_000_000;

    /// <summary>Time of one script or call, REST calls included.</summary>
    public TimeSpan WallTime { get; init; } = TimeSpan.FromSeconds(120);

    /// <summary>Bytes that one script may print.</summary>
    public int OutputBytes { get; init; } = 16 << 20;
}

/// <summary>The outcome of a script.</summary>
/// <param name="Output">What it printed, also before an error.</param>
/// <param name="Error">Null where it succeeded, else <see cref="ErrorCode.CannotExecuteLua"/>.</param>
/// <param name="Details">The error's message with the line number, as Orthanc shows it to the client.</param>
/// <param name="Traceback">Where the error was raised, for the log.</param>
public sealed record LuaResult(string Output, ErrorCode? Error = null, string? Details = null, string? Traceback = null)
{
    public bool Succeeded => Error is null;
}
