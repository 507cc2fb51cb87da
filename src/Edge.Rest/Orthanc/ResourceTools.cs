using System.Globalization;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Reconstruction;
using Edge.Engine.Slices;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>Statistics, protection, order of slices, reconstruction and export of resources.</summary>
public sealed class ResourceTools(EdgeEngine engine)
{
    private const int LongestFlag = 1 << 20;
    private const int LongestPath = 16 * 1024;

    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/statistics", request => StatisticsAsync(request, ResourceLevel.Patient), "Get patient statistics"),
        new("GET", "/studies/{id}/statistics", request => StatisticsAsync(request, ResourceLevel.Study), "Get study statistics"),
        new("GET", "/series/{id}/statistics", request => StatisticsAsync(request, ResourceLevel.Series), "Get series statistics"),
        new("GET", "/instances/{id}/statistics", request => StatisticsAsync(request, ResourceLevel.Instance), "Get instance statistics"),
        new("POST", "/patients/{id}/reconstruct", request => ReconstructAsync(request, ResourceLevel.Patient), "Reconstruct tags and optionally files of patient"),
        new("POST", "/studies/{id}/reconstruct", request => ReconstructAsync(request, ResourceLevel.Study), "Reconstruct tags and optionally files of study"),
        new("POST", "/series/{id}/reconstruct", request => ReconstructAsync(request, ResourceLevel.Series), "Reconstruct tags and optionally files of series"),
        new("POST", "/instances/{id}/reconstruct", request => ReconstructAsync(request, ResourceLevel.Instance), "Reconstruct tags and optionally files of instance"),
        new("POST", "/tools/reconstruct", ReconstructAllAsync, "Reconstruct all the index"),
        new("GET", "/patients/{id}/protected", GetProtectedAsync, "Is the patient protected against recycling?"),
        new("PUT", "/patients/{id}/protected", PutProtectedAsync, "Protect or unprotect a patient against recycling"),
        new("GET", "/series/{id}/ordered-slices", OrderedSlicesAsync, "Order the slices"),
        new("POST", "/instances/{id}/export", ExportAsync, "Write DICOM onto filesystem"),
    ];

    private async ValueTask StatisticsAsync(RestRequest request, ResourceLevel level)
    {
        ResourceStatistics found = await engine.Index.PeekAsync(
            (level, Id: request.Param(0)),
            static (reader, q) => reader.Find(q.Id, q.level) is { } row ? reader.Statistics(row.Id) : (ResourceStatistics?)null,
            request.Aborted).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        await request.Json((found, level), static (writer, state) =>
        {
            writer.WriteStartObject();
            if (state.level < ResourceLevel.Instance)
            {
                writer.WriteNumber("CountInstances"u8, state.found.Counts.Instances);
            }

            if (state.level < ResourceLevel.Series)
            {
                writer.WriteNumber("CountSeries"u8, state.found.Counts.Series);
            }

            if (state.level < ResourceLevel.Study)
            {
                writer.WriteNumber("CountStudies"u8, state.found.Counts.Studies);
            }

            StatisticsJson.WriteSize(writer, "DicomDiskSize"u8, "DicomDiskSizeMB"u8, state.found.Dicom.Logical);
            StatisticsJson.WriteSize(writer, "DicomUncompressedSize"u8, "DicomUncompressedSizeMB"u8, state.found.Dicom.Plain);
            StatisticsJson.WriteSize(writer, "DiskSize"u8, "DiskSizeMB"u8, state.found.All.Logical);
            StatisticsJson.WriteSize(writer, "UncompressedSize"u8, "UncompressedSizeMB"u8, state.found.All.Plain);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    private async ValueTask ReconstructAsync(RestRequest request, ResourceLevel level)
    {
        ReconstructionScope scope = await ReadScopeAsync(request).ConfigureAwait(false);
        await engine.Reconstruction.RunAsync(level, request.Param(0), scope, request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    private async ValueTask ReconstructAllAsync(RestRequest request)
    {
        ReconstructionScope scope = await ReadScopeAsync(request).ConfigureAwait(false);
        await engine.Reconstruction.RunAllAsync(scope, request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    /// <summary>The options of a reconstruction; an empty body has none.</summary>
    private static async ValueTask<ReconstructionScope> ReadScopeAsync(RestRequest request)
    {
        using JsonDocument? body = await request.ReadOptionalJsonAsync().ConfigureAwait(false);
        return body is null
            ? default
            : new ReconstructionScope(body.RootElement.AsObject().Boolean("ReconstructFiles", absent: false), body.RootElement.Boolean("LimitToThisLevelMainDicomTags", absent: false));
    }

    private async ValueTask GetProtectedAsync(RestRequest request)
    {
        bool isProtected = await engine.Index.PeekAsync(
            request.Param(0),
            static (reader, id) => reader.Find(id, ResourceLevel.Patient) is { } row ? reader.IsProtected(row.Id) : (bool?)null,
            request.Aborted).ConfigureAwait(false) ?? throw UnknownPatient();
        await request.Text(isProtected ? "1" : "0").ConfigureAwait(false);
    }

    private async ValueTask PutProtectedAsync(RestRequest request)
    {
        bool isProtected = (await request.ReadTextAsync(LongestFlag).ConfigureAwait(false)).Trim() switch
        {
            "1" or "true" => true,
            "0" or "false" => false,
            _ => throw new EdgeException(ErrorCode.BadFileFormat, "Expected \"0\", \"1\", \"true\" or \"false\""),
        };
        if (!await engine.Index.SetProtectedAsync(request.Param(0), isProtected, request.Aborted).ConfigureAwait(false))
        {
            throw UnknownPatient();
        }

        await request.EmptyText().ConfigureAwait(false);
    }

    /// <summary>Here an unknown patient is 400 in Orthanc, unlike everywhere else.</summary>
    private static EdgeException UnknownPatient() => new(ErrorCode.ParameterOutOfRange, "Unknown patient");

    private async ValueTask OrderedSlicesAsync(RestRequest request)
    {
        SliceOrder order = await SliceOrder.OfAsync(engine.Index, request.Param(0), request.Aborted).ConfigureAwait(false);
        await request.JsonStream(order, static async (sink, slices) =>
        {
            Utf8JsonWriter writer = sink.Writer;
            writer.WriteStartObject();
            writer.Texts("Dicom"u8, slices.Slices.Select(static slice => $"/instances/{slice.PublicId}/file"));
            writer.WriteStartArray("Slices"u8);
            foreach (OrderedSlice slice in slices.Slices)
            {
                for (int frame = 0; frame < slice.Frames; frame++)
                {
                    writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"/instances/{slice.PublicId}/frames/{frame}"));
                    await sink.FlushAsync().ConfigureAwait(false);
                }
            }

            writer.WriteEndArray();
            writer.WriteStartArray("SlicesShort"u8);
            foreach (OrderedSlice slice in slices.Slices)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(slice.PublicId);
                writer.WriteNumberValue(0);
                writer.WriteNumberValue(slice.Frames);
                writer.WriteEndArray();
            }

            writer.WriteEndArray();
            writer.WriteString("Type"u8, slices.IsVolume ? "Volume"u8 : "Sequence"u8);
            writer.WriteEndObject();
        }).ConfigureAwait(false);
    }

    /// <summary>Writes the file to the path in the body, where the configuration lets clients write files at all.</summary>
    private async ValueTask ExportAsync(RestRequest request)
    {
        if (!engine.Options.Scripting.RestApiWriteToFileSystemEnabled)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        string path = await request.ReadTextAsync(LongestPath).ConfigureAwait(false);
        await engine.Files.ExportAsync(instance, path, request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }
}
