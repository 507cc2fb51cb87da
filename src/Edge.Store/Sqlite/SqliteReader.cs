using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>The view of one reader connection. Resources here; logs and the rest in the other part.</summary>
internal sealed partial class SqliteReader(Connection db) : IIndexReader
{
    internal Connection Connection => db;

    public ResourceRow? Find(string publicId)
    {
        Span<byte> key = stackalloc byte[PublicId.Size];
        if (!PublicId.TryParse(publicId, key))
        {
            return null;
        }

        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.public_id=?1");
        return read.BindBlob(1, key).Step() ? RowReader.Resource(read) : null;
    }

    public ResourceRow? Find(string publicId, ResourceLevel level) => Find(publicId) is { } row && row.Level == level ? row : null;

    public ResourceRow? FindById(long id)
    {
        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.id=?1");
        return read.Bind(1, id).Step() ? RowReader.Resource(read) : null;
    }

    public OriginRecord? Origin(long instanceId)
    {
        using Statement read = db.Prepare("SELECT origin FROM resources WHERE id=?1");
        string[] parts = read.Bind(1, instanceId).Step() && !read.IsNull(0) ? read.Text(0).Split('\n') : [];
        return parts.Length < 3 ? null : new OriginRecord(parts[0], string.Join('\n', parts[1..^1]), long.TryParse(parts[^1], out long id) ? id : -1);
    }

