using System.Globalization;
using System.IO.Pipelines;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Images;
using Edge.Imaging.Output;
using Edge.Rest.Hosting;
using Edge.Store.Files;

namespace Edge.Rest.Orthanc;

/// <summary>The values of frames for programs, their raw bytes, and embedded documents.</summary>
public sealed class FrameValues(EdgeEngine engine)
{
    private const int Piece = 256 * 1024;
    private static readonly DicomTag EncapsulatedDocument = new(0x00420011), MediaTypeOfDocument = new(0x00420012), LengthOfDocument = new(0x00420015);

    public Route[] Routes() =>
    [
        new("GET", "/instances/{id}/matlab", request => MatlabAsync(request, 0), "Decode frame for Matlab"),
        new("GET", "/instances/{id}/frames/{frame}/matlab", request => FrameAsync(request, MatlabAsync), "Decode frame for Matlab"),
        new("GET", "/instances/{id}/frames/{frame}/raw", request => FrameAsync(request, RawAsync), "Access raw frame"),
        new("GET", "/instances/{id}/frames/{frame}/raw.gz", request => FrameAsync(request, RawGzipAsync), "Access raw frame (compressed)"),
        new("GET", "/instances/{id}/frames/{frame}/numpy", FrameNumpyAsync, "Decode frame for numpy"),
        new("GET", "/instances/{id}/numpy", InstanceNumpyAsync, "Decode instance for numpy"),
        new("GET", "/series/{id}/numpy", SeriesNumpyAsync, "Decode series for numpy"),
        new("GET", "/instances/{id}/pdf", PdfAsync, "Get embedded PDF"),
    ];

    private static ValueTask FrameAsync(RestRequest request, Func<RestRequest, int, ValueTask> answer) =>
        int.TryParse(request.Param(1), NumberStyles.None, CultureInfo.InvariantCulture, out int frame) ? answer(request, frame) : request.Decline();

    private async ValueTask MatlabAsync(RestRequest request, int frame)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        using EncodedImage text = await engine.Images.MatlabAsync(instance, frame, request.Aborted).ConfigureAwait(false);
        await request.Bytes(text.Memory, "text/plain").ConfigureAwait(false);
    }

    private async ValueTask RawAsync(RestRequest request, int frame)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        using RawFrame raw = await engine.Images.RawAsync(instance, frame, request.Aborted).ConfigureAwait(false);
        if (raw.Ranges.Count == 0)
        {
            await request.Bytes(raw.Inflated, raw.MediaType).ConfigureAwait(false);
            return;
        }

        await request.Stream(raw.MediaType, (output, cancellation) => SendAsync(engine.Attachments, raw, output, cancellation), raw.Length).ConfigureAwait(false);
    }

    private static async ValueTask SendAsync(IAttachmentArea files, RawFrame raw, PipeWriter output, CancellationToken cancellation)
    {
        foreach (FrameRange range in raw.Ranges)
        {
            for (long at = 0; at < range.Length;)
            {
                Memory<byte> room = output.GetMemory((int)Math.Min(Piece, range.Length - at));
                room = room[..(int)Math.Min(room.Length, range.Length - at)];
                int read = await files.ReadAsync(raw.File, AttachmentView.Plain, range.Offset + at, room, cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EdgeException(ErrorCode.CorruptedFile, "the stored file ends early");
                }

                output.Advance(read);
                at += read;
                if ((await output.FlushAsync(cancellation).ConfigureAwait(false)).IsCompleted)
                {
                    return;
                }
            }
        }
    }

    private async ValueTask RawGzipAsync(RestRequest request, int frame)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        using EncodedImage raw = await engine.Images.RawGzipAsync(instance, frame, request.Aborted).ConfigureAwait(false);
        await request.Bytes(raw.Memory, "application/gzip").ConfigureAwait(false);
    }

    private async ValueTask FrameNumpyAsync(RestRequest request)
    {
        (bool rescale, bool compress) = ReadNumpyArguments(request);
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        if (!int.TryParse(request.Param(1), NumberStyles.None, CultureInfo.InvariantCulture, out int frame))
        {
            throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Not the number of a frame: {request.Param(1)}");
        }

        using EncodedImage array = await engine.Images.NumpyAsync(instance, frame, rescale, request.Aborted).ConfigureAwait(false);
        if (compress)
        {
            await SendCompressedAsync(request, (output, cancellation) => WriteAsync(output, array.Memory, cancellation)).ConfigureAwait(false);
        }
        else
        {
            await request.Bytes(array.Memory, "application/octet-stream").ConfigureAwait(false);
        }
    }

    private async ValueTask InstanceNumpyAsync(RestRequest request)
    {
        (bool rescale, bool compress) = ReadNumpyArguments(request);
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        await AnswerVolumeAsync(request, await engine.Volumes.OfInstanceAsync(instance, rescale, request.Aborted).ConfigureAwait(false), compress).ConfigureAwait(false);
    }

    private async ValueTask SeriesNumpyAsync(RestRequest request)
    {
        (bool rescale, bool compress) = ReadNumpyArguments(request);
        await AnswerVolumeAsync(request, await engine.Volumes.OfSeriesAsync(request.Param(0), rescale, request.Aborted).ConfigureAwait(false), compress).ConfigureAwait(false);
    }

    private ValueTask AnswerVolumeAsync(RestRequest request, NumpyVolume volume, bool compress) => compress
        ? SendCompressedAsync(request, (output, cancellation) => engine.Volumes.WriteAsync(volume, output, cancellation))
        : request.Stream("application/octet-stream", (output, cancellation) => engine.Volumes.WriteAsync(volume, output, cancellation), volume.Length);

    /// <summary>An NPZ: a ZIP archive of one array.</summary>
    private ValueTask SendCompressedAsync(RestRequest request, Func<PipeWriter, CancellationToken, ValueTask> write) =>
        request.Stream("application/octet-stream", (output, cancellation) => engine.Archives.WriteSingleAsync("arr_0", write, output, cancellation));

    private static async ValueTask WriteAsync(PipeWriter output, ReadOnlyMemory<byte> bytes, CancellationToken cancellation) =>
        await output.WriteAsync(bytes, cancellation).ConfigureAwait(false);

    private static (bool Rescale, bool Compress) ReadNumpyArguments(RestRequest request) =>
        (request.BooleanArgument("rescale", absent: true), request.BooleanArgument("compress", absent: false));

    private async ValueTask PdfAsync(RestRequest request)
    {
        StoredInstance instance = await engine.Files.RequireAsync(request.Param(0), request.Aborted).ConfigureAwait(false);
        DataSet dataSet = (await engine.Files.ReadWholeAsync(instance, request.Aborted).ConfigureAwait(false)).DataSet;
        if (dataSet.GetString(MediaTypeOfDocument) != "application/pdf" || dataSet.Find(EncapsulatedDocument) is not { } document)
        {
            await request.Decline().ConfigureAwait(false);
            return;
        }

        await request.Bytes(WithoutPadding(dataSet, document.Value), "application/pdf").ConfigureAwait(false);
    }

    /// <summary>A document of odd length ends with a zero byte in the data set (PS3.5 7.1.1), unless its length says that it is its own (PS3.3 C.24.2).</summary>
    private static ReadOnlyMemory<byte> WithoutPadding(DataSet dataSet, ReadOnlyMemory<byte> document) =>
        document.Span is [.., 0] && dataSet.GetInteger(LengthOfDocument) != document.Length ? document[..^1] : document;
}
