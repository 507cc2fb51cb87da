using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Modification;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Modification and anonymization of resources, splitting and merging of studies.</summary>
public sealed class ResourceModification(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("POST", "/instances/{id}/modify", request => RewriteAsync(request, anonymizes: false), "Modify instance"),
        new("POST", "/instances/{id}/anonymize", request => RewriteAsync(request, anonymizes: true), "Anonymize instance"),
        new("POST", "/series/{id}/modify", request => ModifyAsync(request, ResourceLevel.Series), "Modify series"),
        new("POST", "/series/{id}/anonymize", request => AnonymizeAsync(request, ResourceLevel.Series), "Anonymize series"),
        new("POST", "/studies/{id}/modify", request => ModifyAsync(request, ResourceLevel.Study), "Modify study"),
        new("POST", "/studies/{id}/anonymize", request => AnonymizeAsync(request, ResourceLevel.Study), "Anonymize study"),
        new("POST", "/patients/{id}/modify", request => ModifyAsync(request, ResourceLevel.Patient), "Modify patient"),
        new("POST", "/patients/{id}/anonymize", request => AnonymizeAsync(request, ResourceLevel.Patient), "Anonymize patient"),
        new("POST", "/tools/bulk-modify", BulkModifyAsync, "Modify a set of resources"),
        new("POST", "/tools/bulk-anonymize", BulkAnonymizeAsync, "Anonymize a set of resources"),
        new("POST", "/studies/{id}/split", SplitAsync, "Split study"),
        new("POST", "/studies/{id}/merge", MergeAsync, "Merge study"),
    ];

    /// <summary>The DICOM file itself; nothing is stored.</summary>
    private async ValueTask RewriteAsync(RestRequest request, bool anonymizes)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        ModificationRequest modification = anonymizes
            ? ModificationParser.ParseAnonymize(body.RootElement)
            : ModificationParser.ParseModify(body.RootElement, ResourceLevel.Instance);
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        await using IncomingObject file = engine.Ingest.Receive();
        await engine.Modifications.RewriteAsync(instance, modification, file, engine, request.Aborted).ConfigureAwait(false);
        if (file.Spool is null)
        {
            await request.Bytes(file.Bytes, "application/dicom").ConfigureAwait(false);
            return;
        }

        await request.Stream("application/dicom", (writer, cancellation) => CopyAsync(file, writer, cancellation), file.Length).ConfigureAwait(false);
    }

    private async ValueTask ModifyAsync(RestRequest request, ResourceLevel level)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        ModificationRequest modification = ModificationParser.ParseModify(body.RootElement, level);
        await SubmitAsync(request, body.RootElement, [request.Param(0)], level, modification).ConfigureAwait(false);
    }

    private async ValueTask AnonymizeAsync(RestRequest request, ResourceLevel level)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        ModificationRequest modification = ModificationParser.ParseAnonymize(body.RootElement);
        await SubmitAsync(request, body.RootElement, [request.Param(0)], level, modification).ConfigureAwait(false);
    }

    private async ValueTask BulkModifyAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        ModificationRequest modification = ModificationParser.ParseModify(body.RootElement, level: null);
        await SubmitAsync(request, body.RootElement, body.RootElement.MandatoryTexts("Resources"), level: null, modification).ConfigureAwait(false);
    }

    private async ValueTask BulkAnonymizeAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        ModificationRequest modification = ModificationParser.ParseAnonymize(body.RootElement);
        await SubmitAsync(request, body.RootElement, body.RootElement.MandatoryTexts("Resources"), level: null, modification).ConfigureAwait(false);
    }

    private async ValueTask SubmitAsync(RestRequest request, JsonElement body, string[] resources, ResourceLevel? level, ModificationRequest modification)
    {
        JobFields fields = JobFields.Of(body);
        await JobSubmission.AnswerAsync(
            request,
            engine,
            await engine.Modifications.ModifyAsync(resources, level, modification, request.ToIngest(), fields.Permissive, request.Aborted).ConfigureAwait(false),
            fields).ConfigureAwait(false);
    }

    private async ValueTask SplitAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement root = body.RootElement.AsObject();
        JobFields fields = JobFields.Of(root);
        await JobSubmission.AnswerAsync(
            request,
            engine,
            await engine.Modifications.SplitAsync(
                request.Param(0), root, root.Texts("Series"), root.Texts("Instances"), request.ToIngest(), fields.Permissive, request.Aborted).ConfigureAwait(false),
            fields).ConfigureAwait(false);
    }

    private async ValueTask MergeAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement root = body.RootElement.AsObject();
        JobFields fields = JobFields.Of(root);
        await JobSubmission.AnswerAsync(
            request,
            engine,
            await engine.Modifications.MergeAsync(request.Param(0), root, root.MandatoryTexts("Resources"), request.ToIngest(), fields.Permissive, request.Aborted).ConfigureAwait(false),
            fields).ConfigureAwait(false);
    }

    private static async ValueTask CopyAsync(IncomingObject file, System.IO.Pipelines.PipeWriter writer, CancellationToken cancellation)
    {
        long at = 0;
        while (at < file.Length)
        {
            int read = await file.Spool!.ReadAsync(at, writer.GetMemory(256 * 1024), cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, "the file that was made ends early");
            }

            writer.Advance(read);
            at += read;
            await writer.FlushAsync(cancellation).ConfigureAwait(false);
        }
    }
}