    public ResourceRow? FindByImageId(long imageId)
    {
        using (Statement moved = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.image_id=?1 AND r.image_id<>0"))
        {
            if (moved.Bind(1, imageId).Step() && imageId != 0)
            {
                return RowReader.Resource(moved);
            }
        }

        return FindById(imageId) is { Level: ResourceLevel.Instance } row && row.ImageId == imageId ? row : null;
    }

    public List<string> ListIds(ResourceLevel level, long since = 0, long limit = 0)
    {
        using Statement read = db.Prepare("SELECT public_id FROM resources WHERE level=?1 ORDER BY id LIMIT ?2 OFFSET ?3");
        return PublicIds(read.Bind(1, (long)level).Bind(2, limit == 0 ? -1 : limit).Bind(3, since));
    }

    public List<ResourceRow> List(ResourceLevel level, long since = 0, long limit = 0)
    {
        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.level=?1 ORDER BY r.id LIMIT ?2 OFFSET ?3");
        return Rows(read.Bind(1, (long)level).Bind(2, limit == 0 ? -1 : limit).Bind(3, since));
    }

    public List<ResourceRow> ListAfter(ResourceLevel level, long afterId, int limit)
    {
        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.level=?1 AND r.id>?2 ORDER BY r.id LIMIT ?3");
        return Rows(read.Bind(1, (long)level).Bind(2, afterId).Bind(3, limit));
    }

    public long LastId(ResourceLevel level)
    {
        using Statement read = db.Prepare("SELECT max(id) FROM resources WHERE level=?1");
        return read.Bind(1, (long)level).Step() ? read.Integer(0) : 0;
    }

    public List<string> ChildIds(long id)
    {
        using Statement read = db.Prepare("SELECT public_id FROM resources WHERE parent=?1 ORDER BY id");
        return id == 0 ? [] : PublicIds(read.Bind(1, id));
    }

    public List<ResourceRow> Children(long id)
    {
        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.parent=?1 ORDER BY r.id");
        return id == 0 ? [] : Rows(read.Bind(1, id));
    }

    public List<ResourceRow> Descendants(long id, ResourceLevel level)
    {
        List<ResourceRow> found = [];
        if (FindById(id) is not { } root || root.Level > level)
        {
            return found;
        }

        if (root.Level == level)
        {
            found.Add(root);
            return found;
        }

        List<long> parents = [id];
        for (ResourceLevel at = root.Level + 1; at < level; at++)
        {
            parents = ChildRows(parents);
        }

        foreach (long parent in parents)
        {
            found.AddRange(Children(parent));
            db.CheckTime();
        }

        return found;
    }

    public ResourceRow? FirstInstance(long id)
    {
        ResourceRow? at = FindById(id);
        while (at is not null && at.Level != ResourceLevel.Instance)
        {
            using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.parent=?1 ORDER BY r.id LIMIT 1");
            at = read.Bind(1, at.Id).Step() ? RowReader.Resource(read) : null;
        }

        return at;
    }

    public ResourceRow? Ancestor(long id, ResourceLevel level)
    {
        ResourceRow? at = FindById(id);
        while (at is not null && at.Level > level)
        {
            at = FindById(at.ParentId);
        }

        return at?.Level == level ? at : null;
    }

    public List<ExpandedResource> Expand(IReadOnlyList<long> ids, ExpandParts parts)
    {
        List<ExpandedResource> found = new(ids.Count);
        using (Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.id=?1"))
        {
            for (int i = 0; i < ids.Count; i++)
            {
                if (read.Bind(1, ids[i]).Step())
                {
                    found.Add(new ExpandedResource { Row = RowReader.Resource(read) });
                }

                read.Dispose();
            }
        }

        new Expander(db, parts).Fill(found);
        return found;
    }

    public List<ExpandedResource> Expand(IReadOnlyList<ResourceRow> rows, ExpandParts parts)
    {
        List<ExpandedResource> found = new(rows.Count);
        for (int i = 0; i < rows.Count; i++)
        {
            found.Add(new ExpandedResource { Row = rows[i] });
        }

        new Expander(db, parts).Fill(found);
        return found;
    }

    public List<ExpandedResource> Expand(ResourceLevel level, IReadOnlyList<string> publicIds, ExpandParts parts)
    {
        List<ExpandedResource> found = new(publicIds.Count);
        for (int i = 0; i < publicIds.Count; i++)
        {
            if (Find(publicIds[i], level) is { } row)
            {
                found.Add(new ExpandedResource { Row = row });
            }
        }

        new Expander(db, parts).Fill(found);
        return found;
    }

    public List<FoundResource> FindResources(FindRequest request) => new Finder(db, request).Run();

    public long CountResources(FindRequest request)
    {
        bool everything = request.Tags.Count == 0 && request.Metadata.Count == 0 && request.Labels.Count == 0 && !request.LabelsAsked
            && request.ParentPatient is null && request.ParentStudy is null && request.ParentSeries is null;
        if (!everything)
        {
            return FindResources(request with { OrderBy = [], Since = 0, Limit = 0 }).Count;
        }

        ResourceCounts counts = Totals().Counts;
        return request.Level switch
        {
            ResourceLevel.Patient => counts.Patients,
            ResourceLevel.Study => counts.Studies,
            ResourceLevel.Series => counts.Series,
            _ => counts.Instances,
        };
    }

    public List<LookupHit> Lookup(string value)
    {
        List<LookupHit> hits = [];
        hits.AddRange(Lookup(ResourceLevel.Patient, 0x00100020, value));
        hits.AddRange(Lookup(ResourceLevel.Study, 0x0020000D, value));
        hits.AddRange(Lookup(ResourceLevel.Study, 0x00080050, value));
        hits.AddRange(Lookup(ResourceLevel.Series, 0x0020000E, value));
        hits.AddRange(Lookup(ResourceLevel.Instance, 0x00080018, value));
        return hits;
    }

    public List<LookupHit> Lookup(ResourceLevel level, uint tag, string value)
    {
        List<LookupHit> hits = [];
        if (Identifiers.Key(level, tag) is not { } key)
        {
            return hits;
        }

        byte[] wanted = Identifiers.Normalize(value, keepsMarks: true);
        using Statement read = db.Prepare("SELECT r.public_id,r.tags,r.patient_tags FROM identifiers i JOIN resources r ON r.id=i.resource WHERE i.key=?1 AND i.value=?2 ORDER BY i.resource");
        read.Bind(1, key).BindBlob(2, Identifiers.Normalize(value));
        while (read.Step())
        {
            if (Holds(new PackedTags(read.Bytes(1)), tag, wanted) || (!read.IsNull(2) && Holds(new PackedTags(read.Bytes(2)), tag, wanted)))
            {
                hits.Add(new LookupHit(level, PublicId.Format(read.Span(0))));
            }
        }

        return hits;
    }

    private static bool Holds(PackedTags tags, uint tag, ReadOnlySpan<byte> wanted) =>
        tags.TryGetUtf8(tag, out ReadOnlySpan<byte> text) && Identifiers.Names(text, wanted);

    /// <summary>SQLite's plan of a statement, for tests.</summary>
    internal string Explain(string sql)
    {
        using Statement read = db.Prepare("EXPLAIN QUERY PLAN " + sql);
        List<string> lines = [];
        while (read.Step())
        {
            lines.Add(read.Text(3));
        }

        return string.Join('\n', lines);
    }

    /// <summary>The rows of the children, parent by parent.</summary>
    private List<long> ChildRows(List<long> parents)
    {
        List<long> children = [];
        using Statement read = db.Prepare("SELECT id FROM resources WHERE parent=?1 ORDER BY id");
        foreach (long parent in parents)
        {
            read.Bind(1, parent);
            while (read.Step())
            {
                children.Add(read.Integer(0));
            }

            read.Dispose();
        }

        return children;
    }

    private static List<string> PublicIds(Statement read)
    {
        List<string> ids = [];
        while (read.Step())
        {
            ids.Add(PublicId.Format(read.Span(0)));
        }

        return ids;
    }

    private static List<ResourceRow> Rows(Statement read)
    {
        List<ResourceRow> rows = [];
        while (read.Step())
        {
            rows.Add(RowReader.Resource(read));
        }

        return rows;
    }
}
