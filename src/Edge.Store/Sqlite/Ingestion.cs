using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>Writes one instance: every row of it, or none.</summary>
internal static class Ingestion
{
    private const int Sequenceless = 0;

    /// <summary>Thrown to undo a request that limits refuse after it has begun; <see cref="SqliteIndex"/> turns it into the outcome.</summary>
    internal sealed class RefusedException(StoreStatus status) : Exception
    {
        public StoreStatus Status { get; } = status;
    }

    public static StoreOutcome Store(WriteSession session, InstanceRecord record)
    {
        Connection db = session.Db;
        Span<byte> key = stackalloc byte[PublicId.Size];
        long existing = Row(db, Parse(record.Instance.PublicId, key), out _);
        List<DeletedResource> deleted = [];
        List<SettledOutbox> settled = [];
        long imageId = 0;
        if (existing != 0)
        {
            if (!record.Overwrite)
            {
                return Keep(session, record, existing);
            }

            imageId = ImageId(db, existing);
            Deletion.Run(session, existing, deleted, settled, touched: 0);
            Failpoint.Hit("index.overwritten");
        }

        KnownSeries? series = session.Known(record.Series.PublicId) ?? Load(session, record);
        long patient = series?.Patient ?? Row(db, Parse(record.Patient.PublicId, key), out _);
        MakeRoom(session, record, patient, deleted, settled);
        bool newPatient = false, newStudy = false, newSeries = false;
        if (series is null)
        {
            series = CreateParents(session, record, patient, out newPatient, out newStudy, out newSeries);
            session.Remember(record.Series.PublicId, series);
        }

        long second = record.ReceivedAt.ToUnixTimeSeconds();
        UpdateBox(db, record, series);
        long instance = Insert(session, ResourceLevel.Instance, record.Instance, series.Id, lastUpdate: 0, default, record.Origin, imageId, series.BoxSeries);
        foreach (AttachmentRecord file in record.Attachments)
        {
            InsertAttachment(session, instance, file, revision: 0);
        }

        long date = record.ReceivedAt.ToUnixTimeMilliseconds();
        Change(db, ChangeKind.NewInstance, instance, date);
        if (newSeries)
        {
            Change(db, ChangeKind.NewSeries, series.Id, date);
        }

        if (newStudy)
        {
            Change(db, ChangeKind.NewStudy, series.Study, date);
        }

        if (newPatient)
        {
            Change(db, ChangeKind.NewPatient, series.Patient, date);
        }

        TouchParents(db, series, second);
        Recycling.Touch(session, series.Patient, newPatient);
        bool completed = Completes(db, record, series);
        if (completed)
        {
            Change(db, ChangeKind.CompletedSeries, series.Id, date);
        }

        foreach (OutboxRequest request in record.Outbox)
        {
            OutboxTable.Insert(db, request, instance, series.Id, series.Patient, date);
        }

        Finish(session, record, date);
        return new StoreOutcome
        {
            Status = StoreStatus.Stored,
            InstanceId = instance,
            NewPatient = newPatient,
            NewStudy = newStudy,
            NewSeries = newSeries,
            Overwritten = existing != 0,
            CompletedSeries = completed,
            ImageId = imageId != 0 ? imageId : instance,
            Deleted = deleted,
            Settled = settled,
        };
    }

    /// <summary>The files of a record that is not stored go again.</summary>
    public static void Discard(WriteSession session, InstanceRecord record)
    {
        foreach (AttachmentRecord file in record.Attachments)
        {
            Deletion.RemoveFile(session, file.Uuid);
        }
    }

    public static void Change(Connection db, ChangeKind kind, long resource, long date)
    {
        using Statement insert = db.Prepare("INSERT INTO changes(kind,resource,date) VALUES(?1,?2,?3)");
        insert.Bind(1, (long)kind).Bind(2, resource).Bind(3, date).Run();
    }

    public static void BindDigests(Statement statement, int plain, int logical, AttachmentRecord file)
    {
        BindMd5(statement, plain, file.PlainMd5);

        // The same in almost every case, then not written twice.
        BindMd5(statement, logical, file.LogicalMd5 == file.PlainMd5 ? null : file.LogicalMd5);
    }

