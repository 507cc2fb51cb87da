using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Content;
using Edge.Store.Index;

namespace Edge.Engine.Query;

/// <summary>Questions about resources, as the faces ask them.</summary>
public sealed class ResourceQueries(IResourceIndex index, InstanceFiles files, IndexingOptions options)
{
    /// <summary>Candidates whose files are looked at together.</summary>
    private const int FileBatch = 128;

    private readonly HeaderReading _headers = new(index, files);

    public IResourceIndex Index { get; } = index;

    /// <summary>One resource; null where it is unknown at that level.</summary>
    public ValueTask<ExpandedResource?> FindAsync(ResourceLevel level, string publicId, ExpandParts parts, CancellationToken cancellation = default) => Index.PeekAsync(
        (level, publicId, parts),
        static (reader, q) => reader.Find(q.publicId, q.level) is { } row ? reader.Expand([row], q.parts).FirstOrDefault() : null,
        cancellation);

    public ValueTask<List<string>> ListIdsAsync(ResourceLevel level, long since, long limit, CancellationToken cancellation = default) => Index.ReadAsync(
        (level, since, limit),
        static (reader, q) => reader.ListIds(q.level, q.since, q.limit),
        cancellation);

    /// <summary>A page of resources with what is asked for, in the order of creation.</summary>
    /// <param name="afterId">The row id of the last one seen; 0 for the first page.</param>
    public ValueTask<List<ExpandedResource>> PageAfterAsync(ResourceLevel level, long afterId, int limit, ExpandParts parts, CancellationToken cancellation = default) => Index.ReadAsync(
        (level, afterId, limit, parts),
        static (reader, q) => reader.Expand(reader.ListAfter(q.level, q.afterId, q.limit), q.parts),
        cancellation);

    public ValueTask<List<ExpandedResource>> PageAsync(ResourceLevel level, long since, long limit, ExpandParts parts, CancellationToken cancellation = default) => Index.ReadAsync(
        (level, since, limit, parts),
        static (reader, q) => reader.Expand(reader.List(q.level, q.since, q.limit), q.parts),
        cancellation);

    /// <summary>The descendants of a level; null where the resource is unknown.</summary>
    public ValueTask<List<ExpandedResource>?> DescendantsAsync(ResourceLevel level, string publicId, ResourceLevel below, ExpandParts parts, CancellationToken cancellation = default) => Index.ReadAsync(
        (level, publicId, below, parts),
        static (reader, q) => reader.Find(q.publicId, q.level) is { } row
            ? reader.Expand(reader.Descendants(row.Id, q.below), q.parts)
            : null,
        cancellation);

    /// <summary>The ancestor of a level; null where the resource is unknown.</summary>
    public ValueTask<ExpandedResource?> AncestorAsync(ResourceLevel level, string publicId, ResourceLevel above, ExpandParts parts, CancellationToken cancellation = default) => Index.PeekAsync(
        (level, publicId, above, parts),
        static (reader, q) => reader.Find(q.publicId, q.level) is { } row && reader.Ancestor(row.Id, q.above) is { } ancestor
            ? reader.Expand([ancestor], q.parts).FirstOrDefault()
            : null,
        cancellation);

    public ValueTask<List<ExpandedResource>> ExpandAsync(IReadOnlyList<long> ids, ExpandParts parts, CancellationToken cancellation = default) => Index.ReadAsync(
        (ids, parts),
        static (reader, q) => reader.Expand(q.ids, q.parts),
        cancellation);

    /// <summary>Answers a search. Orthanc's global limits are the caller's to set in the query.</summary>
    public async ValueTask<List<FoundResource>> FindResourcesAsync(FindQuery query, CancellationToken cancellation = default)
    {
        if (query.IsImpossible)
        {
            return [];
        }

        FindRequest request = query.ToRequest();
        List<FoundResource> found = await Index.ReadAsync(request, static (reader, q) => reader.FindResources(q), cancellation).ConfigureAwait(false);
        if (query.InFiles.Count == 0)
        {
            return found;
        }

        // Only with access to the files can such a condition be met; without it, it is not met (StorageAccessOnFind).
        List<FoundResource> kept = [];
        if (options.StorageAccessOnFind != StorageAccessOnFind.Always)
        {
            return kept;
        }

        // A batch of candidates at a time: the first instance below each in one read of the index, then their headers, a few ahead.
        long skip = query.Since;
        for (int start = 0; start < found.Count; start += FileBatch)
        {
            List<FoundResource> batch = found.GetRange(start, Math.Min(FileBatch, found.Count - start));
            (List<ResourceRow> instances, Dictionary<long, FoundResource> candidates) = await Index.ReadAsync(batch, static (reader, q) => FirstInstances(reader, q), cancellation).ConfigureAwait(false);
            await foreach ((ResourceRow instance, DicomFile header) in _headers.ReadAsync(instances, cancellation).ConfigureAwait(false))
            {
                if (Matches(header.DataSet, query) && skip-- <= 0)
                {
                    kept.Add(candidates[instance.Id]);
                    if (query.Limit > 0 && kept.Count >= query.Limit)
                    {
                        return kept;
                    }
                }
            }
        }

        return kept;
    }

    /// <summary>How many resources a search finds.</summary>
    public async ValueTask<long> CountResourcesAsync(FindQuery query, CancellationToken cancellation = default) => query.InFiles.Count == 0 && !query.IsImpossible
        ? await Index.ReadAsync(query.ToRequest(), static (reader, q) => reader.CountResources(q), cancellation).ConfigureAwait(false)
        : (await FindResourcesAsync(query, cancellation).ConfigureAwait(false)).Count;

    /// <summary>The first instance below each candidate, and whose it is.</summary>
    private static (List<ResourceRow> Instances, Dictionary<long, FoundResource> Candidates) FirstInstances(IIndexReader reader, List<FoundResource> batch)
    {
        List<ResourceRow> instances = new(batch.Count);
        Dictionary<long, FoundResource> candidates = new(batch.Count);
        foreach (FoundResource candidate in batch)
        {
            if (reader.FirstInstance(candidate.Id) is { } instance)
            {
                instances.Add(instance);
                candidates.Add(instance.Id, candidate);
            }
        }

        return (instances, candidates);
    }

    private static bool Matches(DataSet dataSet, FindQuery query)
    {
        foreach ((DicomTag tag, TextConstraint constraint) in query.InFiles)
        {
            if (dataSet.GetString(tag) is not { } text || !constraint.Matches(text))
            {
                return false;
            }
        }

        return true;
    }
}
