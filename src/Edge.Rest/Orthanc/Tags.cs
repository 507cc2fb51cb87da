using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;
using ContentNode = Edge.Dicom.Json.Content;

namespace Edge.Rest.Orthanc;

/// <summary>The DICOM tags below a resource: shared ones, those of every instance, those of a module; and single elements of a file.</summary>
public sealed class Tags(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/shared-tags", request => SharedAsync(request, ResourceLevel.Patient), "Get shared tags"),
        new("GET", "/studies/{id}/shared-tags", request => SharedAsync(request, ResourceLevel.Study), "Get shared tags"),
        new("GET", "/series/{id}/shared-tags", request => SharedAsync(request, ResourceLevel.Series), "Get shared tags"),
        new("GET", "/patients/{id}/instances-tags", request => InstancesAsync(request, ResourceLevel.Patient), "Get tags of instances"),
        new("GET", "/studies/{id}/instances-tags", request => InstancesAsync(request, ResourceLevel.Study), "Get tags of instances"),
        new("GET", "/series/{id}/instances-tags", request => InstancesAsync(request, ResourceLevel.Series), "Get tags of instances"),
        new("GET", "/patients/{id}/module", request => ModuleAsync(request, ResourceLevel.Patient, ResourceLevel.Patient), "Get patient module"),
        new("GET", "/studies/{id}/module", request => ModuleAsync(request, ResourceLevel.Study, ResourceLevel.Study), "Get study module"),
        new("GET", "/series/{id}/module", request => ModuleAsync(request, ResourceLevel.Series, ResourceLevel.Series), "Get series module"),
        new("GET", "/instances/{id}/module", request => ModuleAsync(request, ResourceLevel.Instance, ResourceLevel.Instance), "Get instance module"),
        new("GET", "/studies/{id}/module-patient", request => ModuleAsync(request, ResourceLevel.Study, ResourceLevel.Patient), "Get patient module of study"),
        new("GET", "/instances/{id}/content", ContentAsync, "List the tags of a DICOM file"),
        new("GET", "/instances/{id}/content/{path}", ContentAsync, "Get raw tag"),
    ];

    private async ValueTask SharedAsync(RestRequest request, ResourceLevel level)
    {
        TagFormat format = Expansion.FormatOf(request, TagFormat.Full);
        List<ResourceRow> instances = await engine.Headers.InstancesAsync(level, request.Param(0), request.Aborted).ConfigureAwait(false);
        SharedTags shared = new();
        await foreach ((_, DicomFile header) in engine.Headers.ReadAsync(instances, request.Aborted).ConfigureAwait(false))
        {
            shared.Add(header.DataSet);
        }

        OrthancJsonOptions options = new() { Only = shared.Tags };
        await request.Json((DataSet: shared.First ?? new DataSet(), format, options), static (writer, q) => OrthancTagsJson.Write(writer, q.DataSet, q.format, q.options)).ConfigureAwait(false);
    }

    private async ValueTask InstancesAsync(RestRequest request, ResourceLevel level)
    {
        TagFormat format = Expansion.FormatOf(request, TagFormat.Full);
        OrthancJsonOptions options = new() { IgnoreLength = InstanceContent.IgnoredLengths(request) };
        List<ResourceRow> instances = await engine.Headers.InstancesAsync(level, request.Param(0), request.Aborted).ConfigureAwait(false);
        instances.Sort(static (a, b) => string.CompareOrdinal(a.PublicId, b.PublicId));
        await request.JsonStream((engine.Headers, instances, format, options, request.Aborted), static async (sink, state) =>
        {
            sink.Writer.WriteStartObject();
            await foreach ((ResourceRow instance, DicomFile header) in state.Headers.ReadAsync(state.instances, state.Aborted).ConfigureAwait(false))
            {
                sink.Writer.WritePropertyName(instance.PublicId);
                OrthancTagsJson.Write(sink.Writer, header.DataSet, state.format, state.options);
                await sink.FlushAsync().ConfigureAwait(false);
            }

            sink.Writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>The tags of one module, of the first instance below the resource.</summary>
    private async ValueTask ModuleAsync(RestRequest request, ResourceLevel level, ResourceLevel module)
    {
        TagFormat format = Expansion.FormatOf(request, TagFormat.Full);
        OrthancJsonOptions options = new() { IgnoreLength = InstanceContent.IgnoredLengths(request), Only = ModuleTags.Of(module) };
        string first = await engine.Index.PeekAsync(
            (level, Id: request.Param(0)),
            static (reader, q) => reader.Find(q.Id, q.level) is { } row ? reader.FirstInstance(row.Id)?.PublicId : null,
            request.Aborted).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        StoredInstance instance = await engine.Files.RequireAsync(first, request.Aborted).ConfigureAwait(false);
        DicomFile header = await engine.Files.ReadHeaderAsync(instance, request.Aborted).ConfigureAwait(false);
        await request.Json((header.DataSet, format, options), static (writer, q) => OrthancTagsJson.Write(writer, q.DataSet, q.format, q.options)).ConfigureAwait(false);
    }

    private async ValueTask ContentAsync(RestRequest request)
    {
        string[] path = request.Route!.Path.EndsWith("{path}", StringComparison.Ordinal) ? request.Param(1).Split('/', StringSplitOptions.RemoveEmptyEntries) : [];
        bool headerIsEnough = path.Length > 0 && DicomTag.Parse(path[0]).CompareTo(DicomTags.FloatPixelData) < 0;
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        if (!headerIsEnough)
        {
            // Pixel data and what follows means the whole file in memory: it counts against the budget of the server.
            await request.ChargeAsync(instance.RequireFile().File.PlainSize).ConfigureAwait(false);
        }

        DicomFile file = headerIsEnough
            ? await engine.Files.ReadHeaderAsync(instance, request.Aborted).ConfigureAwait(false)
            : await engine.Files.ReadWholeAsync(instance, request.Aborted).ConfigureAwait(false);
        if (ContentPath.Find(file.DataSet, path) is not { } found)
        {
            return;
        }

        if (found.Listing is { } listing)
        {
            await request.Json(listing, static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
        }
        else
        {
            await request.Bytes(found.Bytes, "application/octet-stream").ConfigureAwait(false);
        }
    }
}
