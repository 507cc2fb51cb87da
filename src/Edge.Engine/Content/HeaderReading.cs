using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Engine.Content;

/// <summary>Reads the headers of all instances below a resource, a few ahead of who asks for them.</summary>
public sealed class HeaderReading(IResourceIndex index, InstanceFiles files)
{
    private const int Ahead = 4;

    /// <summary>The instances below a resource, in the order of creation per parent.</summary>
    /// <exception cref="EdgeException">UnknownResource.</exception>
    public async ValueTask<List<ResourceRow>> InstancesAsync(ResourceLevel level, string publicId, CancellationToken cancellation = default) =>
        await index.ReadAsync(
            (level, publicId),
            static (reader, q) => reader.Find(q.publicId, q.level) is { } row ? reader.Descendants(row.Id, ResourceLevel.Instance) : null,
            cancellation).ConfigureAwait(false) ?? throw new EdgeException(ErrorCode.UnknownResource);

    /// <summary>The headers of instances, in their order. Those that cannot be read, or are gone, are left out.</summary>
    public async IAsyncEnumerable<(ResourceRow Instance, DicomFile Header)> ReadAsync(IReadOnlyList<ResourceRow> instances, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        Queue<Task<DicomFile?>> reading = new(Ahead);
        int next = 0;
        for (int i = 0; i < instances.Count; i++)
        {
            while (next < instances.Count && reading.Count < Ahead)
            {
                reading.Enqueue(ReadOneAsync(instances[next++], cancellation));
            }

            if (await reading.Dequeue().ConfigureAwait(false) is { } header)
            {
                yield return (instances[i], header);
            }
        }
    }

    private async Task<DicomFile?> ReadOneAsync(ResourceRow instance, CancellationToken cancellation)
    {
        try
        {
            AttachmentRow? file = await index.ReadAsync(instance.Id, static (reader, id) => reader.Attachment(id, AttachmentType.Dicom), cancellation).ConfigureAwait(false);
            return file is null ? null : await files.ReadHeaderAsync(new StoredInstance(instance, file), cancellation).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Generic.Warning($"the header of instance {instance.PublicId} cannot be read and is left out of the answer: {e.Message}");
            return null;
        }
    }
}
