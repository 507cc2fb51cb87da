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
    private Task Save(JobEntry entry, KeyValuePair<string, string>? property = null) =>
        entry.IsSaved ? Track(_index.SaveJobsAsync([RowOf(entry, entry.Request is null ? [] : JobBody.Write(entry, entry.Request))], property).AsTask()) : Task.CompletedTask;

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

    /// <summary>What is known of the jobs without their requests; of ended ones all.</summary>
    private static List<JobRow> HeadsOf(IIndexReader reader)
    {
        List<JobRow> rows = reader.JobHeads();
        for (int i = 0; i < rows.Count; i++)
        {
            if (rows[i].Completed is not null)
            {
                rows[i] = reader.Job(rows[i].Id) ?? rows[i];
            }
        }

        return rows;
    }

    /// <summary>Drops what the row of a waiting job holds too. Under the lock.</summary>
    private static void Unload(JobEntry entry)
    {
        entry.Work = null;
        entry.Request = null;
        entry.UserData = [];
    }

    private static void ReadBody(JobEntry entry, ReadOnlyMemory<byte> body)
    {
        try
        {
            JobBody.Read(entry, body);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            Log.Jobs.Error($"the saved job {entry.Id} cannot be read", e);
            entry.Error = ErrorCode.CorruptedFile;
            entry.ErrorDetails = "The saved job cannot be read";
        }
    }

    /// <summary>Makes the work of a job that is about to run.</summary>
    private async Task<JobWork> LoadAsync(JobEntry entry, EdgeEngine engine)
    {
        (JobWork work, byte[] request, JobRow? row) = await RestoreAsync(entry, engine).ConfigureAwait(false);
        lock (_gate)
        {
            entry.Work = work;
            entry.Request = request;
            if (row is not null)
            {
                // What a former, failed run has left is not taken up.
                JobEntry saved = new(entry.Id, entry.Type, entry.Priority, entry.Created);
                ReadBody(saved, row.Body);
                entry.UserData = saved.UserData;
                entry.PastRuntime = saved.Error == ErrorCode.Success ? saved.PastRuntime : TimeSpan.Zero;
            }
        }

        return work;
    }

    /// <summary>Makes the work of a job again, where it left off.</summary>
    /// <exception cref="EdgeException">The row is gone or damaged, or what the job needs is gone.</exception>
    private async Task<(JobWork Work, byte[] Request, JobRow? Row)> RestoreAsync(JobEntry entry, EdgeEngine engine)
    {
        byte[]? request = entry.Request;
        JobRow? row = null;
        try
        {
            if (request is null)
            {
                // The row must be as it was asked to be: the index writes in order, so the last write says that all are there.
                Task saving;
                lock (_gate)
                {
                    saving = _saving;
                }

                await saving.ConfigureAwait(false);
                row = await _index.ReadAsync(entry.Id, static (reader, id) => reader.Job(id), CancellationToken.None).ConfigureAwait(false)
                    ?? throw new EdgeException(ErrorCode.UnknownResource, "The saved job is gone");
                request = JobBody.RequestOf(row.Body);
            }

            using JsonDocument document = JsonDocument.Parse(request);
            JobWork work = JobTypes.Restore(engine, entry.Type, document.RootElement)
                ?? throw new EdgeException(ErrorCode.NotImplemented, $"This version knows no job of type {entry.Type}");
            if (row is { Cursor.IsEmpty: false })
            {
                work.Restore(row.Cursor.Span);
            }

            return (work, request, row);
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, "The saved job cannot be read", e);
        }
    }
}
