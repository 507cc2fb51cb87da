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

    /// <summary>Instances whose files are looked up in the index at a time.</summary>
    private const int Batch = 128;

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
        Queue<(ResourceRow Instance, Task<DicomFile?> Header)> reading = new(Ahead);
        for (int start = 0; start < instances.Count; start += Batch)
        {
            ResourceRow[] rows = new ResourceRow[Math.Min(Batch, instances.Count - start)];
            for (int i = 0; i < rows.Length; i++)
            {
                rows[i] = instances[start + i];
            }

            List<ExpandedResource> batch = await index.ReadAsync(rows, static (reader, q) => reader.Expand(q, ExpandParts.Attachments), cancellation).ConfigureAwait(false);
            foreach (ExpandedResource instance in batch)
            {
                if (reading.Count == Ahead)
                {
                    (ResourceRow row, Task<DicomFile?> waiting) = reading.Dequeue();
                    if (await waiting.ConfigureAwait(false) is { } header)
                    {
                        yield return (row, header);
                    }
                }

                if (instance.Attachments?.Find(static attachment => attachment.File.Type == AttachmentType.Dicom) is { } file)
                {
                    reading.Enqueue((instance.Row, ReadOneAsync(new StoredInstance(instance.Row, file), cancellation)));
                }
            }
        }

        while (reading.TryDequeue(out (ResourceRow Instance, Task<DicomFile?> Header) last))
        {
            if (await last.Header.ConfigureAwait(false) is { } header)
            {
                yield return (last.Instance, header);
            }
        }
    }

    private async Task<DicomFile?> ReadOneAsync(StoredInstance instance, CancellationToken cancellation)
    {
        try
        {
            return await files.ReadHeaderAsync(instance, cancellation).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Generic.Warning($"the header of instance {instance.Row.PublicId} cannot be read and is left out of the answer: {e.Message}");
            return null;
        }
    }
}
