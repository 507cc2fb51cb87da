using System.Text;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>Fetches what belongs to many resources with one prepared statement per part; parents are fetched once for all their children.</summary>
internal sealed class Expander(Connection db, ExpandParts parts)
{
    private const uint Modality = 0x00080060;

    private readonly Dictionary<long, ResourceRow?> _rows = [];

    public void Fill(List<ExpandedResource> resources)
    {
        if (parts == ExpandParts.None)
        {
            return;
        }

        foreach (ExpandedResource resource in resources)
        {
            Fill(resource);
            db.CheckTime();
        }
    }

    /// <summary>Descendants of each level below a resource, itself counted at its own level.</summary>
    public static ResourceCounts Count(Connection db, long id, ResourceLevel level)
    {
        long studies = level == ResourceLevel.Study ? 1 : 0, series = level == ResourceLevel.Series ? 1 : 0, instances = level == ResourceLevel.Instance ? 1 : 0;
        long patients = level == ResourceLevel.Patient ? 1 : 0;
        string? sql = level switch
        {
            ResourceLevel.Patient => """
                SELECT (SELECT count(*) FROM resources WHERE parent=?1),
                  (SELECT count(*) FROM resources t JOIN resources s ON s.parent=t.id WHERE t.parent=?1),
                  (SELECT count(*) FROM resources t JOIN resources s ON s.parent=t.id JOIN resources i ON i.parent=s.id WHERE t.parent=?1)
                """,
            ResourceLevel.Study => "SELECT 1,(SELECT count(*) FROM resources WHERE parent=?1),(SELECT count(*) FROM resources s JOIN resources i ON i.parent=s.id WHERE s.parent=?1)",
            ResourceLevel.Series => "SELECT 0,1,count(*) FROM resources WHERE parent=?1",
            _ => null,
        };
        if (sql is not null)
        {
            using Statement read = db.Prepare(sql);
            read.Bind(1, id).Step();
            (studies, series, instances) = (read.Integer(0), read.Integer(1), read.Integer(2));
        }

        return new ResourceCounts(patients, studies, series, instances);
    }

    private void Fill(ExpandedResource resource)
    {
        ResourceRow row = resource.Row;
        if (parts.HasFlag(ExpandParts.Parent) && row.ParentId != 0)
        {
            resource.ParentPublicId = Row(row.ParentId)?.PublicId;
        }

        if (parts.HasFlag(ExpandParts.Children) && row.Level != ResourceLevel.Instance)
        {
            resource.Children = Strings("SELECT public_id FROM resources WHERE parent=?1 ORDER BY id", row.Id, asId: true);
        }

        if (parts.HasFlag(ExpandParts.Labels))
        {
            resource.Labels = Strings("SELECT label FROM labels WHERE resource=?1 ORDER BY label", row.Id, asId: false);
        }

        if (parts.HasFlag(ExpandParts.Attachments))
        {
            resource.Attachments = Attachments(db, row.Id);
        }

        if (parts.HasFlag(ExpandParts.InstanceIndexes) && row.Level == ResourceLevel.Series)
        {
            resource.InstanceIndexes = Indexes(row.Id);
        }

        if (parts.HasFlag(ExpandParts.Protection) && row.Level == ResourceLevel.Patient)
        {
            resource.IsProtected = IsProtected(db, row.Id);
        }

        if (parts.HasFlag(ExpandParts.Counts))
        {
            resource.Counts = Count(db, row.Id, row.Level);
        }

        if (parts.HasFlag(ExpandParts.Modalities) && row.Level == ResourceLevel.Study)
        {
            resource.Modalities = Distinct("SELECT tags FROM resources WHERE parent=?1", row.Id,
                static bytes => new PackedTags(bytes).Get(Modality));
        }

        if (parts.HasFlag(ExpandParts.SopClasses) && row.Level == ResourceLevel.Study)
        {
            resource.SopClasses = Distinct("SELECT i.metadata FROM resources s JOIN resources i ON i.parent=s.id WHERE s.parent=?1", row.Id,
                static bytes => new PackedMetadata(bytes).Get(MetadataType.SopClassUid));
        }

        if (parts.HasFlag(ExpandParts.Ancestors))
        {
            resource.Ancestors = [];
            for (long at = row.ParentId; at != 0 && Row(at) is { } ancestor; at = ancestor.ParentId)
            {
                resource.Ancestors.Add(ancestor);
            }
        }
    }

    public static bool IsProtected(Connection db, long patient)
    {
        using Statement read = db.Prepare("SELECT 1 FROM recycling WHERE patient=?1");
        return !read.Bind(1, patient).Step();
    }

    public static List<AttachmentRow> Attachments(Connection db, long id)
    {
        List<AttachmentRow> attachments = [];
        using Statement read = db.Prepare($"SELECT {RowReader.AttachmentColumns} FROM attachments a WHERE a.resource=?1 ORDER BY a.type");
        read.Bind(1, id);
        while (read.Step())
        {
            attachments.Add(RowReader.Attachment(read));
        }

        return attachments;
    }

    private ResourceRow? Row(long id)
    {
        if (_rows.TryGetValue(id, out ResourceRow? row))
        {
            return row;
        }

        using Statement read = db.Prepare($"SELECT {RowReader.Columns} FROM resources r WHERE r.id=?1");
        row = read.Bind(1, id).Step() ? RowReader.Resource(read) : null;
        _rows[id] = row;
        return row;
    }

    private List<string> Strings(string sql, long id, bool asId)
    {
        List<string> texts = [];
        using Statement read = db.Prepare(sql);
        read.Bind(1, id);
        while (read.Step())
        {
            texts.Add(asId ? PublicId.Format(read.Span(0)) : read.Text(0));
        }

        return texts;
    }

    private List<string?> Indexes(long series)
    {
        List<string?> indexes = [];
        using Statement read = db.Prepare("SELECT metadata FROM resources WHERE parent=?1 ORDER BY id");
        read.Bind(1, series);
        while (read.Step())
        {
            string? index = null;
            PackedMetadata.Enumerator metadata = new(read.Span(0));
            while (index is null && metadata.MoveNext() && metadata.Current.Type <= MetadataType.IndexInSeries)
            {
                index = metadata.Current.Type == MetadataType.IndexInSeries ? Encoding.UTF8.GetString(metadata.Current.Utf8) : null;
            }

            indexes.Add(index);
        }

        return indexes;
    }

    private List<string> Distinct(string sql, long id, Func<ReadOnlyMemory<byte>, string?> value)
    {
        SortedSet<string> distinct = new(StringComparer.Ordinal);
        using Statement read = db.Prepare(sql);
        read.Bind(1, id);
        while (read.Step())
        {
            if (value(read.Bytes(0)) is { Length: > 0 } text)
            {
                distinct.Add(text);
            }
        }

        return [.. distinct];
    }
}
