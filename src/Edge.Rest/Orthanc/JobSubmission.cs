using System.Text.Json;
using Edge.Engine;
using Edge.Engine.Jobs;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>The fields with which a request says how its job is run.</summary>
/// <param name="Synchronous">Answer when the job has ended, else at once.</param>
/// <param name="Permissive">Failures of single items are counted and do not fail the job.</param>
public readonly record struct JobFields(bool Synchronous, bool Permissive, JobOrder Order)
{
    /// <summary>Reads <c>Synchronous</c> (which wins), <c>Asynchronous</c>, <c>Priority</c>, <c>Permissive</c> and <c>UserData</c>.</summary>
    /// <param name="body">The request's object; null where the body is none.</param>
    /// <param name="synchronous">Where neither field is there.</param>
    /// <exception cref="Core.Errors.EdgeException">BadFileFormat: a field of another type.</exception>
    public static JobFields Of(JsonElement? body, bool synchronous = true)
    {
        if (body is not { ValueKind: JsonValueKind.Object } fields)
        {
            return new JobFields(synchronous, false, new JobOrder());
        }

        bool waits = fields.Member("Synchronous") is not null
            ? fields.Boolean("Synchronous", synchronous)
            : !fields.Boolean("Asynchronous", !synchronous);
        int priority = (int)Math.Clamp(fields.Integer("Priority", 0), int.MinValue, int.MaxValue);
        return new JobFields(waits, fields.Boolean("Permissive", absent: false), new JobOrder(priority, fields.Member("UserData")));
    }
}

/// <summary>How a handler hands its work to the jobs engine: <c>await JobSubmission.AnswerAsync(request, engine, new SomeJob(...), JobFields.Of(body))</c>.</summary>
public static class JobSubmission
{
    /// <summary>
    /// Submits a work and answers. Synchronously: the job's <c>Content</c> when it has succeeded, or its failure as the failure of the request; a
    /// client that goes away leaves the job running. Asynchronously: <c>{ID, Path}</c> of the job, which then survives a crash if it is durable.
    /// </summary>
    public static async ValueTask AnswerAsync(RestRequest request, EdgeEngine engine, JobWork work, JobFields fields)
    {
        if (fields.Synchronous)
        {
            JobInfo ended = await engine.Jobs.RunAsync(work, fields.Order, request.Aborted).ConfigureAwait(false);
            await request.Json(ended, static (writer, job) => writer.Raw(job.Content)).ConfigureAwait(false);
            return;
        }

        JobTicket ticket = await engine.Jobs.SubmitAsync(work, fields.Order).ConfigureAwait(false);
        await request.Json(ticket.Id, static (writer, id) =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, id);
            writer.WriteString("Path"u8, $"/jobs/{id}");
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Writes JSON that was written before, in this writer's format.</summary>
    internal static void Raw(this Utf8JsonWriter writer, ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        document.RootElement.WriteTo(writer);
    }
}
