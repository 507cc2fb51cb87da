using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Engine;
using Edge.Engine.Ingest;
using Edge.Rest.Hosting;
using Edge.Store.Files;

namespace Edge.Rest.Orthanc;

/// <summary>POST /instances: one DICOM file, a ZIP archive of them, or a form.</summary>
public sealed class Upload(EdgeEngine engine)
{
    private readonly ChunkedUploads _chunked = new();

    public Route[] Routes() =>
    [
        new("POST", "/instances", PostAsync, "Upload DICOM instances"),
    ];

    private async ValueTask PostAsync(RestRequest request)
    {
        IngestOrigin origin = request.ToIngest();
        if (MultipartReader.IsMultipart(request.ContentType))
        {
            await PostFormAsync(request, origin).ConfigureAwait(false);
            return;
        }

        await using IncomingObject content = engine.Ingest.Receive();
        await ReceiveAsync(request, content).ConfigureAwait(false);
        if (ZipIngest.IsZip(await StartOfAsync(content, request.Aborted).ConfigureAwait(false)))
        {
            List<IngestResult> results = await ZipIngest.RunAsync(engine.Ingest, content, origin, request.Aborted).ConfigureAwait(false);
            await request.Json(results, static (writer, list) =>
            {
                writer.WriteStartArray();
                foreach (IngestResult result in list)
                {
                    Write(writer, result);
                }

                writer.WriteEndArray();
            }).ConfigureAwait(false);
            return;
        }

        IngestResult stored = await StoreAsync(content, origin, request.Aborted).ConfigureAwait(false);
        await request.Json(stored, static (writer, result) => Write(writer, result)).ConfigureAwait(false);
    }

    /// <summary>
    /// Each part is an upload of its own, or a chunk of one, and its answer is dropped: 200 without a body. An invalid part fails the request;
    /// earlier parts stay.
    /// </summary>
    private async ValueTask PostFormAsync(RestRequest request, IngestOrigin origin)
    {
        UploadedFile? file = ChunkedUploads.FileOf(request);
        MultipartReader form = MultipartReader.Create(request.BodyReader, request.ContentType!);
        while (await form.NextPartAsync(request.Aborted).ConfigureAwait(false) is not null)
        {
            IncomingObject content = (file is null ? null : _chunked.Take(file)) ?? engine.Ingest.Receive();
            bool isKept = false;
            try
            {
                await ReceivePartAsync(form, content, file?.Length ?? long.MaxValue, request.Aborted).ConfigureAwait(false);
                if (file is not null && content.Length < file.Length)
                {
                    await _chunked.KeepAsync(file, content, request.Aborted).ConfigureAwait(false);
                    isKept = true;
                }
                else
                {
                    await StorePartAsync(content, origin, request.Aborted).ConfigureAwait(false);
                }
            }
            finally
            {
                if (!isKept)
                {
                    await content.DisposeAsync().ConfigureAwait(false);
                }
            }
        }

        await request.EmptyText().ConfigureAwait(false);
    }

    private static async ValueTask ReceivePartAsync(MultipartReader form, IncomingObject content, long limit, CancellationToken cancellation)
    {
        while (await form.ReadAsync(cancellation).ConfigureAwait(false) is { IsEmpty: false } chunk)
        {
            if (chunk.Length > limit - content.Length)
            {
                throw new EdgeException(ErrorCode.BadRequest, $"more bytes were sent than the {limit} of X-File-Size");
            }

            foreach (ReadOnlyMemory<byte> segment in chunk)
            {
                await content.AppendAsync(segment, cancellation).ConfigureAwait(false);
            }

            form.Advance(chunk.Length);
        }
    }

    private async ValueTask StorePartAsync(IncomingObject content, IngestOrigin origin, CancellationToken cancellation)
    {
        if (content.Length == 0)
        {
            return;
        }

        if (ZipIngest.IsZip(await StartOfAsync(content, cancellation).ConfigureAwait(false)))
        {
            await ZipIngest.RunAsync(engine.Ingest, content, origin, cancellation).ConfigureAwait(false);
        }
        else
        {
            await StoreAsync(content, origin, cancellation).ConfigureAwait(false);
        }
    }

    private async ValueTask<IngestResult> StoreAsync(IncomingObject content, IngestOrigin origin, CancellationToken cancellation)
    {
        IngestResult result = await engine.Ingest.IngestAsync(content, origin, cancellation: cancellation).ConfigureAwait(false);
        return result.Status == IngestStatus.StorageFull ? throw result.ToStorageFull() : result;
    }

    /// <summary>Receives the body of a request.</summary>
    internal static async ValueTask ReceiveAsync(RestRequest request, IncomingObject content)
    {
        if (request.ContentLength is { } announced && request.Header("Content-Encoding") is null)
        {
            await content.ExpectAsync(announced, request.Aborted).ConfigureAwait(false);
        }

        PipeReader body = request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(request.Aborted).ConfigureAwait(false);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                if (!content.TryAppend(segment.Span))
                {
                    await content.AppendAsync(segment, request.Aborted).ConfigureAwait(false);
                }
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static async ValueTask<byte[]> StartOfAsync(IncomingObject content, CancellationToken cancellation)
    {
        byte[] start = new byte[Math.Min(4, content.Length)];
        if (content.Spool is { } spool)
        {
            await spool.ReadAsync(0, start, cancellation).ConfigureAwait(false);
        }
        else
        {
            content.Bytes.Span[..start.Length].CopyTo(start);
        }

        return start;
    }

    /// <summary>What became of one instance.</summary>
    internal static void Write(Utf8JsonWriter writer, IngestResult result)
    {
        writer.WriteStartObject();
        writer.WriteString("ID"u8, result.Identifiers.Instance);
        writer.WriteString("ParentPatient"u8, result.Identifiers.Patient);
        writer.WriteString("ParentSeries"u8, result.Identifiers.Series);
        writer.WriteString("ParentStudy"u8, result.Identifiers.Study);
        writer.WriteString("Path"u8, "/instances/" + result.Identifiers.Instance);
        writer.WriteString("Status"u8, result.Status switch
        {
            IngestStatus.Success => "Success"u8,
            IngestStatus.AlreadyStored => "AlreadyStored"u8,
            _ => "FilteredOut"u8,
        });
        writer.WriteEndObject();
    }
}
