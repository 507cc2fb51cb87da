using System.Text.Json;
using Edge.Core.Errors;
using Edge.Engine;
using Edge.Engine.Creation;
using Edge.Engine.Ingest;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary><c>/tools/create-dicom</c>: new instances of tags and content.</summary>
public sealed class Creation(EdgeEngine engine)
{
    /// <summary>The longest body: content is base64 in it.</summary>
    private const long LongestBody = 512L << 20;

    public Route[] Routes() =>
    [
        new("POST", "/tools/create-dicom", CreateAsync, "Create one DICOM instance"),
    ];

    private async ValueTask CreateAsync(RestRequest request)
    {
        using JsonDocument body = await request.ReadJsonAsync(LongestBody, malformed: ErrorCode.BadRequest).ConfigureAwait(false);
        CreationRequest creation = CreationRequest.Parse(body.RootElement);
        IngestOrigin origin = request.ToIngest();
        List<IngestResult> made = await engine.Creation.CreateAsync(
            creation, origin, work => engine.Jobs.ComputeAsync(work, request.Aborted), request.Aborted).ConfigureAwait(false);
        if (!creation.IsSeries)
        {
            await request.Json(made[0], static (writer, result) => Upload.Write(writer, result)).ConfigureAwait(false);
            return;
        }

        await request.Json(made[0], static (writer, result) =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, result.Identifiers.Series);
            writer.WriteString("ParentPatient"u8, result.Identifiers.Patient);
            writer.WriteString("ParentStudy"u8, result.Identifiers.Study);
            writer.WriteString("Path"u8, "/series/" + result.Identifiers.Series);
            writer.WriteString("Status"u8, "Success"u8);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }
}
