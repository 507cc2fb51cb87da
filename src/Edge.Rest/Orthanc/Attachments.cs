using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Engine;
using Edge.Engine.Annotation;
using Edge.Engine.Ingest;
using Edge.Rest.Hosting;
using Edge.Rest.Json;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Rest.Orthanc;

/// <summary>The attachments of resources at the four levels.</summary>
public sealed class Attachments(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("GET", "/patients/{id}/attachments", request => ListAsync(request, ResourceLevel.Patient), "List attachments"),
        new("GET", "/patients/{id}/attachments/{name}", request => OperationsAsync(request, ResourceLevel.Patient), "List operations on attachments"),
        new("PUT", "/patients/{id}/attachments/{name}", request => PutAsync(request, ResourceLevel.Patient), "Set attachment"),
        new("DELETE", "/patients/{id}/attachments/{name}", request => DeleteAsync(request, ResourceLevel.Patient), "Delete attachment"),
        new("POST", "/patients/{id}/attachments/{name}/compress", request => CompressAsync(request, ResourceLevel.Patient), "Compress attachment"),
        new("GET", "/patients/{id}/attachments/{name}/compressed-data", request => CompressedDataAsync(request, ResourceLevel.Patient), "Get attachment (no decompression)"),
        new("GET", "/patients/{id}/attachments/{name}/compressed-md5", request => CompressedMd5Async(request, ResourceLevel.Patient), "Get MD5 of attachment on disk"),
        new("GET", "/patients/{id}/attachments/{name}/compressed-size", request => CompressedSizeAsync(request, ResourceLevel.Patient), "Get size of attachment on disk"),
        new("GET", "/patients/{id}/attachments/{name}/data", request => DataAsync(request, ResourceLevel.Patient), "Get attachment"),
        new("GET", "/patients/{id}/attachments/{name}/info", request => InfoAsync(request, ResourceLevel.Patient), "Get info about the attachment"),
        new("GET", "/patients/{id}/attachments/{name}/is-compressed", request => IsCompressedAsync(request, ResourceLevel.Patient), "Is attachment compressed?"),
        new("GET", "/patients/{id}/attachments/{name}/md5", request => Md5Async(request, ResourceLevel.Patient), "Get MD5 of attachment"),
        new("GET", "/patients/{id}/attachments/{name}/size", request => SizeAsync(request, ResourceLevel.Patient), "Get size of attachment"),
        new("POST", "/patients/{id}/attachments/{name}/uncompress", request => UncompressAsync(request, ResourceLevel.Patient), "Uncompress attachment"),
        new("GET", "/patients/{id}/attachments/{name}/uuid", request => UuidAsync(request, ResourceLevel.Patient), "Get the identifier of the file of an attachment"),
        new("POST", "/patients/{id}/attachments/{name}/verify-md5", request => VerifyAsync(request, ResourceLevel.Patient), "Verify attachment"),
        new("GET", "/studies/{id}/attachments", request => ListAsync(request, ResourceLevel.Study), "List attachments"),
        new("GET", "/studies/{id}/attachments/{name}", request => OperationsAsync(request, ResourceLevel.Study), "List operations on attachments"),
        new("PUT", "/studies/{id}/attachments/{name}", request => PutAsync(request, ResourceLevel.Study), "Set attachment"),
        new("DELETE", "/studies/{id}/attachments/{name}", request => DeleteAsync(request, ResourceLevel.Study), "Delete attachment"),
        new("POST", "/studies/{id}/attachments/{name}/compress", request => CompressAsync(request, ResourceLevel.Study), "Compress attachment"),
        new("GET", "/studies/{id}/attachments/{name}/compressed-data", request => CompressedDataAsync(request, ResourceLevel.Study), "Get attachment (no decompression)"),
        new("GET", "/studies/{id}/attachments/{name}/compressed-md5", request => CompressedMd5Async(request, ResourceLevel.Study), "Get MD5 of attachment on disk"),
        new("GET", "/studies/{id}/attachments/{name}/compressed-size", request => CompressedSizeAsync(request, ResourceLevel.Study), "Get size of attachment on disk"),
        new("GET", "/studies/{id}/attachments/{name}/data", request => DataAsync(request, ResourceLevel.Study), "Get attachment"),
        new("GET", "/studies/{id}/attachments/{name}/info", request => InfoAsync(request, ResourceLevel.Study), "Get info about the attachment"),
        new("GET", "/studies/{id}/attachments/{name}/is-compressed", request => IsCompressedAsync(request, ResourceLevel.Study), "Is attachment compressed?"),
        new("GET", "/studies/{id}/attachments/{name}/md5", request => Md5Async(request, ResourceLevel.Study), "Get MD5 of attachment"),
        new("GET", "/studies/{id}/attachments/{name}/size", request => SizeAsync(request, ResourceLevel.Study), "Get size of attachment"),
        new("POST", "/studies/{id}/attachments/{name}/uncompress", request => UncompressAsync(request, ResourceLevel.Study), "Uncompress attachment"),
        new("GET", "/studies/{id}/attachments/{name}/uuid", request => UuidAsync(request, ResourceLevel.Study), "Get the identifier of the file of an attachment"),
        new("POST", "/studies/{id}/attachments/{name}/verify-md5", request => VerifyAsync(request, ResourceLevel.Study), "Verify attachment"),
        new("GET", "/series/{id}/attachments", request => ListAsync(request, ResourceLevel.Series), "List attachments"),
        new("GET", "/series/{id}/attachments/{name}", request => OperationsAsync(request, ResourceLevel.Series), "List operations on attachments"),
        new("PUT", "/series/{id}/attachments/{name}", request => PutAsync(request, ResourceLevel.Series), "Set attachment"),
        new("DELETE", "/series/{id}/attachments/{name}", request => DeleteAsync(request, ResourceLevel.Series), "Delete attachment"),
        new("POST", "/series/{id}/attachments/{name}/compress", request => CompressAsync(request, ResourceLevel.Series), "Compress attachment"),
        new("GET", "/series/{id}/attachments/{name}/compressed-data", request => CompressedDataAsync(request, ResourceLevel.Series), "Get attachment (no decompression)"),
        new("GET", "/series/{id}/attachments/{name}/compressed-md5", request => CompressedMd5Async(request, ResourceLevel.Series), "Get MD5 of attachment on disk"),
        new("GET", "/series/{id}/attachments/{name}/compressed-size", request => CompressedSizeAsync(request, ResourceLevel.Series), "Get size of attachment on disk"),
        new("GET", "/series/{id}/attachments/{name}/data", request => DataAsync(request, ResourceLevel.Series), "Get attachment"),
        new("GET", "/series/{id}/attachments/{name}/info", request => InfoAsync(request, ResourceLevel.Series), "Get info about the attachment"),
        new("GET", "/series/{id}/attachments/{name}/is-compressed", request => IsCompressedAsync(request, ResourceLevel.Series), "Is attachment compressed?"),
        new("GET", "/series/{id}/attachments/{name}/md5", request => Md5Async(request, ResourceLevel.Series), "Get MD5 of attachment"),
        new("GET", "/series/{id}/attachments/{name}/size", request => SizeAsync(request, ResourceLevel.Series), "Get size of attachment"),
        new("POST", "/series/{id}/attachments/{name}/uncompress", request => UncompressAsync(request, ResourceLevel.Series), "Uncompress attachment"),
        new("GET", "/series/{id}/attachments/{name}/uuid", request => UuidAsync(request, ResourceLevel.Series), "Get the identifier of the file of an attachment"),
        new("POST", "/series/{id}/attachments/{name}/verify-md5", request => VerifyAsync(request, ResourceLevel.Series), "Verify attachment"),
        new("GET", "/instances/{id}/attachments", request => ListAsync(request, ResourceLevel.Instance), "List attachments"),
        new("GET", "/instances/{id}/attachments/{name}", request => OperationsAsync(request, ResourceLevel.Instance), "List operations on attachments"),
        new("PUT", "/instances/{id}/attachments/{name}", request => PutAsync(request, ResourceLevel.Instance), "Set attachment"),
        new("DELETE", "/instances/{id}/attachments/{name}", request => DeleteAsync(request, ResourceLevel.Instance), "Delete attachment"),
        new("POST", "/instances/{id}/attachments/{name}/compress", request => CompressAsync(request, ResourceLevel.Instance), "Compress attachment"),
        new("GET", "/instances/{id}/attachments/{name}/compressed-data", request => CompressedDataAsync(request, ResourceLevel.Instance), "Get attachment (no decompression)"),
        new("GET", "/instances/{id}/attachments/{name}/compressed-md5", request => CompressedMd5Async(request, ResourceLevel.Instance), "Get MD5 of attachment on disk"),
        new("GET", "/instances/{id}/attachments/{name}/compressed-size", request => CompressedSizeAsync(request, ResourceLevel.Instance), "Get size of attachment on disk"),
        new("GET", "/instances/{id}/attachments/{name}/data", request => DataAsync(request, ResourceLevel.Instance), "Get attachment"),
        new("GET", "/instances/{id}/attachments/{name}/info", request => InfoAsync(request, ResourceLevel.Instance), "Get info about the attachment"),
        new("GET", "/instances/{id}/attachments/{name}/is-compressed", request => IsCompressedAsync(request, ResourceLevel.Instance), "Is attachment compressed?"),
        new("GET", "/instances/{id}/attachments/{name}/md5", request => Md5Async(request, ResourceLevel.Instance), "Get MD5 of attachment"),
        new("GET", "/instances/{id}/attachments/{name}/size", request => SizeAsync(request, ResourceLevel.Instance), "Get size of attachment"),
        new("POST", "/instances/{id}/attachments/{name}/uncompress", request => UncompressAsync(request, ResourceLevel.Instance), "Uncompress attachment"),
        new("GET", "/instances/{id}/attachments/{name}/uuid", request => UuidAsync(request, ResourceLevel.Instance), "Get the identifier of the file of an attachment"),
        new("POST", "/instances/{id}/attachments/{name}/verify-md5", request => VerifyAsync(request, ResourceLevel.Instance), "Verify attachment"),
    ];

    private async ValueTask ListAsync(RestRequest request, ResourceLevel level)
    {
        List<AttachmentRow> rows = await engine.ResourceAttachments.ListAsync(level, request.Param(0), request.Aborted).ConfigureAwait(false);
        if (request.HasFlag("full"))
        {
            await request.Json((rows, engine.Names), static (writer, state) =>
            {
                writer.WriteStartObject();
                foreach (AttachmentRow row in state.rows.OrderBy(one => state.Names.ContentName(one.File.Type), StringComparer.Ordinal))
                {
                    writer.WriteNumber(state.Names.ContentName(row.File.Type), row.File.Type);
                }

                writer.WriteEndObject();
            }).ConfigureAwait(false);
            return;
        }

        await request.Json((rows, engine.Names), static (writer, state) => writer.Texts(state.rows.Select(row => state.Names.ContentName(row.File.Type)))).ConfigureAwait(false);
    }

    private async ValueTask OperationsAsync(RestRequest request, ResourceLevel level)
    {
        if (await FindAsync(request, level).ConfigureAwait(false) is not { } file)
        {
            return;
        }

        List<string> operations = ["compress", "compressed-data"];
        if (file.LogicalMd5 is not null)
        {
            operations.Add("compressed-md5");
        }

        operations.AddRange(["compressed-size", "data", "info", "is-compressed"]);
        if (file.PlainMd5 is not null)
        {
            operations.Add("md5");
        }

        operations.AddRange(["size", "uncompress"]);
        if (file is { PlainMd5: not null, LogicalMd5: not null })
        {
            operations.Add("verify-md5");
        }

        operations.Add("uuid");
        await request.Json(operations, static (writer, list) => writer.Texts(list)).ConfigureAwait(false);
    }

    private async ValueTask PutAsync(RestRequest request, ResourceLevel level)
    {
        int type = TypeOf(request);
        if (type < MetadataType.FirstUser)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        RevisionCheck check = Revisions.Check(engine, request);
        await engine.ResourceAttachments.FindAsync(level, request.Param(0), type, request.Aborted).ConfigureAwait(false); // an unknown resource stores nothing
        await using IncomingObject content = engine.ResourceAttachments.Receive();
        await Upload.ReceiveAsync(request, content).ConfigureAwait(false);
        (AttachmentRecord file, long revision) = await engine.ResourceAttachments.PutAsync(level, request.Param(0), type, content, check, request.Aborted).ConfigureAwait(false);
        request.SetETag(new RevisionTag(revision, file.PlainMd5 ?? ""));
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask DeleteAsync(RestRequest request, ResourceLevel level)
    {
        int type = TypeOf(request);
        bool legacy = type == AttachmentType.DicomAsJson && engine.Options.Storage.StoreDicom;
        if (type < MetadataType.FirstUser && !legacy)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        await engine.ResourceAttachments.DeleteAsync(level, request.Param(0), type, Revisions.CheckDeletion(engine, request), request.Aborted).ConfigureAwait(false);
        await request.EmptyText().ConfigureAwait(false);
    }

    private ValueTask CompressAsync(RestRequest request, ResourceLevel level) => ConvertAsync(request, level, AttachmentCompression.ZlibWithSize);

    private ValueTask UncompressAsync(RestRequest request, ResourceLevel level) => ConvertAsync(request, level, AttachmentCompression.None);

    private async ValueTask ConvertAsync(RestRequest request, ResourceLevel level, AttachmentCompression form)
    {
        await engine.ResourceAttachments.ConvertAsync(level, request.Param(0), TypeOf(request), form, request.Aborted).ConfigureAwait(false);
        await request.EmptyObject().ConfigureAwait(false);
    }

    private async ValueTask VerifyAsync(RestRequest request, ResourceLevel level)
    {
        if (await engine.ResourceAttachments.VerifyAsync(level, request.Param(0), TypeOf(request), request.Aborted).ConfigureAwait(false))
        {
            await request.EmptyObject().ConfigureAwait(false);
        }
    }

    private async ValueTask DataAsync(RestRequest request, ResourceLevel level)
    {
        if (await FindAsync(request, level).ConfigureAwait(false) is { } file)
        {
            request.SetFileName(file.Type == AttachmentType.Dicom ? $"{file.Uuid}.dcm" : file.Uuid.ToString());
            await SendAsync(request, file, AttachmentView.Plain, engine.Names.ContentMime(file.Type)).ConfigureAwait(false);
        }
    }

    private async ValueTask CompressedDataAsync(RestRequest request, ResourceLevel level)
    {
        if (await FindAsync(request, level).ConfigureAwait(false) is { } file)
        {
            string mime = file.Compression == AttachmentCompression.None ? engine.Names.ContentMime(file.Type) : "application/octet-stream";
            await SendAsync(request, file, AttachmentView.Logical, mime).ConfigureAwait(false);
        }
    }

    private async ValueTask SendAsync(RestRequest request, AttachmentRecord file, AttachmentView view, string mime)
    {
        if (request.Argument("filename") is { Length: > 0 } name)
        {
            request.SetFileName(name);
        }

        await request.Content(new AttachmentSource(engine.Attachments, file, view), mime).ConfigureAwait(false);
    }

    private ValueTask CompressedMd5Async(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.LogicalMd5);

    private ValueTask CompressedSizeAsync(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.LogicalSize.ToString(CultureInfo.InvariantCulture));

    private ValueTask Md5Async(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.PlainMd5);

    private ValueTask SizeAsync(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.PlainSize.ToString(CultureInfo.InvariantCulture));

    private ValueTask IsCompressedAsync(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.Compression == AttachmentCompression.None ? "0" : "1");

    private ValueTask UuidAsync(RestRequest request, ResourceLevel level) => TextAsync(request, level, static file => file.Uuid.ToString());

    /// <summary>Answers one fact as text; an unknown one declines.</summary>
    private async ValueTask TextAsync(RestRequest request, ResourceLevel level, Func<AttachmentRecord, string?> fact)
    {
        if (await FindAsync(request, level).ConfigureAwait(false) is { } file && fact(file) is { } text)
        {
            await request.Text(text).ConfigureAwait(false);
        }
    }

    private async ValueTask InfoAsync(RestRequest request, ResourceLevel level)
    {
        if (await FindAsync(request, level).ConfigureAwait(false) is { } file)
        {
            await request.Json(file, AttachmentJson.WriteInfo).ConfigureAwait(false);
        }
    }

    /// <summary>The attachment that a GET names, its tag set on the answer; null where the answer is 304 already.</summary>
    /// <exception cref="EdgeException">404 (17) where the resource or the attachment is unknown.</exception>
    private async ValueTask<AttachmentRecord?> FindAsync(RestRequest request, ResourceLevel level)
    {
        AttachmentRow row = await engine.ResourceAttachments.FindAsync(level, request.Param(0), TypeOf(request), request.Aborted).ConfigureAwait(false)
            ?? throw new EdgeException(ErrorCode.UnknownResource);
        return await Revisions.AnswerNotModifiedAsync(request, new RevisionTag(row.Revision, row.File.PlainMd5 ?? "")).ConfigureAwait(false) ? null : row.File;
    }

    /// <exception cref="EdgeException">404 (7) where the name is unknown.</exception>
    private int TypeOf(RestRequest request) =>
        engine.Names.FindContent(request.Param(1)) ?? throw new EdgeException(ErrorCode.InexistentItem, $"Unknown type of attachment: \"{request.Param(1)}\"");
}