    public static void InsertAttachment(WriteSession session, long resource, AttachmentRecord file, long revision)
    {
        Span<byte> uuid = stackalloc byte[16];
        file.Uuid.TryWriteBytes(uuid, bigEndian: true, out _);
        using Statement insert = session.Db.Prepare("""
            INSERT INTO attachments(resource,type,uuid,format,compression,plain_size,logical_size,stored_size,plain_md5,logical_md5,revision)
            VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11)
            """);
        insert.Bind(1, resource).Bind(2, file.Type).BindBlob(3, uuid).Bind(4, (long)file.Format).Bind(5, (long)file.Compression)
            .Bind(6, file.PlainSize).Bind(7, file.LogicalSize).Bind(8, file.StoredSize).Bind(11, revision);
        BindDigests(insert, 9, 10, file);
        insert.Run();
        session.Count(file.PlainSize, file.LogicalSize, file.StoredSize);
    }

    /// <summary>The row of a public id, 0 if there is none.</summary>
    public static long Row(Connection db, ReadOnlySpan<byte> publicId, out ResourceLevel level)
    {
        using Statement find = db.Prepare("SELECT id,level FROM resources WHERE public_id=?1");
        bool found = find.BindBlob(1, publicId).Step();
        level = found ? (ResourceLevel)find.Int32(1) : 0;
        return found ? find.Integer(0) : 0;
    }

    private static ReadOnlySpan<byte> Parse(string publicId, Span<byte> target) => PublicId.TryParse(publicId, target)
        ? target
        : throw new EdgeException(ErrorCode.ParameterOutOfRange, "An identifier to be stored does not have the shape of one");

    private static StoreOutcome Keep(WriteSession session, InstanceRecord record, long existing)
    {
        Connection db = session.Db;
        Discard(session, record);
        long date = record.ReceivedAt.ToUnixTimeMilliseconds();
        foreach (OutboxRequest request in record.OutboxIfAlreadyStored)
        {
            if (!OutboxTable.InsertFor(db, request, existing, date))
            {
                OutboxTable.Renew(db, request, existing, date);
            }
        }

        Finish(session, record, date);
        return new StoreOutcome { Status = StoreStatus.AlreadyStored, InstanceId = existing, ImageId = ImageId(db, existing) };
    }

    private static void MakeRoom(WriteSession session, InstanceRecord record, long patient, List<DeletedResource> deleted, List<SettledOutbox> settled)
    {
        if (record.Limits is { MaximumStorageSize: 0, MaximumPatientCount: 0 })
        {
            return;
        }

        long bytes = 0;
        foreach (AttachmentRecord file in record.Attachments)
        {
            bytes += file.StoredSize;
        }

        StoreStatus status = Recycling.MakeRoom(session, record.Limits, bytes, newPatient: patient == 0, keep: patient, deleted, settled);
        if (status != StoreStatus.Stored)
        {
            throw new RefusedException(status);
        }
    }

    private static KnownSeries? Load(WriteSession session, InstanceRecord record)
    {
        using Statement read = session.Db.Prepare("""
            SELECT s.id,t.id,t.parent,s.last_update,s.metadata FROM resources s JOIN resources t ON t.id=s.parent WHERE s.public_id=?1 AND s.level=3
            """);
        Span<byte> key = stackalloc byte[PublicId.Size];
        if (!read.BindBlob(1, Parse(record.Series.PublicId, key)).Step())
        {
            return null;
        }

        string? expected = new PackedMetadata(read.Bytes(4)).Get(MetadataType.ExpectedNumberOfInstances);
        KnownSeries series = new()
        {
            Id = read.Integer(0),
            Study = read.Integer(1),
            Patient = read.Integer(2),
            LastUpdate = read.Integer(3),
            ExpectedInstances = long.TryParse(expected, out long number) && number > 0 ? number : 0,
        };
        session.Remember(record.Series.PublicId, series);
        return series;
    }

