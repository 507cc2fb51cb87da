using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Engine.Ports;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Content;

/// <summary>Makes what senders send: of stored resources, or of the bytes of a file.</summary>
public sealed class OutgoingInstances(IResourceIndex index, IAttachmentArea files)
{
    /// <summary>The instances below resources, each once, in the order of the index.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public ValueTask<List<OutgoingInstance>> OfAsync(IReadOnlyList<string> publicIds, CancellationToken cancellation = default) => index.ReadAsync(
        (publicIds, files),
        static (reader, q) =>
        {
            List<OutgoingInstance> instances = [];
            HashSet<long> seen = [];
            foreach (string id in q.publicIds)
            {
                ResourceRow row = reader.Find(id) ?? throw new EdgeException(ErrorCode.UnknownResource, $"Unknown resource: {id}");
                foreach (ResourceRow instance in reader.Descendants(row.Id, ResourceLevel.Instance))
                {
                    if (seen.Add(instance.Id))
                    {
                        instances.Add(Of(reader, instance, q.files));
                    }
                }
            }

            return instances;
        },
        cancellation);

    /// <summary>Instances in the order given; null for each that is not there.</summary>
    public ValueTask<List<OutgoingInstance?>> FindAsync(IReadOnlyList<string> instances, CancellationToken cancellation = default) => index.ReadAsync(
        (instances, files),
        static (reader, q) =>
        {
            List<OutgoingInstance?> found = new(q.instances.Count);
            foreach (string id in q.instances)
            {
                found.Add(reader.Find(id, ResourceLevel.Instance) is { } row ? Of(reader, row, q.files) : null);
            }

            return found;
        },
        cancellation);

    private static Stored Of(IIndexReader reader, ResourceRow instance, IAttachmentArea files) => new(files, reader.Attachment(instance.Id, AttachmentType.Dicom)?.File)
    {
        PublicId = instance.PublicId,
        SopClassUid = instance.Metadata.Get(MetadataType.SopClassUid) ?? "",
        SopInstanceUid = instance.Tags.Get(DicomTags.SOPInstanceUID.Value) ?? "",
        TransferSyntaxUid = instance.Metadata.Get(MetadataType.TransferSyntax) ?? TransferSyntax.ImplicitVrLittleEndian.Uid,
    };

    /// <summary>A file in memory, which must stay as it is until it was sent.</summary>
    /// <exception cref="EdgeException">BadFileFormat: no DICOM, or without SOP class and instance.</exception>
    public static OutgoingInstance OfFile(ReadOnlyMemory<byte> file)
    {
        HeaderScan scan = new();
        HeaderScanner.Scan(file.Span, file.Length, new ScanPlan([DicomTags.SOPClassUID, DicomTags.SOPInstanceUID]), scan);
        string? sopClass = scan.SopClassUid;
        string? sopInstance = scan.GetString(DicomTags.SOPInstanceUID);
        return string.IsNullOrEmpty(sopClass) || string.IsNullOrEmpty(sopInstance)
            ? throw new EdgeException(ErrorCode.BadFileFormat, "The DICOM file has no SOP class or no SOP instance")
            : new InMemory(file[(int)scan.DataSetOffset..]) { SopClassUid = sopClass, SopInstanceUid = sopInstance, TransferSyntaxUid = scan.TransferSyntax.Uid };
    }

    private sealed class InMemory(ReadOnlyMemory<byte> dataSet) : OutgoingInstance
    {
        public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation)
        {
            MemoryStream stream = new(dataSet.ToArray(), writable: false);
            return ValueTask.FromResult<Stream>(stream);
        }
    }

    private sealed class Stored(IAttachmentArea files, AttachmentRecord? record) : OutgoingInstance
    {
        /// <summary>Read first, to find where the data set begins; kept, so that nothing is read or decompressed twice.</summary>
        private const int Head = 64 * 1024;

        public override long? LoadLength => record?.PlainSize;

        public override ValueTask<ReadOnlyMemory<byte>> LoadAsync(Memory<byte> memory, CancellationToken cancellation) =>
            DataSetLoading.LoadAsync(files, record!, memory, cancellation);

        public override async ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation)
        {
            AttachmentRecord there = record ?? throw new EdgeException(ErrorCode.InexistentFile, "The DICOM file of this instance is not stored");
            Stream file = files.OpenRead(there, AttachmentView.Plain);
            byte[] head = ArrayPool<byte>.Shared.Rent(Head);
            HeadedStream stream;
            try
            {
                int count = await file.ReadAtLeastAsync(head.AsMemory(0, Head), Head, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
                HeaderScan scan = new();
                HeaderScanner.Scan(head.AsSpan(0, count), there.PlainSize, ScanPlan.Identifiers, scan);
                stream = new HeadedStream(head, count, file) { Position = scan.DataSetOffset };
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(head);
                await file.DisposeAsync().ConfigureAwait(false);
                throw;
            }

            return stream;
        }
    }
}
