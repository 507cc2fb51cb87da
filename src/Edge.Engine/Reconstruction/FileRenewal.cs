using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Annotation;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Transcoding;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Reconstruction;

/// <summary>
/// Brings stored files into what the options ask for today: the transfer syntax of <c>IngestTranscoding</c>, the storage form. The new file is durable
/// before its row takes the place of the old one, metadata included; the old file goes after that commit. A kill in between leaves the one or the other.
/// </summary>
public sealed class FileRenewal(InstanceFiles files, StoredHeaders headers, ResourceAttachments attachments, Transcoder transcoder, IngestTranscodingRule rule)
{
    /// <exception cref="EdgeException">A file that cannot be read or written; Revision where somebody else replaced it meanwhile.</exception>
    public async ValueTask RenewAsync(StoredInstance instance, CancellationToken cancellation = default)
    {
        if (!await TranscodeAsync(instance, cancellation).ConfigureAwait(false))
        {
            await attachments.RenewAsync(ResourceLevel.Instance, instance.Row.PublicId, instance.RequireFile().File, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>False where the file stays in its transfer syntax: it is welcome, or what the options ask for cannot hold it.</summary>
    private async ValueTask<bool> TranscodeAsync(StoredInstance instance, CancellationToken cancellation)
    {
        if (instance.TransferSyntax is not { } from || rule.For(from) is not { } request)
        {
            return false;
        }

        AttachmentRecord file = instance.RequireFile().File;
        if (file.PlainSize > InstanceFiles.MaximumLoaded)
        {
            Log.Dicom.Info($"instance {instance.Row.PublicId} stays in {from.Uid}: {file.PlainSize} bytes are too many to be transcoded");
            return false;
        }

        byte[] bytes = await files.ReadAsync(file, 0, file.PlainSize, cancellation).ConfigureAwait(false);
        TranscodedBytes? transcoded;
        try
        {
            // A syntax with loss would make another instance of it, under another identifier.
            transcoded = await transcoder.TranscodeToBytesAsync(bytes, request with { Lossy = LossyTranscoding.Refused }, cancellation).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Dicom.Info($"instance {instance.Row.PublicId} stays in {from.Uid}: {e.Message}");
            return false;
        }

        if (transcoded is null)
        {
            return false;
        }

        HeaderScan scan = headers.Scan(transcoded.Bytes.Span);
        List<MetadataValue> pixels = [];
        RecordBuilder.AddPixelMetadata(scan, pixels);
        await attachments.ReplaceAsync(
            ResourceLevel.Instance,
            instance.Row.PublicId,
            file,
            new ReadOnlySequence<byte>(transcoded.Bytes),
            scan,
            [
                new MetadataEdit(MetadataType.TransferSyntax, scan.TransferSyntax.Uid),
                new MetadataEdit(MetadataType.PixelDataOffset, pixels.Find(static one => one.Type == MetadataType.PixelDataOffset).Value),
                new MetadataEdit(MetadataType.PixelDataVr, pixels.Find(static one => one.Type == MetadataType.PixelDataVr).Value),
            ],
            cancellation).ConfigureAwait(false);
        return true;
    }
}
