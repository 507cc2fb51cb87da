using System.Buffers;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom.Reading;
using Edge.Engine.Attachments;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Scripting;
using Edge.Store.Files;
using Edge.Store.Index;
using StorageFormat = Edge.Store.Files.StorageFormat;

namespace Edge.Engine.Annotation;

/// <summary>The attachments of resources: kept, replaced, compressed, verified.</summary>
public sealed class ResourceAttachments(
    IResourceIndex index, IAttachmentArea files, StoredHeaders headers, AttachmentDigests digests, IncomingMemory memory, StorageOptions storage, GatewayOptions gateway, ScriptEvents? scripts = null)
{
    private const int Piece = 256 * 1024;
    private readonly StorageLimits _limits = CommitStep.LimitsOf(storage);

    /// <summary>The form that the options give to new files.</summary>
    public AttachmentCompression PreferredCompression { get; } = storage.StorageCompression ? AttachmentCompression.ZlibWithSize : AttachmentCompression.None;

    private StorageFormat Format => gateway.StorageFormat == Core.Options.StorageFormat.Raw ? StorageFormat.Raw : StorageFormat.Lz4;

    /// <summary>An attachment of a resource with its MD5s; null where it has none of that type.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask<AttachmentRow?> FindAsync(ResourceLevel level, string publicId, int type, CancellationToken cancellation = default) =>
        await LookUpAsync(level, publicId, type, cancellation).ConfigureAwait(false) is { } row ? await digests.CompleteAsync(row, cancellation).ConfigureAwait(false) : null;

    /// <summary>All attachments of a resource, ascending by type.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask<List<AttachmentRow>> ListAsync(ResourceLevel level, string publicId, CancellationToken cancellation = default) =>
        await index.PeekAsync(
            (level, publicId),
            static (reader, q) => reader.Find(q.publicId, q.level) is { } resource ? reader.Attachments(resource.Id) : null,
            cancellation).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);

    /// <summary>An empty object to receive the content of an attachment into; dispose it after <see cref="PutAsync"/>.</summary>
    public IncomingObject Receive() => new(memory);

    /// <summary>Sets an attachment.</summary>
    /// <returns>The file as kept, and the answer of the index.</returns>
    /// <exception cref="EdgeException">UnknownResource, FullStorage, or Revision where <paramref name="check"/> fails; nothing is kept then.</exception>
    public async ValueTask<(AttachmentRecord File, long Revision)> PutAsync(
        ResourceLevel level, string publicId, int type, IncomingObject content, RevisionCheck check, CancellationToken cancellation = default)
    {
        WriteOptions options = new() { Type = type, Format = Format, Compression = PreferredCompression, ComputeMd5 = storage.StoreMD5ForAttachments };
        AttachmentRecord file = await WriteAsync(content, options, cancellation).ConfigureAwait(false);
        EditOutcome outcome = await index.PutAttachmentAsync(publicId, level, file, check, _limits, ChangeKind.UpdatedAttachment, CancellationToken.None).ConfigureAwait(false);
        long revision = Edits.Require(outcome);
        scripts?.Updated(level, publicId);
        return (file, revision);
    }

    /// <summary>Stores an attachment in the other form; nothing happens where it has that form already.</summary>
    /// <exception cref="EdgeException">UnknownResource, also where the resource has no such attachment; Revision where somebody else changed the attachment meanwhile.</exception>
    public async ValueTask ConvertAsync(ResourceLevel level, string publicId, int type, AttachmentCompression form, CancellationToken cancellation = default)
    {
        AttachmentRow row = await LookUpAsync(level, publicId, type, cancellation).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);
        if (row.File.Compression != form)
        {
            await RewriteAsync(level, publicId, row.File, form, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Brings a file into the form that the options ask for today.</summary>
    public async ValueTask RenewAsync(ResourceLevel level, string publicId, AttachmentRecord file, CancellationToken cancellation = default)
    {
        if (file.Compression != PreferredCompression || file.Format != Format)
        {
            await RewriteAsync(level, publicId, file, PreferredCompression, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Puts another DICOM file of the same instance in the place of the one it has, in the form that the options ask for.</summary>
    /// <param name="scan">Of the new file.</param>
    /// <param name="metadata">Changed together with the file.</param>
    /// <exception cref="EdgeException">UnknownResource; Revision where it is no longer <paramref name="former"/>.</exception>
    public async ValueTask ReplaceAsync(
        ResourceLevel level, string publicId, AttachmentRecord former, ReadOnlySequence<byte> content, HeaderScan scan, IReadOnlyList<MetadataEdit> metadata, CancellationToken cancellation = default)
    {
        WriteOptions options = new() { Type = former.Type, Format = Format, Compression = PreferredCompression, ComputeMd5 = storage.StoreMD5ForAttachments };
        AttachmentRecord written = await files.WriteAsync(content, StoredHeaders.Fit(scan, options), cancellation).ConfigureAwait(false);
        Edits.Require(await index.ReplaceAttachmentAsync(publicId, level, former.Uuid, written, metadata, CancellationToken.None).ConfigureAwait(false));
    }

    /// <summary>Whether the content is what its checksums say. False also where the resource has no such attachment, or MD5s are not kept.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask<bool> VerifyAsync(ResourceLevel level, string publicId, int type, CancellationToken cancellation = default) =>
        storage.StoreMD5ForAttachments
        && await LookUpAsync(level, publicId, type, cancellation).ConfigureAwait(false) is { File: { } file }
        && await files.VerifyAsync(file, cancellation).ConfigureAwait(false);

    /// <summary>Deletes an attachment.</summary>
    /// <exception cref="EdgeException">UnknownResource, also where the resource has no such attachment; Revision.</exception>
    public async ValueTask DeleteAsync(ResourceLevel level, string publicId, int type, RevisionCheck check, CancellationToken cancellation = default)
    {
        Edits.Require(await index.DeleteAttachmentAsync(publicId, level, type, check, ChangeKind.UpdatedAttachment, cancellation).ConfigureAwait(false));
        scripts?.Updated(level, publicId);
    }

    private async ValueTask<AttachmentRow?> LookUpAsync(ResourceLevel level, string publicId, int type, CancellationToken cancellation = default)
    {
        (bool known, AttachmentRow? row) = await index.PeekAsync(
            (level, publicId, type),
            static (reader, q) => reader.Find(q.publicId, q.level) is { } resource ? (true, reader.Attachment(resource.Id, q.type)) : (false, null),
            cancellation).ConfigureAwait(false);
        return known ? row : throw new EdgeException(ErrorCode.UnknownResource);
    }

    private async ValueTask RewriteAsync(ResourceLevel level, string publicId, AttachmentRecord file, AttachmentCompression form, CancellationToken cancellation)
    {
        WriteOptions options = await headers.FitAsync(
            file,
            new WriteOptions { Type = file.Type, Format = Format, Compression = form, ComputeMd5 = storage.StoreMD5ForAttachments },
            cancellation).ConfigureAwait(false);
        await using IncomingObject content = Receive();
        await content.ExpectAsync(file.PlainSize, cancellation).ConfigureAwait(false);
        byte[] piece = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            for (long at = 0; at < file.PlainSize;)
            {
                int read = await files.ReadAsync(file, AttachmentView.Plain, at, piece, cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    throw new EdgeException(ErrorCode.CorruptedFile, "the stored file ends early");
                }

                await content.AppendAsync(piece.AsMemory(0, (int)Math.Min(read, file.PlainSize - at)), cancellation).ConfigureAwait(false);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(piece);
        }

        AttachmentRecord written = await WriteAsync(content, options, cancellation).ConfigureAwait(false);
        Edits.Require(await index.ReplaceAttachmentAsync(publicId, level, file.Uuid, written, cancellation: CancellationToken.None).ConfigureAwait(false));
    }

    private ValueTask<AttachmentRecord> WriteAsync(IncomingObject content, WriteOptions options, CancellationToken cancellation) => content.Spool is { } spool
        ? files.AdoptAsync(spool, options, cancellation)
        : files.WriteAsync(new ReadOnlySequence<byte>(content.Bytes), options, cancellation);
}