    private static KnownSeries CreateParents(WriteSession session, InstanceRecord record, long patient, out bool newPatient, out bool newStudy, out bool newSeries)
    {
        Connection db = session.Db;
        Span<byte> key = stackalloc byte[PublicId.Size];
        long second = record.ReceivedAt.ToUnixTimeSeconds();
        newPatient = patient == 0;
        if (newPatient)
        {
            patient = Insert(session, ResourceLevel.Patient, record.Patient, 0, second, default, null, 0, 0);
        }

        long study = Row(db, Parse(record.Study.PublicId, key), out _);
        newStudy = study == 0;
        if (newStudy)
        {
            study = Insert(session, ResourceLevel.Study, record.Study, patient, second, PackedTags.From(record.Patient.Tags), null, 0, 0);
        }

        newSeries = true;
        long series = Insert(session, ResourceLevel.Series, record.Series, study, second, default, null, 0, 0);
        long expected = 0;
        foreach (MetadataValue value in record.Series.Metadata)
        {
            if (value.Type == MetadataType.ExpectedNumberOfInstances && long.TryParse(value.Value, out long number) && number > 0)
            {
                expected = number;
            }
        }

        // 0: the first touch writes all three levels.
        return new KnownSeries { Id = series, Study = study, Patient = patient, ExpectedInstances = expected, LastUpdate = newPatient ? second : 0 };
    }

    private static long Insert(WriteSession session, ResourceLevel level, LevelRecord record, long parent, long lastUpdate, PackedTags patientTags, OriginRecord? origin, long imageId, long boxSeries)
    {
        Connection db = session.Db;
        Span<byte> key = stackalloc byte[PublicId.Size];
        PackedTags tags = PackedTags.From(record.Tags);
        long id;
        using (Statement insert = db.Prepare("""
            INSERT INTO resources(level,public_id,parent,last_update,image_id,box_series,origin,tags,patient_tags,metadata) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10)
            """))
        {
            insert.Bind(1, (long)level).BindBlob(2, Parse(record.PublicId, key)).Bind(3, parent).Bind(4, lastUpdate).Bind(5, imageId).Bind(6, boxSeries);
            if (origin is null)
            {
                insert.BindNull(7);
            }
            else
            {
                insert.Bind(7, $"{origin.Type}\n{origin.Name}\n{origin.Id}");
            }

            insert.BindBlob(8, tags.Bytes.Span);
            if (level == ResourceLevel.Study)
            {
                insert.BindBlob(9, patientTags.Bytes.Span);
            }
            else
            {
                insert.BindNull(9);
            }

            insert.BindBlob(10, PackedMetadata.From(record.Metadata).Bytes.Span).Run();
            id = db.LastInsertRowId;
        }

        Identifiers.Insert(db, level, id, tags);
        if (level == ResourceLevel.Study)
        {
            Identifiers.Insert(db, level, id, patientTags);
        }

        session.Count(level, 1);
        return id;
    }

    private static void TouchParents(Connection db, KnownSeries series, long second)
    {
        if (series.LastUpdate == second)
        {
            return;
        }

        using Statement touch = db.Prepare("UPDATE resources SET last_update=?4 WHERE id IN (?1,?2,?3) AND last_update<>?4");
        touch.Bind(1, series.Id).Bind(2, series.Study).Bind(3, series.Patient).Bind(4, second).Run();
        series.LastUpdate = second;
    }

    /// <summary>Whether the series has just become complete: each index of 1…N once (facts 2.2).</summary>
    private static bool Completes(Connection db, InstanceRecord record, KnownSeries series)
    {
        if (series.ExpectedInstances == 0 || IndexOf(record.Instance.Metadata, series.ExpectedInstances) == Sequenceless)
        {
            return false;
        }

        using (Statement count = db.Prepare("SELECT count(*) FROM (SELECT 1 FROM resources WHERE parent=?1 LIMIT ?2)"))
        {
            if (!count.Bind(1, series.Id).Bind(2, series.ExpectedInstances).Step() || count.Integer(0) < series.ExpectedInstances)
            {
                return false;
            }
        }

        HashSet<long> seen = [];
        using Statement read = db.Prepare("SELECT metadata FROM resources WHERE parent=?1");
        read.Bind(1, series.Id);
        while (read.Step())
        {
            string? text = new PackedMetadata(read.Bytes(0)).Get(MetadataType.IndexInSeries);
            if (text is null)
            {
                continue;
            }

            if (!long.TryParse(text, out long index) || index < 1 || index > series.ExpectedInstances || !seen.Add(index))
            {
                return false;
            }
        }

        return seen.Count == series.ExpectedInstances;
    }

    private static long IndexOf(IReadOnlyList<MetadataValue> metadata, long expected)
    {
        foreach (MetadataValue value in metadata)
        {
            if (value.Type == MetadataType.IndexInSeries)
            {
                return long.TryParse(value.Value, out long index) && index >= 1 && index <= expected ? index : Sequenceless;
            }
        }

        return Sequenceless;
    }

