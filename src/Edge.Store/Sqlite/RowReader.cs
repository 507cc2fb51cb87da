using Edge.Core.Ids;
using Edge.Core.Time;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>Rows of the index as the contract's types.</summary>
internal static class RowReader
{
    /// <summary>The columns of <see cref="Resource"/>, of a table called r.</summary>
    public const string Columns = "r.id,r.level,r.public_id,r.parent,r.last_update,r.image_id,r.tags,r.patient_tags,r.metadata";

    public const string AttachmentColumns = "a.resource,a.type,a.uuid,a.format,a.compression,a.plain_size,a.logical_size,a.stored_size,a.plain_md5,a.logical_md5,a.revision";

    public static ResourceRow Resource(Statement row)
    {
        ResourceLevel level = (ResourceLevel)row.Int32(1);
        long id = row.Integer(0);
        long image = row.Integer(5);
        return new ResourceRow
        {
            Id = id,
            Level = level,
            PublicId = PublicId.Format(row.Span(2)),
            ParentId = row.Integer(3),
            Tags = new PackedTags(row.Bytes(6)),
            PatientTags = row.IsNull(7) ? default : new PackedTags(row.Bytes(7)),
            Metadata = Metadata(row.Span(8), row.Integer(4)),
            ImageId = level != ResourceLevel.Instance ? 0 : image != 0 ? image : id,
        };
    }

    public static AttachmentRow Attachment(Statement row)
    {
        AttachmentCompression compression = (AttachmentCompression)row.Int32(4);
        string? plain = row.IsNull(8) ? null : Convert.ToHexStringLower(row.Span(8));
        string? logical = !row.IsNull(9) ? Convert.ToHexStringLower(row.Span(9)) : compression == AttachmentCompression.None ? plain : null;
        return new AttachmentRow(row.Integer(0), new AttachmentRecord(row.Int32(1), new Guid(row.Span(2), bigEndian: true), (StorageFormat)row.Int32(3), compression,
            row.Integer(5), row.Integer(6), row.Integer(7), plain, logical), row.Integer(10));
    }

    public static string LastUpdate(long second) => OrthancTime.Second(DateTimeOffset.FromUnixTimeSeconds(second));

    private static PackedMetadata Metadata(ReadOnlySpan<byte> packed, long lastUpdate)
    {
        if (lastUpdate == 0)
        {
            return new PackedMetadata(packed.ToArray());
        }

        DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(lastUpdate);
        Span<byte> text = stackalloc byte[16];
        time.UtcDateTime.TryFormat(text, out int written, "yyyyMMdd'T'HHmmss", System.Globalization.CultureInfo.InvariantCulture);
        return PackedMetadata.Insert(packed, MetadataType.LastUpdate, text[..written]);
    }
}
