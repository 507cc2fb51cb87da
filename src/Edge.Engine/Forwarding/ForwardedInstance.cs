using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Ports;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>
/// A stored instance on its way to a destination, sent no faster than the destination's limit. One of common size is read whole while the one
/// before it is sent, so that the association never waits for the disk; at most two are held in memory for each association.
/// </summary>
internal sealed class ForwardedInstance(IAttachmentArea files, AttachmentRecord? file, BandwidthLimit limit) : OutgoingFile
{
    /// <summary>Up to this size in bytes an instance is read at once; a larger one as it is sent.</summary>
    private const int LongestWhole = 1 << 20;

    private const int Head = 16 * 1024;
    private const int LongestHead = 1 << 20;
    private Task<byte[]>? _ahead;

    /// <summary>The instance that is sent after this one.</summary>
    public ForwardedInstance? Next { get; set; }

    private bool IsReadWhole => file?.PlainSize is > 0 and <= LongestWhole;

    /// <summary>The instance of an outbox row; null where it is gone.</summary>
    public static ForwardedInstance? Find(IIndexReader reader, OutboxRow row, IAttachmentArea files, BandwidthLimit limit)
    {
        if (reader.Find(row.InstancePublicId, ResourceLevel.Instance) is not { } instance || instance.Id != row.InstanceId)
        {
            return null;
        }

        return new ForwardedInstance(files, reader.Attachment(instance.Id, AttachmentType.Dicom)?.File, limit)
        {
            PublicId = instance.PublicId,
            SopClassUid = instance.Metadata.Get(MetadataType.SopClassUid) ?? "",
            SopInstanceUid = instance.Tags.Get(DicomTags.SOPInstanceUID.Value) ?? "",
            TransferSyntaxUid = instance.Metadata.Get(MetadataType.TransferSyntax) ?? TransferSyntax.ImplicitVrLittleEndian.Uid,
        };
    }

    public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation) => OpenAsync(isDataSet: true, cancellation);

    public override ValueTask<Stream> OpenFileAsync(CancellationToken cancellation) => OpenAsync(isDataSet: false, cancellation);

    private async ValueTask<Stream> OpenAsync(bool isDataSet, CancellationToken cancellation)
    {
        AttachmentRecord there = file ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of this instance is not stored");
        Stream stream;
        if (IsReadWhole)
        {
            byte[] bytes = await (Interlocked.Exchange(ref _ahead, null) ?? ReadWholeAsync()).WaitAsync(cancellation).ConfigureAwait(false);
            int length = (int)there.PlainSize;
            stream = new RentedStream(bytes, isDataSet ? (int)DataSetIn(bytes.AsSpan(0, length)) : 0, length);
        }
        else
        {
            long start = isDataSet ? await FindDataSetAsync(there, cancellation).ConfigureAwait(false) : 0;
            stream = files.OpenRead(there, AttachmentView.Plain);
            stream.Seek(start, SeekOrigin.Begin);
        }

        Next?.ReadAhead();
        return limit.IsUnlimited ? stream : new LimitedStream(stream, limit);
    }

    /// <summary>Begins to read. A failure shows when the instance is opened; what is read and never opened is left to the collector.</summary>
    private void ReadAhead()
    {
        if (IsReadWhole && Volatile.Read(ref _ahead) is null)
        {
            _ahead = ReadWholeAsync();
        }
    }

    private async Task<byte[]> ReadWholeAsync()
    {
        int length = (int)file!.PlainSize;
        byte[] bytes = ArrayPool<byte>.Shared.Rent(length);
        int count = await files.ReadAsync(file, AttachmentView.Plain, 0, bytes.AsMemory(0, length), CancellationToken.None).ConfigureAwait(false);
        return count == length ? bytes : throw new EdgeException(ErrorCode.CorruptedFile, "The DICOM file ends before its size");
    }

    private static long DataSetIn(ReadOnlySpan<byte> bytes)
    {
        HeaderScan scan = new();
        HeaderScanner.Scan(bytes[..Math.Min(Head, bytes.Length)], bytes.Length, ScanPlan.Identifiers, scan);
        if (scan.DataSetOffset == 0 && bytes.Length > Head)
        {
            scan = new HeaderScan();
            HeaderScanner.Scan(bytes, bytes.Length, ScanPlan.Identifiers, scan);
        }

        return scan.DataSetOffset;
    }

    private async ValueTask<long> FindDataSetAsync(AttachmentRecord there, CancellationToken cancellation)
    {
        HeaderScan scan = new();
        for (int size = Head; ; size *= 8)
        {
            byte[] head = new byte[(int)Math.Min(size, there.PlainSize)];
            int count = await files.ReadAsync(there, AttachmentView.Plain, 0, head, cancellation).ConfigureAwait(false);
            if (HeaderScanner.Scan(head.AsSpan(0, count), there.PlainSize, ScanPlan.Identifiers, scan) != ScanOutcome.NeedsMore || scan.DataSetOffset > 0)
            {
                return scan.DataSetOffset;
            }

            if (size >= LongestHead)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, "The meta information of the DICOM file is longer than a megabyte");
            }
        }
    }

    /// <summary>Bytes in rented memory, which is given back when the stream is disposed.</summary>
    private sealed class RentedStream : MemoryStream
    {
        private byte[]? _bytes;

        public RentedStream(byte[] bytes, int start, int end)
            : base(bytes, start, end - start, writable: false) => _bytes = bytes;

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            if (disposing && Interlocked.Exchange(ref _bytes, null) is { } bytes)
            {
                ArrayPool<byte>.Shared.Return(bytes);
            }
        }
    }
}
