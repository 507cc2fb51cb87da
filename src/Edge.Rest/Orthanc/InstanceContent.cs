using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dicom.Json;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Transcoding;
using Edge.Rest.Hosting;
using Edge.Store.Files;

namespace Edge.Rest.Orthanc;

/// <summary>The file of an instance and what stands in it.</summary>
public sealed class InstanceContent(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/instances/{id}/file", FileAsync, "Download DICOM"),
        new("GET", "/instances/{id}/tags", request => TagsAsync(request, TagFormat.Full), "Get DICOM tags"),
        new("GET", "/instances/{id}/simplified-tags", request => TagsAsync(request, TagFormat.Simplified), "Get human-readable tags"),
        new("GET", "/instances/{id}/header", HeaderAsync, "Get DICOM meta-header"),
        new("GET", "/instances/{id}/frames", FramesAsync, "List available frames"),
    ];

    private async ValueTask FileAsync(RestRequest request)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        AttachmentRecord file = instance.RequireFile().File;
        string accept = request.Header("Accept") ?? "";
        if (accept is "application/dicom+json" or "application/dicom+xml")
        {
            await DicomWebAsync(request, instance, accept).ConfigureAwait(false);
            return;
        }

        if (request.Argument("transcode") is { Length: > 0 } target)
        {
            await TranscodedAsync(request, instance, target).ConfigureAwait(false);
            return;
        }

        request.SetFileName(request.Argument("filename") is { Length: > 0 } name ? name : $"{file.Uuid}.dcm");
        await request.Content(new AttachmentSource(engine.Attachments, file, AttachmentView.Plain), "application/dicom", ranges: false).ConfigureAwait(false);
    }

    private async ValueTask TranscodedAsync(RestRequest request, StoredInstance instance, string target)
    {
        AttachmentRecord file = instance.RequireFile().File;
        TranscodingRequest how = TranscodingRequest.To(target, LossyQuality(request));
        TranscodedBytes? transcoded;
        try
        {
            transcoded = await engine.Transcoder.TranscodeAsync(instance, how, request.Aborted).ConfigureAwait(false);
        }
        catch (EdgeException e) when (e.Code is not ErrorCode.InexistentFile)
        {
            // Orthanc declines what it cannot transcode, with an empty 404.
            Log.Http.Info($"instance {instance.Row.PublicId} cannot be transcoded: {e.Message}");
            return;
        }

        request.SetFileName(request.Argument("filename") is { Length: > 0 } name ? name : $"{file.Uuid}.dcm");
        if (transcoded is null)
        {
            await request.Content(new AttachmentSource(engine.Attachments, file, AttachmentView.Plain), "application/dicom", ranges: false).ConfigureAwait(false);
        }
        else
        {
            await request.Bytes(transcoded.Bytes, "application/dicom").ConfigureAwait(false);
        }
    }

    /// <summary>The argument <c>lossy-quality</c>, else the option.</summary>
    /// <exception cref="EdgeException">400 (5) where it is no number.</exception>
    internal int LossyQuality(RestRequest request) => request.TryGetInt("lossy-quality", out long quality)
        ? (int)Math.Clamp(quality, 0, 101)
        : engine.Options.Transcoding.DicomLossyTranscodingQuality;

    private async ValueTask DicomWebAsync(RestRequest request, StoredInstance instance, string accept)
    {
        DicomFile file = await engine.Files.ReadWholeAsync(instance, request.Aborted).ConfigureAwait(false);
        using MemoryStream buffer = new();
        if (accept == "application/dicom+xml")
        {
            DicomWebXml.Write(buffer, file.DataSet);
        }
        else
        {
            using System.Text.Json.Utf8JsonWriter writer = new(buffer, Json.JsonAnswer.WriterOptions);
            DicomWebJson.Write(writer, file.DataSet);
        }

        await request.Bytes(buffer.GetBuffer().AsMemory(0, (int)buffer.Length), accept).ConfigureAwait(false);
    }

    private async ValueTask TagsAsync(RestRequest request, TagFormat otherwise)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        bool whole = request.BooleanArgument("whole", absent: false);
        OrthancJsonOptions options = new() { IgnoreLength = IgnoredLengths(request), Whole = whole };
        DicomFile file = whole
            ? await engine.Files.ReadWholeAsync(instance, request.Aborted).ConfigureAwait(false)
            : await engine.Files.ReadHeaderAsync(instance, request.Aborted).ConfigureAwait(false);
        TagFormat format = Expansion.FormatOf(request, otherwise);
        await request.Json((file.DataSet, format, options), static (writer, q) => OrthancTagsJson.Write(writer, q.DataSet, q.format, q.options)).ConfigureAwait(false);
    }

    private async ValueTask HeaderAsync(RestRequest request)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        DicomFile file = await engine.Files.ReadHeaderAsync(instance, request.Aborted).ConfigureAwait(false);
        TagFormat format = Expansion.FormatOf(request, TagFormat.Full);
        await request.Json((file.Meta, format), static (writer, q) => OrthancTagsJson.WriteHeader(writer, q.Meta, q.format)).ConfigureAwait(false);
    }

    private async ValueTask FramesAsync(RestRequest request)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        string? text = instance.Row.Tags.Get(DicomTags.NumberOfFrames.Value);
        int frames = string.IsNullOrWhiteSpace(text) ? 1
            : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int count) ? Math.Max(1, count)
            : throw new EdgeException(ErrorCode.BadFileFormat, $"The number of frames is no number: \"{text}\"");
        await request.JsonStream(frames, static async (sink, total) =>
        {
            sink.Writer.WriteStartArray();
            for (int i = 0; i < total; i++)
            {
                sink.Writer.WriteNumberValue(i);
                await sink.FlushAsync().ConfigureAwait(false);
            }

            sink.Writer.WriteEndArray();
        }).ConfigureAwait(false);
    }

    /// <summary>The tags of the argument <c>ignore-length</c>.</summary>
    internal static HashSet<DicomTag>? IgnoredLengths(RestRequest request) =>
        request.Argument("ignore-length") is { } list ? [.. list.Split(',').Select(static name => DicomTag.Parse(name))] : null;
}
