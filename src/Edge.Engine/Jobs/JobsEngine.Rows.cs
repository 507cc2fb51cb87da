using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Store.Index;
using Edge.Store.Jobs;

namespace Edge.Engine.Jobs;

/// <content>The rows in which jobs outlive the process. The index writes in the order it is asked, so asking under the lock keeps the order of the states.</content>
public sealed partial class JobsEngine
{
    /// <summary>Writes the row of a job; of one that is not held in memory only the columns, which is all that changes then. Under the lock.</summary>
    private Task Save(JobEntry entry) =>
        entry.IsSaved ? Track(_index.SaveJobsAsync([RowOf(entry, entry.Request is null ? [] : JobBody.Write(entry, entry.Request))]).AsTask()) : Task.CompletedTask;

    private static JobRow RowOf(JobEntry entry, byte[] body) => new()
    {
        Id = entry.Id,
        Type = entry.Type,
        State = entry.State == JobState.Running ? nameof(JobState.Pending) : entry.State.ToString(),
        Priority = entry.Priority,
        Created = entry.Created,
        Completed = entry.Completed,
        Body = body,
    };

    /// <summary>Remembers the last write, so that stopping waits for it. Under the lock.</summary>
    private Task Track(Task write)
    {
        _saving = LogAsync(write);
        return write;

        static async Task LogAsync(Task write)
        {
            try
            {
                await write.ConfigureAwait(false);
            }
            catch (Exception e)
            {
                Log.Jobs.Error("the state of jobs could not be saved", e);
            }
        }
    }

    /// <summary>Makes the work of a job again, where it left off.</summary>
    private async Task<(JobWork Work, byte[] Request)> RestoreAsync(JobEntry entry, EdgeEngine engine)
    {
        byte[]? request = entry.Request;
        ReadOnlyMemory<byte> cursor = default;
        if (request is null)
        {
            JobRow row = await _index.ReadAsync(entry.Id, static (reader, id) => reader.Job(id), CancellationToken.None).ConfigureAwait(false)
                ?? throw new EdgeException(ErrorCode.UnknownResource, "The saved job is gone");
            request = JobBody.RequestOf(row.Body);
            cursor = row.Cursor;
        }

        using JsonDocument document = JsonDocument.Parse(request);
        JobWork work = JobTypes.Restore(engine, entry.Type, document.RootElement)
            ?? throw new EdgeException(ErrorCode.NotImplemented, $"This version knows no job of type {entry.Type}");
        if (!cursor.IsEmpty)
        {
            work.Restore(cursor.Span);
        }

        return (work, request);
    }
}
