using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Time;
using Edge.Engine;
using Edge.Engine.Jobs;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>The jobs of the server: what they are, how far they are, and what is asked of them.</summary>
public sealed class Jobs(EdgeEngine engine)
{
    private readonly JobsEngine _jobs = engine.Jobs;

    public Route[] Routes() =>
    [
        new("GET", "/jobs", ListAsync, "List jobs"),
        new("GET", "/jobs/{id}", DescribeAsync, "Get job"),
        new("DELETE", "/jobs/{id}", DeleteAsync, "Delete a job from history"),
        new("POST", "/jobs/{id}/cancel", CancelAsync, "Cancel job"),
        new("POST", "/jobs/{id}/pause", request => ActAsync(request, _jobs.Pause), "Pause job"),
        new("POST", "/jobs/{id}/resume", request => ActAsync(request, _jobs.Resume), "Resume job"),
        new("POST", "/jobs/{id}/resubmit", request => ActAsync(request, _jobs.Resubmit), "Resubmit job"),
        new("GET", "/jobs/{id}/{key}", OutputAsync, "Get job output"),
        new("DELETE", "/jobs/{id}/{key}", DeleteOutputAsync, "Delete a job output"),
    ];

    private ValueTask ListAsync(RestRequest request)
    {
        string[] ids = _jobs.Ids();
        if (!request.BooleanArgument("expand", absent: false))
        {
            return request.Json(ids, static (writer, all) => Json.OrthancJsonWriter.Texts(writer, all));
        }

        return request.JsonStream((Ids: ids, Jobs: _jobs), static async (sink, all) =>
        {
            sink.Writer.WriteStartArray();
            foreach (string id in all.Ids)
            {
                if (await all.Jobs.FindAsync(id).ConfigureAwait(false) is { } job)
                {
                    Write(sink.Writer, job);
                    await sink.FlushAsync().ConfigureAwait(false);
                }
            }

            sink.Writer.WriteEndArray();
        });
    }

    private async ValueTask DescribeAsync(RestRequest request)
    {
        if (await _jobs.FindAsync(request.Param("id")).ConfigureAwait(false) is { } job)
        {
            await request.Json(job, Write).ConfigureAwait(false);
        }
        else
        {
            await request.Empty(404).ConfigureAwait(false);
        }
    }

    private ValueTask DeleteAsync(RestRequest request) => _jobs.Delete(request.Param("id")) == JobActionStatus.Done
        ? request.EmptyText()
        : throw new EdgeException(ErrorCode.InexistentItem, "No job with this id has ended");

    private async ValueTask CancelAsync(RestRequest request) => await AnswerAsync(request, await _jobs.CancelAsync(request.Param("id")).ConfigureAwait(false)).ConfigureAwait(false);

    private static ValueTask ActAsync(RestRequest request, Func<string, JobActionStatus> act) => AnswerAsync(request, act(request.Param("id")));

    private static ValueTask AnswerAsync(RestRequest request, JobActionStatus status) => status == JobActionStatus.Done ? request.EmptyObject() : request.Empty(400);

    private async ValueTask OutputAsync(RestRequest request)
    {
        JobOutput output = await _jobs.OpenOutputAsync(request.Param("id"), request.Param("key"), request.Aborted).ConfigureAwait(false) ?? throw NoOutput();
        await using (output.Content.ConfigureAwait(false))
        {
            if (output.FileName is { } name)
            {
                request.SetFileName(name);
            }

            await request.Stream(output.ContentType, (writer, cancellation) => new ValueTask(output.Content.CopyToAsync(writer.AsStream(leaveOpen: true), 1 << 18, cancellation)), output.Content.Length).ConfigureAwait(false);
        }
    }

    private async ValueTask DeleteOutputAsync(RestRequest request)
    {
        if (!await _jobs.RemoveOutputAsync(request.Param("id"), request.Param("key")).ConfigureAwait(false))
        {
            throw NoOutput();
        }

        await request.EmptyText().ConfigureAwait(false);
    }

    private static EdgeException NoOutput() => new(ErrorCode.InexistentItem, "The job has no output of this name");

    private static void Write(Utf8JsonWriter writer, JobInfo job)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        writer.WriteStartObject();
        if (job.Completed is { } completed)
        {
            writer.WriteString("CompletionTime"u8, OrthancTime.Microsecond(completed));
        }

        writer.WritePropertyName("Content"u8);
        writer.Raw(job.Content);
        writer.WriteString("CreationTime"u8, OrthancTime.Microsecond(job.Created));
        writer.WriteNumber("EffectiveRuntime"u8, Math.Round(job.Runtime.TotalSeconds, 3));
        writer.WriteNumber("ErrorCode"u8, (int)job.Error);
        writer.WriteString("ErrorDescription"u8, ErrorTable.Of(job.Error).Message);
        writer.WriteString("ErrorDetails"u8, job.ErrorDetails ?? "");
        if (job.ErrorPayload is { } payload)
        {
            writer.WriteStartObject("ErrorPayload"u8);
            writer.WritePropertyName("Content"u8);
            writer.Raw(payload.Content);
            writer.WriteString("Type"u8, payload.Type);
            writer.WriteEndObject();
        }

        if (job.Remaining is { } remaining)
        {
            writer.WriteString("EstimatedTimeOfArrival"u8, OrthancTime.Microsecond(now + remaining));
        }

        writer.WriteString("ID"u8, job.Id);
        writer.WriteNumber("Priority"u8, job.Priority);
        writer.WriteNumber("Progress"u8, (int)Math.Round(job.Progress * 100));
        writer.WriteString("State"u8, job.State.ToString());
        writer.WriteString("Timestamp"u8, OrthancTime.Microsecond(now));
        writer.WriteString("Type"u8, job.Type);
        if (!job.UserData.IsEmpty)
        {
            writer.WritePropertyName("UserData"u8);
            writer.Raw(job.UserData);
        }

        writer.WriteEndObject();
    }
}