    /// <summary>Slicebox's rows of the series, where name, series or source changed since the last instance.</summary>
    private static void UpdateBox(Connection db, InstanceRecord record, KnownSeries series)
    {
        string name = Value(record.Patient.Tags, 0x00100010);
        if (series.BoxSeries != 0 && series.BoxName == name && series.BoxSource == record.Origin)
        {
            return;
        }

        if (series.BoxSeries == 0 || series.BoxName != name)
        {
            // Slicebox keeps the first 180 characters of the name.
            string shortName = name.Length > 180 ? name[..180] : name;
            long patient = Upsert(db, "INSERT OR IGNORE INTO box_patients(name,patient_id) VALUES(?1,?2)", "SELECT id FROM box_patients WHERE name=?1 AND patient_id=?2",
                shortName, Value(record.Patient.Tags, 0x00100020));
            long study = Upsert(db, "INSERT OR IGNORE INTO box_studies(patient,uid) VALUES(?1,?2)", "SELECT id FROM box_studies WHERE patient=?1 AND uid=?2",
                patient, Value(record.Study.Tags, 0x0020000D));
            using (Statement insert = db.Prepare("INSERT OR IGNORE INTO box_series(study,uid,resource,source_type,source_name,source_id) VALUES(?1,?2,?3,'','',-1)"))
            {
                insert.Bind(1, study).Bind(2, Value(record.Series.Tags, 0x0020000E)).Bind(3, series.Id).Run();
            }

            using Statement find = db.Prepare("SELECT id FROM box_series WHERE study=?1 AND uid=?2");
            find.Bind(1, study).Bind(2, Value(record.Series.Tags, 0x0020000E)).Step();
            series.BoxSeries = find.Integer(0);
            series.BoxName = name;
        }

        using Statement source = db.Prepare("UPDATE box_series SET resource=?2,source_type=?3,source_name=?4,source_id=?5 WHERE id=?1");
        source.Bind(1, series.BoxSeries).Bind(2, series.Id).Bind(3, record.Origin.Type).Bind(4, record.Origin.Name).Bind(5, record.Origin.Id).Run();
        series.BoxSource = record.Origin;
    }

    private static long Upsert(Connection db, string insertSql, string findSql, string first, string second)
    {
        using (Statement insert = db.Prepare(insertSql))
        {
            insert.Bind(1, first).Bind(2, second).Run();
        }

        using Statement find = db.Prepare(findSql);
        find.Bind(1, first).Bind(2, second).Step();
        return find.Integer(0);
    }

    private static long Upsert(Connection db, string insertSql, string findSql, long first, string second)
    {
        using (Statement insert = db.Prepare(insertSql))
        {
            insert.Bind(1, first).Bind(2, second).Run();
        }

        using Statement find = db.Prepare(findSql);
        find.Bind(1, first).Bind(2, second).Step();
        return find.Integer(0);
    }

    private static string Value(IReadOnlyList<MainTag> tags, uint tag)
    {
        for (int i = 0; i < tags.Count; i++)
        {
            if (tags[i].Tag == tag)
            {
                return tags[i].Value;
            }
        }

        return "";
    }

    private static long ImageId(Connection db, long instance)
    {
        using Statement read = db.Prepare("SELECT image_id FROM resources WHERE id=?1");
        long image = read.Bind(1, instance).Step() ? read.Integer(0) : 0;
        return image != 0 ? image : instance;
    }

    private static void Finish(WriteSession session, InstanceRecord record, long date)
    {
        Connection db = session.Db;
        Span<byte> key = stackalloc byte[PublicId.Size];
        foreach (ChangeRequest change in record.Changes)
        {
            if (PublicId.TryParse(change.PublicId, key) && Row(db, key, out _) is var row and not 0)
            {
                Change(db, change.Kind, row, date);
            }
        }

        if (record.Checkpoint is { } checkpoint)
        {
            JobTable.Checkpoint(db, checkpoint);
        }
    }

    private static void BindMd5(Statement statement, int index, string? md5)
    {
        if (md5 is { Length: 32 })
        {
            statement.BindBlob(index, Convert.FromHexString(md5));
        }
        else
        {
            statement.BindNull(index);
        }
    }
}
