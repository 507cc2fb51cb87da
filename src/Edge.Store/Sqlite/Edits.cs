using System.Security.Cryptography;
using System.Text;
using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>Changes of what belongs to a resource. Revisions are compared here, inside the writer (facts 6).</summary>
internal static class Edits
{
    public static EditOutcome SetMetadata(WriteSession session, string publicId, ResourceLevel level, int type, string value, RevisionCheck check, ChangeKind? change, long now)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return new EditOutcome(EditStatus.UnknownResource, 0);
        }

        PackedMetadata metadata = Metadata(session.Db, resource);
        bool exists = metadata.TryGetUtf8(type, out ReadOnlySpan<byte> former, out long revision);
        if (exists && Conflicts(check, revision, check.Md5 is null ? null : Md5(former)))
        {
            return new EditOutcome(EditStatus.RevisionConflict, revision);
        }

        long next = exists ? revision + 1 : 0;
        Write(session.Db, resource, metadata.With(type, value, next));
        Log(session.Db, change, resource, now);
        return new EditOutcome(EditStatus.Done, next);
    }

    public static EditOutcome DeleteMetadata(WriteSession session, string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, long now)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return new EditOutcome(EditStatus.UnknownResource, 0);
        }

        PackedMetadata metadata = Metadata(session.Db, resource);
        bool exists = metadata.TryGetUtf8(type, out ReadOnlySpan<byte> former, out long revision);
        if (RefusesDelete(check, exists, revision, exists && check.Md5 is not null ? Md5(former) : null, out EditStatus status))
        {
            return new EditOutcome(status, revision);
        }

        Write(session.Db, resource, metadata.Without(type));
        Log(session.Db, change, resource, now);
        return new EditOutcome(EditStatus.Done, revision);
    }

    public static EditOutcome PutAttachment(WriteSession session, string publicId, ResourceLevel level, AttachmentRecord file, RevisionCheck check, StorageLimits limits, ChangeKind? change, long now)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return Refuse(session, file, EditStatus.UnknownResource, 0);
        }

        bool exists = Attachment(session.Db, resource, file.Type, out Guid _, out long revision, out string? md5, out long stored);
        if (exists && Conflicts(check, revision, md5))
        {
            return Refuse(session, file, EditStatus.RevisionConflict, revision);
        }

        if (limits is not { MaximumStorageSize: 0, MaximumPatientCount: 0 })
        {
            List<DeletedResource> deleted = [];
            if (Recycling.MakeRoom(session, limits, file.StoredSize - stored, newPatient: false, keep: Patient(session.Db, resource), deleted, []) != StoreStatus.Stored)
            {
                // What was recycled until then stays so: it was over the limit.
                return Refuse(session, file, EditStatus.StorageFull, 0);
            }
        }

        Deletion.RemoveAttachments(session, resource, file.Type);
        long next = exists ? revision + 1 : 0;
        Ingestion.InsertAttachment(session, resource, file, next);
        Log(session.Db, change, resource, now);
        return new EditOutcome(EditStatus.Done, next);
    }

    public static EditOutcome ReplaceAttachment(WriteSession session, string publicId, ResourceLevel level, Guid former, AttachmentRecord file, IReadOnlyList<MetadataEdit> edits)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return Refuse(session, file, EditStatus.UnknownResource, 0);
        }

        if (!Attachment(session.Db, resource, file.Type, out Guid current, out long revision, out _, out _))
        {
            return Refuse(session, file, EditStatus.NotFound, 0);
        }

        if (current != former)
        {
            return Refuse(session, file, EditStatus.RevisionConflict, revision);
        }

        Deletion.RemoveAttachments(session, resource, file.Type);
        Ingestion.InsertAttachment(session, resource, file, revision + 1);
        if (edits.Count > 0)
        {
            Write(session.Db, resource, Edited(Metadata(session.Db, resource), edits));
        }

        return new EditOutcome(EditStatus.Done, revision + 1);
    }

    public static bool SetDigests(WriteSession session, long resource, AttachmentRecord file)
    {
        Span<byte> uuid = stackalloc byte[16];
        file.Uuid.TryWriteBytes(uuid, bigEndian: true, out _);
        using Statement write = session.Db.Prepare("UPDATE attachments SET plain_md5=?4,logical_md5=?5 WHERE resource=?1 AND type=?2 AND uuid=?3");
        write.Bind(1, resource).Bind(2, file.Type).BindBlob(3, uuid);
        Ingestion.BindDigests(write, 4, 5, file);
        write.Run();
        return session.Db.Changes > 0;
    }

    public static EditOutcome DeleteAttachment(WriteSession session, string publicId, ResourceLevel level, int type, RevisionCheck check, ChangeKind? change, long now)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return new EditOutcome(EditStatus.UnknownResource, 0);
        }

        bool exists = Attachment(session.Db, resource, type, out _, out long revision, out string? md5, out _);
        if (RefusesDelete(check, exists, revision, md5, out EditStatus status))
        {
            return new EditOutcome(status, revision);
        }

        Deletion.RemoveAttachments(session, resource, type);
        Log(session.Db, change, resource, now);
        return new EditOutcome(EditStatus.Done, revision);
    }

    public static EditOutcome Label(WriteSession session, string publicId, ResourceLevel level, string label, bool add)
    {
        if (Resource(session.Db, publicId, level) is not { } resource)
        {
            return new EditOutcome(EditStatus.UnknownResource, 0);
        }

        using Statement edit = session.Db.Prepare(add ? "INSERT OR IGNORE INTO labels(resource,label) VALUES(?1,?2)" : "DELETE FROM labels WHERE resource=?1 AND label=?2");
        edit.Bind(1, resource).Bind(2, label).Run();
        return new EditOutcome(session.Db.Changes > 0 ? EditStatus.Done : EditStatus.NotFound, 0);
    }

    public static bool Protect(WriteSession session, string publicId, bool isProtected)
    {
        if (Resource(session.Db, publicId, ResourceLevel.Patient) is not { } patient)
        {
            return false;
        }

        session.LastTouchedPatient = 0;
        using Statement edit = session.Db.Prepare(isProtected ? "DELETE FROM recycling WHERE patient=?1" : "INSERT OR IGNORE INTO recycling(patient) VALUES(?1)");
        edit.Bind(1, patient).Run();
        return true;
    }

    public static EditOutcome Reconstruct(WriteSession session, IReadOnlyList<ReconstructRecord> records)
    {
        session.Forget();
        EditStatus status = EditStatus.Done;
        foreach (ReconstructRecord record in records)
        {
            if (Resource(session.Db, record.PublicId, record.Level) is not { } resource)
            {
                status = EditStatus.UnknownResource;
                continue;
            }

            PackedTags former;
            PackedTags formerPatient;
            using (Statement read = session.Db.Prepare("SELECT tags,patient_tags FROM resources WHERE id=?1"))
            {
                read.Bind(1, resource).Step();
                former = new PackedTags(read.Bytes(0));
                formerPatient = new PackedTags(read.Bytes(1));
            }

            PackedTags tags = PackedTags.From(record.Tags);
            Identifiers.Remove(session.Db, record.Level, resource, former);
            Identifiers.Insert(session.Db, record.Level, resource, tags);
            if (record.PatientTags is not null)
            {
                Identifiers.Remove(session.Db, record.Level, resource, formerPatient);
                Identifiers.Insert(session.Db, record.Level, resource, PackedTags.From(record.PatientTags));
            }

            using (Statement write = session.Db.Prepare("UPDATE resources SET tags=?2,patient_tags=coalesce(?3,patient_tags) WHERE id=?1"))
            {
                write.Bind(1, resource).BindBlob(2, tags.Bytes.Span);
                if (record.PatientTags is null)
                {
                    write.BindNull(3);
                }
                else
                {
                    write.BindBlob(3, PackedTags.From(record.PatientTags).Bytes.Span);
                }

                write.Run();
            }

            Write(session.Db, resource, Edited(Metadata(session.Db, resource), [.. record.Metadata.Select(static value => new MetadataEdit(value.Type, value.Value))]));
        }

        return new EditOutcome(status, 0);
    }

    private static long? Resource(Connection db, string publicId, ResourceLevel level)
    {
        Span<byte> key = stackalloc byte[PublicId.Size];
        return PublicId.TryParse(publicId, key) && Ingestion.Row(db, key, out ResourceLevel found) is var id and not 0 && found == level ? id : null;
    }

    private static long Patient(Connection db, long id)
    {
        using Statement read = db.Prepare("SELECT parent FROM resources WHERE id=?1");
        while (true)
        {
            long parent = read.Bind(1, id).Step() ? read.Integer(0) : 0;
            read.Dispose();
            if (parent == 0)
            {
                return id;
            }

            id = parent;
        }
    }

    private static bool Conflicts(RevisionCheck check, long revision, string? md5) =>
        check.Revision is { } wanted ? wanted != revision || (check.Md5 is not null && md5 is not null && check.Md5 != md5) : check.CheckRevisions;

    private static bool RefusesDelete(RevisionCheck check, bool exists, long revision, string? md5, out EditStatus status)
    {
        status = check.CheckRevisions && check.Revision is null ? EditStatus.RevisionConflict
            : !exists ? EditStatus.NotFound
            : Conflicts(check, revision, md5) ? EditStatus.RevisionConflict
            : EditStatus.Done;
        return status != EditStatus.Done;
    }

    private static EditOutcome Refuse(WriteSession session, AttachmentRecord file, EditStatus status, long revision)
    {
        Deletion.RemoveFile(session, file.Uuid);
        return new EditOutcome(status, revision);
    }

    private static bool Attachment(Connection db, long resource, int type, out Guid uuid, out long revision, out string? md5, out long stored)
    {
        using Statement read = db.Prepare("SELECT uuid,revision,plain_md5,stored_size FROM attachments WHERE resource=?1 AND type=?2");
        bool found = read.Bind(1, resource).Bind(2, type).Step();
        uuid = found ? new Guid(read.Span(0), bigEndian: true) : default;
        revision = found ? read.Integer(1) : 0;
        md5 = found && !read.IsNull(2) ? Convert.ToHexStringLower(read.Span(2)) : null;
        stored = found ? read.Integer(3) : 0;
        return found;
    }

    private static PackedMetadata Edited(PackedMetadata metadata, IReadOnlyList<MetadataEdit> edits)
    {
        foreach (MetadataEdit edit in edits)
        {
            if (metadata.Get(edit.Type) != edit.Value)
            {
                bool exists = metadata.TryGetUtf8(edit.Type, out _, out long revision);
                metadata = edit.Value is null ? metadata.Without(edit.Type) : metadata.With(edit.Type, edit.Value, exists ? revision + 1 : 0);
            }
        }

        return metadata;
    }

    private static PackedMetadata Metadata(Connection db, long resource)
    {
        using Statement read = db.Prepare("SELECT metadata FROM resources WHERE id=?1");
        read.Bind(1, resource).Step();
        return new PackedMetadata(read.Bytes(0));
    }

    private static void Write(Connection db, long resource, PackedMetadata metadata)
    {
        // LastUpdate lives in its own column; when somebody sets it as metadata the column follows.
        if (metadata.Get(MetadataType.LastUpdate) is { } text)
        {
            metadata = metadata.Without(MetadataType.LastUpdate);
            if (DateTimeOffset.TryParseExact(text, "yyyyMMdd'T'HHmmss", System.Globalization.CultureInfo.InvariantCulture,
                System.Globalization.DateTimeStyles.AssumeUniversal, out DateTimeOffset time))
            {
                using Statement touch = db.Prepare("UPDATE resources SET last_update=?2 WHERE id=?1");
                touch.Bind(1, resource).Bind(2, time.ToUnixTimeSeconds()).Run();
            }
        }

        using Statement write = db.Prepare("UPDATE resources SET metadata=?2 WHERE id=?1");
        write.Bind(1, resource).BindBlob(2, metadata.Bytes.Span).Run();
    }

    private static void Log(Connection db, ChangeKind? change, long resource, long now)
    {
        if (change is { } kind)
        {
            Ingestion.Change(db, kind, resource, now);
        }
    }

    private static string Md5(ReadOnlySpan<byte> value) => Convert.ToHexStringLower(MD5.HashData(value));
}
