using System.Globalization;
using System.IO.Pipelines;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Archives;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Rest.Orthanc;

/// <summary>Archives and media of resources.</summary>
public sealed class ArchiveRoutes(EdgeEngine engine)
{
    private const string MediaType = "application/zip";
    private const string NameOfSeveral = "Archive.zip";

    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/archive", request => GetAsync(request, ResourceLevel.Patient, isMedia: false), "Create ZIP archive"),
        new("GET", "/studies/{id}/archive", request => GetAsync(request, ResourceLevel.Study, isMedia: false), "Create ZIP archive"),
        new("GET", "/series/{id}/archive", request => GetAsync(request, ResourceLevel.Series, isMedia: false), "Create ZIP archive"),
        new("POST", "/patients/{id}/archive", request => PostAsync(request, ResourceLevel.Patient, isMedia: false), "Create ZIP archive"),
        new("POST", "/studies/{id}/archive", request => PostAsync(request, ResourceLevel.Study, isMedia: false), "Create ZIP archive"),
        new("POST", "/series/{id}/archive", request => PostAsync(request, ResourceLevel.Series, isMedia: false), "Create ZIP archive"),
        new("GET", "/patients/{id}/media", request => GetAsync(request, ResourceLevel.Patient, isMedia: true), "Create DICOMDIR media"),
        new("GET", "/studies/{id}/media", request => GetAsync(request, ResourceLevel.Study, isMedia: true), "Create DICOMDIR media"),
        new("GET", "/series/{id}/media", request => GetAsync(request, ResourceLevel.Series, isMedia: true), "Create DICOMDIR media"),
        new("POST", "/patients/{id}/media", request => PostAsync(request, ResourceLevel.Patient, isMedia: true), "Create DICOMDIR media"),
        new("POST", "/studies/{id}/media", request => PostAsync(request, ResourceLevel.Study, isMedia: true), "Create DICOMDIR media"),
        new("POST", "/series/{id}/media", request => PostAsync(request, ResourceLevel.Series, isMedia: true), "Create DICOMDIR media"),
        new("GET", "/tools/create-archive", request => GetSeveralAsync(request, isMedia: false, isExtended: false), "Create ZIP archive"),
        new("POST", "/tools/create-archive", request => PostSeveralAsync(request, isMedia: false, isExtended: false), "Create ZIP archive"),
        new("GET", "/tools/create-media", request => GetSeveralAsync(request, isMedia: true, isExtended: false), "Create DICOMDIR media"),
        new("POST", "/tools/create-media", request => PostSeveralAsync(request, isMedia: true, isExtended: false), "Create DICOMDIR media"),
        new("GET", "/tools/create-media-extended", request => GetSeveralAsync(request, isMedia: true, isExtended: true), "Create DICOMDIR media"),
        new("POST", "/tools/create-media-extended", request => PostSeveralAsync(request, isMedia: true, isExtended: true), "Create DICOMDIR media"),
    ];

    private async ValueTask GetAsync(RestRequest request, ResourceLevel level, bool isMedia)
    {
        string id = request.Param(0);
        await DemandLevelAsync(request, id, level).ConfigureAwait(false);
        await SendAsync(request, FromArguments(request, [id], isMedia, request.HasFlag("extended")), $"{id}.zip").ConfigureAwait(false);
    }

    private ValueTask GetSeveralAsync(RestRequest request, bool isMedia, bool isExtended)
    {
        string resources = request.Argument("resources") ?? throw new EdgeException(ErrorCode.BadRequest, "The argument \"resources\" is missing");
        string[] ids = resources.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return SendAsync(request, FromArguments(request, ids, isMedia, isExtended), NameOfSeveral);
    }

    private async ValueTask PostAsync(RestRequest request, ResourceLevel level, bool isMedia)
    {
        string id = request.Param(0);
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement root = body.RootElement.AsObject();
        await DemandLevelAsync(request, id, level).ConfigureAwait(false);
        await RunAsync(request, FromBody(root, [id], isMedia, isExtended: false), root, $"{id}.zip").ConfigureAwait(false);
    }

    private async ValueTask PostSeveralAsync(RestRequest request, bool isMedia, bool isExtended)
    {
        using JsonDocument body = await request.ReadJsonAsync().ConfigureAwait(false);
        JsonElement root = body.RootElement;
        JsonElement? list = root.ValueKind == JsonValueKind.Array ? root : root.Member("Resources");
        if (list is not { ValueKind: JsonValueKind.Array } resources)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "Expected an array of identifiers, or an object with the array \"Resources\"");
        }

        await RunAsync(request, FromBody(root, resources.AsTexts("Resources"), isMedia, isExtended), root, NameOfSeveral).ConfigureAwait(false);
    }

    private ArchiveRequest FromArguments(RestRequest request, string[] ids, bool isMedia, bool isExtended) => new(ids)
    {
        IsMedia = isMedia,
        IsExtended = isExtended,
        TransferSyntax = request.Argument("transcode") is { Length: > 0 } uid ? uid : null,
        LossyQuality = Quality(request.TryGetInt("lossy-quality", out long quality) ? quality : engine.Options.Transcoding.DicomLossyTranscodingQuality),
        Utf8 = engine.Options.Storage.ZipUseUtf8,
    };

    private ArchiveRequest FromBody(JsonElement body, string[] ids, bool isMedia, bool isExtended) => new(ids)
    {
        IsMedia = isMedia,
        IsExtended = body.Boolean("Extended", isExtended),
        TransferSyntax = body.OptionalText("Transcode"),
        LossyQuality = Quality(body.Integer("LossyQuality", engine.Options.Transcoding.DicomLossyTranscodingQuality)),
        Utf8 = body.Boolean("Utf8", engine.Options.Storage.ZipUseUtf8),
    };

    private static int Quality(long quality) => quality is >= 1 and <= 100
        ? (int)quality
        : throw new EdgeException(ErrorCode.ParameterOutOfRange, string.Create(CultureInfo.InvariantCulture, $"A lossy quality of {quality} is not between 1 and 100"));

    private async ValueTask DemandLevelAsync(RestRequest request, string id, ResourceLevel level)
    {
        if (!await engine.Index.PeekAsync((id, level), static (reader, q) => reader.Find(q.id, q.level) is not null, request.Aborted).ConfigureAwait(false))
        {
            throw new EdgeException(ErrorCode.UnknownResource);
        }
    }

    private async ValueTask RunAsync(RestRequest request, ArchiveRequest asked, JsonElement body, string defaultName)
    {
        JobFields fields = JobFields.Of(body);
        string name = body.OptionalText("Filename") is { Length: > 0 } given ? given : defaultName;
        if (fields.Synchronous)
        {
            await SendAsync(request, asked, name).ConfigureAwait(false);
            return;
        }

        PlannedArchive archive = await engine.Archives.PlanAsync(asked, request.Aborted).ConfigureAwait(false);
        await JobSubmission.AnswerAsync(request, engine, new ArchiveJob(archive, name), fields).ConfigureAwait(false);
    }

    private async ValueTask SendAsync(RestRequest request, ArchiveRequest asked, string defaultName)
    {
        PlannedArchive archive = await engine.Archives.PlanAsync(asked, request.Aborted).ConfigureAwait(false);
        request.SetFileName(request.Argument("filename") is { Length: > 0 } name ? name : defaultName);
        if (engine.Options.Storage.SynchronousZipStream)
        {
            await request.Stream(MediaType, async (output, cancellation) =>
            {
                // The client learns at once that there is an archive: the first instance may take its time.
                await output.FlushAsync(cancellation).ConfigureAwait(false);
                await engine.Archives.WriteAsync(archive, output, null, cancellation).ConfigureAwait(false);
            }).ConfigureAwait(false);
            return;
        }

        using TemporaryFile file = engine.ArchiveShelf.Create();
        Stream target = file.Write();
        await using (target.ConfigureAwait(false))
        {
            PipeWriter writer = PipeWriter.Create(target, new StreamPipeWriterOptions(leaveOpen: true));
            await engine.Archives.WriteAsync(archive, writer, null, request.Aborted).ConfigureAwait(false);
            await writer.CompleteAsync().ConfigureAwait(false);
        }

        Stream content = file.Read();
        await using (content.ConfigureAwait(false))
        {
            await request.Stream(MediaType, (output, cancellation) => new ValueTask(content.CopyToAsync(output, cancellation)), content.Length).ConfigureAwait(false);
        }
    }
}
