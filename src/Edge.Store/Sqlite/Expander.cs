using System.Text;
using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>
/// Fetches what belongs to many resources with one prepared statement per part; parents are fetched once for all their children, and
/// labels, which few resources have, in one statement for all of them.
/// </summary>
internal sealed class Expander(Connection db, ExpandParts parts)
{
    private const uint Modality = 0x00080060;

    /// <summary>Labels are read by stretches of ids; a stretch that holds more than this many per resource asked for is not worth it.</summary>
    private const int LabelsPerResource = 4;

    private readonly Dictionary<long, ResourceRow?> _rows = [];
    private readonly Dictionary<long, string?> _publicIds = [];

    public void Fill(List<ExpandedResource> resources)
    {
        if (parts == ExpandParts.None)
        {
            return;
        }

        bool hasLabels = parts.HasFlag(ExpandParts.Labels) && TryFillLabels(resources);
        foreach (ExpandedResource resource in resources)
        {
            Fill(resource);
            if (!hasLabels && parts.HasFlag(ExpandParts.Labels))
            {
                resource.Labels = Labels(resource.Row.Id);
            }

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
            resource.ParentPublicId = IdOf(row.ParentId);
        }

        if (parts.HasFlag(ExpandParts.Children) && row.Level != ResourceLevel.Instance)
        {
            resource.Children = Children(row.Id);
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

    /// <summary>The public id alone, of a row that need not be read whole.</summary>
    private string? IdOf(long id)
    {
        if (_rows.TryGetValue(id, out ResourceRow? row))
        {
            return row?.PublicId;
        }

        if (parts.HasFlag(ExpandParts.Ancestors))
        {
            return Row(id)?.PublicId;
        }

        if (!_publicIds.TryGetValue(id, out string? publicId))
        {
            using Statement read = db.Prepare("SELECT public_id FROM resources WHERE id=?1");
            publicId = read.Bind(1, id).Step() ? PublicId.Format(read.Span(0)) : null;
            _publicIds[id] = publicId;
        }

        return publicId;
    }

    private List<string> Children(long id)
    {
        List<string> ids = [];
        using Statement read = db.Prepare("SELECT public_id FROM resources WHERE parent=?1 ORDER BY id");
        read.Bind(1, id);
        while (read.Step())
        {
            ids.Add(PublicId.Format(read.Span(0)));
        }

        return ids;
    }

    private List<string> Labels(long id)
    {
        List<string> labels = [];
        using Statement read = db.Prepare("SELECT label FROM labels WHERE resource=?1 ORDER BY label");
        read.Bind(1, id);
        while (read.Step())
        {
            labels.Add(read.Text(0));
        }

        return labels;
    }

    /// <summary>Reads the labels of all resources between the lowest and the highest id; false where that stretch holds too many of others.</summary>
    private bool TryFillLabels(List<ExpandedResource> resources)
    {
        if (resources.Count < 2)
        {
            return false;
        }

        long low = long.MaxValue, high = 0;
        foreach (ExpandedResource resource in resources)
        {
            (low, high) = (Math.Min(low, resource.Row.Id), Math.Max(high, resource.Row.Id));
        }

        Dictionary<long, List<string>> labels = [];
        long most = (long)resources.Count * LabelsPerResource;
        using Statement read = db.Prepare("SELECT resource,label FROM labels WHERE resource BETWEEN ?1 AND ?2 ORDER BY resource,label");
        read.Bind(1, low).Bind(2, high);
        while (read.Step())
        {
            if (--most < 0)
            {
                return false;
            }

            long id = read.Integer(0);
            if (!labels.TryGetValue(id, out List<string>? own))
            {
                labels.Add(id, own = []);
            }

            own.Add(read.Text(1));
        }

        foreach (ExpandedResource resource in resources)
        {
            resource.Labels = labels.GetValueOrDefault(resource.Row.Id) ?? [];
        }

        return true;
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
