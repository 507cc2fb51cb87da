using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Engine.Ports;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>A stored instance on its way to a destination, read no faster than the destination's limit.</summary>
internal sealed class ForwardedInstance(IAttachmentArea files, AttachmentRecord? file, BandwidthLimit limit) : OutgoingFile
{
    private const int Head = 16 * 1024;
    private const int LongestHead = 1 << 20;

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

    /// <summary>Where a limit applies, the data set is read as slowly as it says.</summary>
    public override long? LoadLength => limit.IsUnlimited ? file?.PlainSize : null;

    public override ValueTask<ReadOnlyMemory<byte>> LoadAsync(Memory<byte> memory, CancellationToken cancellation) =>
        DataSetLoading.LoadAsync(files, file!, memory, cancellation);

    public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation) => OpenAsync(isDataSet: true, cancellation);

    public override ValueTask<Stream> OpenFileAsync(CancellationToken cancellation) => OpenAsync(isDataSet: false, cancellation);

    private async ValueTask<Stream> OpenAsync(bool isDataSet, CancellationToken cancellation)
    {
        AttachmentRecord there = file ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of this instance is not stored");
        long start = isDataSet ? await FindDataSetAsync(there, cancellation).ConfigureAwait(false) : 0;
        Stream stream = files.OpenRead(there, AttachmentView.Plain);
        stream.Seek(start, SeekOrigin.Begin);
        return limit.IsUnlimited ? stream : new LimitedStream(stream, limit);
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
}
