using System.Buffers;
using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Runtime;

namespace Edge.Engine.Ingest;

/// <summary>Scans the header: identifiers, main tags, where the pixel data lies. No data set is built.</summary>
public sealed class IdentifyStep(ScanPlan plan, RuntimeSettings settings) : IIngestStep
{
    /// <summary>How much of a spooled object is read for its header at first.</summary>
    private const int FirstPrefix = 256 * 1024;

    /// <summary>A header longer than this is scanned through a window on the file instead.</summary>
    private const int LongestPrefix = 8 << 20;

    public async ValueTask<bool> RunAsync(IngestItem item, CancellationToken cancellation)
    {
        await IdentifyAsync(item, cancellation).ConfigureAwait(false);
        CheckAnnounced(item.AnnouncedSopClassUid, item.Scan.GetString(Dicom.Tags.DicomTags.SOPClassUID), "SOP class");
        CheckAnnounced(item.AnnouncedSopInstanceUid, item.Identifiers!.SopInstanceUid, "SOP instance");
        return true;
    }

    /// <summary>Scans what the item holds now.</summary>
    internal async ValueTask IdentifyAsync(IngestItem item, CancellationToken cancellation)
    {
        if (item.Content.Length == 0)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "Received an empty DICOM file");
        }

        if (item.Content.Spool is null)
        {
            HeaderScanner.Scan(item.Content.Bytes.Span, item.Content.Length, plan, item.Scan);
        }
        else
        {
            await ScanSpoolAsync(item, cancellation).ConfigureAwait(false);
        }

        if (item.Scan.Outcome == ScanOutcome.Truncated || item.Scan.IsPixelDataTruncated)
        {
            // To acknowledge half an image would let its sender delete the whole one: docs/decisions/0008-damaged-files.md.
            throw new EdgeException(ErrorCode.BadFileFormat, $"Cannot parse an invalid DICOM file (size: {item.Content.Length} bytes): it is cut off");
        }

        item.Identifiers = OrthancIdentifiers.From(item.Scan, settings.DefaultEncoding);
    }

    private static void CheckAnnounced(string? announced, string? actual, string what)
    {
        if (announced is not null && announced != actual)
        {
            throw new EdgeException(ErrorCode.NoSopClassOrInstance, $"the {what} of the data set is not the one of the C-STORE request");
        }
    }

    private async ValueTask ScanSpoolAsync(IngestItem item, CancellationToken cancellation)
    {
        Store.Files.ISpool spool = item.Content.Spool!;
        int size = FirstPrefix;
        while (true)
        {
            byte[] prefix = ArrayPool<byte>.Shared.Rent((int)Math.Min(size, spool.Length));
            try
            {
                int read = await spool.ReadAsync(0, prefix, cancellation).ConfigureAwait(false);
                if (HeaderScanner.Scan(prefix.AsSpan(0, read), spool.Length, plan, item.Scan) != ScanOutcome.NeedsMore)
                {
                    return;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(prefix);
            }

            if (item.Scan.BytesNeeded > LongestPrefix || size >= LongestPrefix)
            {
                break;
            }

            size = (int)Math.Min(LongestPrefix, Math.Max(item.Scan.BytesNeeded, size * 4L));
        }

        // Rare: a header of many megabytes before the pixel data. The scanner reads synchronously, so it gets a thread of its own.
        await Task.Factory.StartNew(
            () => HeaderScanner.Scan(new SpoolSource(spool), plan, item.Scan),
            cancellation,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default).ConfigureAwait(false);
    }

    /// <summary>A spool as the scanner's source, for a thread that may block.</summary>
    private sealed class SpoolSource(Store.Files.ISpool spool) : IByteSource
    {
        public long Length => spool.Length;

        public int Read(long offset, Span<byte> destination)
        {
            byte[] buffer = ArrayPool<byte>.Shared.Rent(destination.Length);
            try
            {
                int read = spool.ReadAsync(offset, buffer.AsMemory(0, destination.Length)).AsTask().GetAwaiter().GetResult();
                buffer.AsSpan(0, read).CopyTo(destination);
                return read;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
