using Edge.Core.Options;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Attachments;

/// <summary>
/// The MD5s of attachments. Those of received images are worked out when somebody asks for them first, and kept from then on;
/// until then the checksums of the stored form guard the file (docs/decisions/0006-compression-semantics.md).
/// </summary>
public sealed class AttachmentDigests(IResourceIndex index, IAttachmentArea files, StorageOptions options)
{
    /// <summary>The attachment with its MD5s; without them only where <c>StoreMD5ForAttachments</c> is off.</summary>
    /// <exception cref="Core.Errors.EdgeException">CorruptedFile: its data cannot be read.</exception>
    public async ValueTask<AttachmentRow> CompleteAsync(AttachmentRow attachment, CancellationToken cancellation = default)
    {
        if (!options.StoreMD5ForAttachments || (attachment.File.PlainMd5 is not null && attachment.File.LogicalMd5 is not null))
        {
            return attachment;
        }

        AttachmentRecord file = await files.DigestAsync(attachment.File, cancellation).ConfigureAwait(false);
        await index.SetDigestsAsync(attachment.ResourceId, file, CancellationToken.None).ConfigureAwait(false);
        return attachment with { File = file };
    }
}
