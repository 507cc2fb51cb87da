using System.Text.Json;

namespace Edge.Engine.Jobs;

/// <summary>How a job is queued.</summary>
/// <param name="Priority">Higher runs first; may be negative.</param>
/// <param name="UserData">Any JSON of the client, shown with the job; null for none (since 1.12.9).</param>
/// <param name="Property">A property of the index to be set in the transaction that makes the job durable.</param>
public sealed record JobOrder(int Priority = 0, JsonElement? UserData = null, KeyValuePair<string, string>? Property = null);

/// <summary>A submitted job.</summary>
/// <param name="Completion">Completes, never faulted, when the job has ended.</param>
public sealed record JobTicket(string Id, Task<JobInfo> Completion);
