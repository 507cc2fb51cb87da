using System.Buffers;
using Edge.Core.Options;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Ingest;

/// <summary>Writes the file, durably. A repeated instance that would be dropped is not written at all.</summary>
public sealed class WriteStep(IResourceIndex index, IAttachmentArea files, StorageOptions options, GatewayOptions gateway) : IIngestStep
{
    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        bool overwrite = item.Overwrite ?? options.OverwriteInstances;
        if (!overwrite)
        {
            long known = await index.FindInstanceAsync(item.Identifiers!.Instance, cancellation).ConfigureAwait(false);
            if (known != 0)
            {
                StoreOutcome outcome = new() { Status = StoreStatus.AlreadyStored, InstanceId = known };
                item.Result = new IngestResult(IngestStatus.AlreadyStored, item.Identifiers!, outcome);
                return false;
            }
        }

        if (!options.StoreDicom)
        {
            return true;
        }

        WriteOptions write = new()
        {
            Format = gateway.StorageFormat == Core.Options.StorageFormat.Raw ? Store.Files.StorageFormat.Raw : Store.Files.StorageFormat.Lz4,
            Compression = options.StorageCompression ? AttachmentCompression.ZlibWithSize : AttachmentCompression.None,
            Filter = FindPixels(item.Scan),
            ComputeMd5 = options.StoreMD5ForAttachments,
            Md5OnDemand = true,
            Incompressible = item.Scan.TransferSyntax.IsEncapsulated || item.Scan.TransferSyntax.IsDeflated,
        };
        item.File = item.Content.Spool is { } spool
            ? await files.AdoptAsync(spool, write, cancellation).ConfigureAwait(false)
            : await files.WriteAsync(new ReadOnlySequence<byte>(item.Content.Bytes), write, cancellation).ConfigureAwait(false);
        return true;
    }

    /// <summary>Where the native samples lie, so that they can be filtered before LZ4; null where there are none.</summary>
    public static FilterHint? FindPixels(HeaderScan scan)
    {
        if (scan.TransferSyntax.IsEncapsulated || scan.TransferSyntax.IsDeflated || scan.PixelDataValueOffset is not { } start || scan.PixelDataLength is not > 0
            || scan.BitsAllocated is not (8 or 16 or 32))
        {
            return null;
        }

        int samples = Math.Clamp(scan.SamplesPerPixel ?? 1, 1, 4);
        bool interleaved = samples > 1 && scan.PlanarConfiguration is null or 0;
        int stride = interleaved ? samples : 1;
        return new FilterHint(start, scan.PixelDataLength.Value, scan.BitsAllocated.Value / 8, stride, (scan.Columns ?? 0) * stride, scan.TransferSyntax.IsBigEndian);
    }
}
