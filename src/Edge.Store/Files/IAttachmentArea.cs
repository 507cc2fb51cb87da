using System.Buffers;

namespace Edge.Store.Files;

/// <summary>
/// Files by uuid. What a write returned is durable. All work runs on the area's own threads. Errors: <c>FullStorage</c>,
/// <c>CannotWriteFile</c> (read-only or failing disk), <c>InexistentFile</c>, <c>CorruptedFile</c>.
/// </summary>
public interface IAttachmentArea : IAsyncDisposable
{
    /// <summary>Writes data from memory, which must stay as it is until the task completes.</summary>
    ValueTask<AttachmentRecord> WriteAsync(ReadOnlySequence<byte> content, WriteOptions options, CancellationToken cancellation = default);

    /// <summary>Opens a spool for an object too large for memory or of unknown size. Dispose it; what was not adopted is removed.</summary>
    /// <param name="hashes">Whether the MD5 is worked out as the object comes, because it will be needed.</param>
    ISpool CreateSpool(bool hashes = true);

    /// <summary>Makes a spooled object an attachment: renamed where its bytes are kept as they are, else compressed streaming.</summary>
    ValueTask<AttachmentRecord> AdoptAsync(ISpool spool, WriteOptions options, CancellationToken cancellation = default);

    /// <summary>Reads a range, verified: as many bytes as <paramref name="destination"/> holds or the data has from <paramref name="offset"/> on.</summary>
    /// <param name="continuesHere">What awaits the result may go on on the thread that read: for callers that then only hand it on.</param>
    ValueTask<int> ReadAsync(AttachmentRecord file, AttachmentView view, long offset, Memory<byte> destination, CancellationToken cancellation = default, bool continuesHere = false);

    /// <summary>A seekable stream over the data; its asynchronous reads run on the area's threads, synchronous ones are refused.</summary>
    Stream OpenRead(AttachmentRecord file, AttachmentView view);

    /// <summary>Reads everything and compares checksums and, where known, the MD5s. False if it differs.</summary>
    ValueTask<bool> VerifyAsync(AttachmentRecord file, CancellationToken cancellation = default);

    /// <summary>Works out the MD5s that the record lacks, from the verified data.</summary>
    ValueTask<AttachmentRecord> DigestAsync(AttachmentRecord file, CancellationToken cancellation = default);

    /// <summary>Removes a file; one that is gone already is no error.</summary>
    ValueTask DeleteAsync(Guid uuid, CancellationToken cancellation = default);

    /// <summary>All files stored, in no order: for rebuilding the index.</summary>
    IAsyncEnumerable<StoredFile> EnumerateAsync(CancellationToken cancellation = default);

    /// <summary>Describes a stored file from its own bytes (sizes, format; MD5 if asked): for rebuilding the index.</summary>
    ValueTask<AttachmentRecord> DescribeAsync(Guid uuid, bool computeMd5, CancellationToken cancellation = default);

    /// <summary>Bytes free for the area, and its capacity.</summary>
    (long Free, long Capacity) Space();
}

/// <summary>A file found in the area.</summary>
public readonly record struct StoredFile(Guid Uuid, long StoredSize);

/// <summary>An object being received into a file. Calls come one after the other.</summary>
public interface ISpool : IAsyncDisposable
{
    /// <summary>Bytes appended so far.</summary>
    long Length { get; }

    /// <summary>Appends; the memory may be used again when the task completes.</summary>
    ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default);

    /// <summary>Reads back what was appended.</summary>
    ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation = default);
}
