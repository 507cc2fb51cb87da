using System.Buffers;
using Edge.Dicom.Reading;
using Edge.Engine.Ingest;
using Edge.Store.Files;

namespace Edge.Engine.Content;

/// <summary>Scans the headers of files that are stored already: main tags, and where the pixel data lies.</summary>
public sealed class StoredHeaders(IAttachmentArea files, ScanPlan plan)
{
    private const int FirstPrefix = 64 * 1024;

    /// <summary>Headers longer than this are read as a whole once more, but never further.</summary>
    private const int LongestPrefix = 64 << 20;

    /// <summary>Scans a DICOM file.</summary>
    /// <exception cref="DicomFormatException">The file is no DICOM, or its header is longer than 64 MiB.</exception>
    public async ValueTask<HeaderScan> ScanAsync(AttachmentRecord file, CancellationToken cancellation = default)
    {
        HeaderScan scan = new();
        long size = FirstPrefix;
        while (true)
        {
            int count = (int)Math.Min(size, file.PlainSize);
            byte[] prefix = ArrayPool<byte>.Shared.Rent(count);
            try
            {
                int read = await files.ReadAsync(file, AttachmentView.Plain, 0, prefix.AsMemory(0, count), cancellation).ConfigureAwait(false);
                if (HeaderScanner.Scan(prefix.AsSpan(0, read), file.PlainSize, plan, scan) != ScanOutcome.NeedsMore)
                {
                    return scan;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(prefix);
            }

            if (size >= LongestPrefix || size >= file.PlainSize)
            {
                throw new DicomFormatException("the header of the stored file is too long to be read again");
            }

            size = Math.Min(LongestPrefix, Math.Max(scan.BytesNeeded, size * 8));
        }
    }

    /// <summary>Scans a DICOM file in memory.</summary>
    public HeaderScan Scan(ReadOnlySpan<byte> file)
    {
        HeaderScan scan = new();
        HeaderScanner.Scan(file, file.Length, plan, scan);
        return scan;
    }

    /// <summary>How a file is best written again.</summary>
    public async ValueTask<WriteOptions> FitAsync(AttachmentRecord file, WriteOptions options, CancellationToken cancellation = default)
    {
        if (file.Type != AttachmentType.Dicom || options.Compression != AttachmentCompression.None)
        {
            return options;
        }

        return Fit(await ScanAsync(file, cancellation).ConfigureAwait(false), options);
    }

    /// <summary>How the DICOM file that was scanned is best written.</summary>
    public static WriteOptions Fit(HeaderScan scan, WriteOptions options) => options with
    {
        Filter = WriteStep.FindPixels(scan),
        Incompressible = scan.TransferSyntax.IsEncapsulated || scan.TransferSyntax.IsDeflated,
    };
}
