using Edge.Store.Outbox;

namespace Edge.Engine.Health;

/// <summary>One thing that reception depends on.</summary>
/// <param name="Name">A short word for monitoring: <c>storage</c>, <c>index</c>, <c>disk</c>, <c>dicom</c>.</param>
/// <param name="Problem">What is wrong, without patient data; null while it is well.</param>
public sealed record HealthCheck(string Name, string? Problem)
{
    public bool IsWell => Problem is null;
}

/// <summary>Whether the server can accept instances, and what it has still to deliver.</summary>
/// <param name="Checks">What acceptance depends on.</param>
/// <param name="FreeBytes">Free where the files lie; -1 where that could not be found out.</param>
/// <param name="Backlog">For information: a backlog never makes the server unready.</param>
public sealed record Readiness(IReadOnlyList<HealthCheck> Checks, long FreeBytes, IReadOnlyList<OutboxCounts> Backlog)
{
    public bool IsReady => Checks.All(static check => check.IsWell);
}
