using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Ingest;

/// <summary>What a rebuild of the index found.</summary>
/// <param name="Restored">Files that have rows again.</param>
/// <param name="Known">Files that had.</param>
/// <param name="Others">Files that are no DICOM instances (attachments of users), or a second copy of one: left alone.</param>
public sealed record ReindexReport(long Restored, long Known, long Others);

/// <summary>Rebuilds a lost index from the stored files. What only the index knew (labels, user metadata, origins, dates of reception) is gone.</summary>
public sealed class Reindexer(IResourceIndex index, IAttachmentArea files, RecordBuilder records, ScanPlan plan, RuntimeSettings settings, bool computeMd5)
{
    private const int FirstPrefix = 256 * 1024;
    private const int LongestPrefix = 256 << 20;

    public async ValueTask<ReindexReport> RunAsync(IncomingMemory memory, CancellationToken cancellation)
    {
        (long restored, long known, long others) = (0, 0, 0);
        await foreach (StoredFile stored in files.EnumerateAsync(cancellation).ConfigureAwait(false))
        {
            if ((await index.KnownFilesAsync([stored.Uuid], cancellation).ConfigureAwait(false)).Count > 0)
            {
                known++;
                continue;
            }

            try
            {
                if (await RestoreAsync(stored.Uuid, memory, cancellation).ConfigureAwait(false))
                {
                    restored++;
                }
                else
                {
                    others++;
                }
            }
            catch (EdgeException e) when (e.Code is ErrorCode.BadFileFormat or ErrorCode.InexistentTag or ErrorCode.BadParameterType or ErrorCode.CorruptedFile)
            {
                others++;
                Log.Generic.Warning($"stored file {stored.Uuid:D} has no place in the index: {e.Message}");
            }
        }

        return new ReindexReport(restored, known, others);
    }

    private async ValueTask<bool> RestoreAsync(Guid uuid, IncomingMemory memory, CancellationToken cancellation)
    {
        AttachmentRecord file = await files.DescribeAsync(uuid, computeMd5, cancellation).ConfigureAwait(false);
        HeaderScan scan = await ScanAsync(file, cancellation).ConfigureAwait(false);
        OrthancIdentifiers identifiers = OrthancIdentifiers.From(scan, settings.DefaultEncoding);
        bool taken = await index.ReadAsync(identifiers.Instance, static (reader, id) => reader.Find(id) is not null, cancellation).ConfigureAwait(false);
        if (taken)
        {
            return false; // a second copy: the index would remove the file of what it does not store
        }

        await using IncomingObject empty = new(memory);
        IngestItem item = new(empty, IngestOrigin.Import, scan) { Identifiers = identifiers, File = file };
        StoreOutcome outcome = await index.StoreInstanceAsync(records.Build(item, overwrite: false, StorageLimits.None), cancellation).ConfigureAwait(false);
        return outcome.Status == StoreStatus.Stored;
    }

    private async ValueTask<HeaderScan> ScanAsync(AttachmentRecord file, CancellationToken cancellation)
    {
        HeaderScan scan = new();
        long size = Math.Min(FirstPrefix, file.PlainSize);
        while (true)
        {
            byte[] prefix = new byte[size];
            int read = await files.ReadAsync(file, AttachmentView.Plain, 0, prefix, cancellation).ConfigureAwait(false);
            if (HeaderScanner.Scan(prefix.AsSpan(0, read), file.PlainSize, plan, scan) != ScanOutcome.NeedsMore || size >= file.PlainSize)
            {
                return scan;
            }

            size = Math.Min(file.PlainSize, Math.Max(scan.BytesNeeded, size * 4));
            if (size > LongestPrefix)
            {
                throw new EdgeException(ErrorCode.BadFileFormat, $"its header is longer than {LongestPrefix} bytes");
            }
        }
    }
}
