namespace Edge.Store.Schema;

/// <summary>
/// The tables of the index. Public ids are kept as the 20 bytes of the SHA-1, uuids and MD5s as 16 bytes, times as Unix
/// milliseconds (<c>last_update</c>: seconds). AUTOINCREMENT: a number is never given twice, not even after deletion.
/// </summary>
internal static class IndexSchema
{
    /// <summary>The version this binary writes (<c>PRAGMA user_version</c>); it opens older ones after migrating them.</summary>
    public const int Version = 2;

    /// <summary>Marks our files (<c>PRAGMA application_id</c>, "EDGE").</summary>
    public const int ApplicationId = 0x45444745;

    /// <summary>Steps from one version to the next: [0] makes version 1 out of nothing.</summary>
    public static IReadOnlyList<string> Migrations { get; } = [Version1, Version2];

    private const string Version1 = """
        CREATE TABLE resources(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          level INTEGER NOT NULL,
          public_id BLOB NOT NULL,
          parent INTEGER NOT NULL,
          last_update INTEGER NOT NULL,
          image_id INTEGER NOT NULL DEFAULT 0,
          box_series INTEGER NOT NULL DEFAULT 0,
          origin BLOB,
          tags BLOB NOT NULL,
          patient_tags BLOB,
          metadata BLOB NOT NULL);
        CREATE UNIQUE INDEX resources_public ON resources(public_id);
        CREATE INDEX resources_parent ON resources(parent);
        CREATE INDEX resources_level ON resources(level);
        CREATE UNIQUE INDEX resources_image ON resources(image_id) WHERE image_id<>0;

        -- Searchable tags: normalised text -> resource. Key order serves equality, prefix and range.
        CREATE TABLE identifiers(
          key INTEGER NOT NULL,
          value BLOB NOT NULL,
          resource INTEGER NOT NULL,
          PRIMARY KEY(key, value, resource)) WITHOUT ROWID;

        CREATE TABLE attachments(
          resource INTEGER NOT NULL,
          type INTEGER NOT NULL,
          uuid BLOB NOT NULL,
          format INTEGER NOT NULL,
          compression INTEGER NOT NULL,
          plain_size INTEGER NOT NULL,
          logical_size INTEGER NOT NULL,
          stored_size INTEGER NOT NULL,
          plain_md5 BLOB,
          logical_md5 BLOB,
          revision INTEGER NOT NULL,
          PRIMARY KEY(resource, type)) WITHOUT ROWID;
        CREATE UNIQUE INDEX attachments_uuid ON attachments(uuid);

        CREATE TABLE labels(
          resource INTEGER NOT NULL,
          label TEXT NOT NULL,
          PRIMARY KEY(resource, label)) WITHOUT ROWID;
        CREATE INDEX labels_label ON labels(label);

        CREATE TABLE changes(
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          kind INTEGER NOT NULL,
          resource INTEGER NOT NULL,
          date INTEGER NOT NULL);
        CREATE INDEX changes_resource ON changes(resource);

        CREATE TABLE exports(
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          level INTEGER NOT NULL,
          public_id TEXT NOT NULL,
          remote TEXT NOT NULL,
          patient_id TEXT NOT NULL,
          study_uid TEXT,
          series_uid TEXT,
          sop_uid TEXT,
          date INTEGER NOT NULL);

        -- Unprotected patients, the next to be recycled first.
        CREATE TABLE recycling(
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          patient INTEGER NOT NULL UNIQUE);

        -- Files whose rows are gone: removed after the commit, then forgotten.
        CREATE TABLE deletions(uuid BLOB PRIMARY KEY) WITHOUT ROWID;

        CREATE TABLE totals(
          id INTEGER PRIMARY KEY CHECK(id=1),
          patients INTEGER NOT NULL, studies INTEGER NOT NULL, series INTEGER NOT NULL, instances INTEGER NOT NULL,
          plain_size INTEGER NOT NULL, logical_size INTEGER NOT NULL, stored_size INTEGER NOT NULL);
        INSERT INTO totals VALUES(1,0,0,0,0,0,0,0);

        CREATE TABLE properties(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

        CREATE TABLE jobs(
          seq INTEGER PRIMARY KEY AUTOINCREMENT,
          id TEXT NOT NULL UNIQUE,
          type TEXT NOT NULL,
          state TEXT NOT NULL,
          priority INTEGER NOT NULL,
          created INTEGER NOT NULL,
          completed INTEGER,
          body BLOB NOT NULL,
          cursor BLOB NOT NULL);

        -- An overwritten instance is a new row, so (instance, destination) is (version, destination).
        CREATE TABLE outbox(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          instance INTEGER NOT NULL,
          series INTEGER NOT NULL,
          patient INTEGER NOT NULL,
          kind TEXT NOT NULL,
          destination TEXT NOT NULL,
          rule TEXT NOT NULL,
          priority INTEGER NOT NULL,
          state INTEGER NOT NULL,
          attempts INTEGER NOT NULL,
          last_status INTEGER NOT NULL,
          reason TEXT NOT NULL,
          created INTEGER NOT NULL,
          not_before INTEGER NOT NULL,
          updated INTEGER NOT NULL,
          UNIQUE(instance, destination));
        -- not_before: 0 when due, else the time from which it is. What is due is claimed by series (outbox_lines), so that a claim costs the same
        -- whatever waits, is in flight or was delivered.
        CREATE INDEX outbox_state ON outbox(destination, state, id);
        CREATE INDEX outbox_ready ON outbox(destination, series, priority DESC, id) WHERE state=0 AND not_before=0;
        CREATE INDEX outbox_later ON outbox(destination, not_before) WHERE state=0 AND not_before>0;
        CREATE INDEX outbox_delivered ON outbox(destination, updated, id) WHERE state=3;
        CREATE INDEX outbox_open ON outbox(patient) WHERE state<>3;

        -- A line for each series with due rows, ordered by the row at its head. One whose rows are gone is removed when a claim meets it.
        CREATE TABLE outbox_lines(
          destination TEXT NOT NULL,
          series INTEGER NOT NULL,
          priority INTEGER NOT NULL,
          head INTEGER NOT NULL,
          PRIMARY KEY(destination, series)) WITHOUT ROWID;
        CREATE INDEX outbox_lines_order ON outbox_lines(destination, priority DESC, head);

        -- Rows per state, so that nobody counts them.
        CREATE TABLE outbox_counts(
          destination TEXT NOT NULL,
          state INTEGER NOT NULL,
          rows INTEGER NOT NULL,
          PRIMARY KEY(destination, state)) WITHOUT ROWID;

        CREATE TRIGGER outbox_added AFTER INSERT ON outbox BEGIN
          INSERT INTO outbox_counts VALUES(NEW.destination, NEW.state, 1) ON CONFLICT(destination, state) DO UPDATE SET rows=rows+1;
        END;
        CREATE TRIGGER outbox_removed AFTER DELETE ON outbox BEGIN
          UPDATE outbox_counts SET rows=rows-1 WHERE destination=OLD.destination AND state=OLD.state;
        END;
        CREATE TRIGGER outbox_changed AFTER UPDATE OF state ON outbox WHEN OLD.state<>NEW.state BEGIN
          UPDATE outbox_counts SET rows=rows-1 WHERE destination=OLD.destination AND state=OLD.state;
          INSERT INTO outbox_counts VALUES(NEW.destination, NEW.state, 1) ON CONFLICT(destination, state) DO UPDATE SET rows=rows+1;
        END;
        CREATE TRIGGER outbox_added_due AFTER INSERT ON outbox WHEN NEW.state=0 AND NEW.not_before=0 BEGIN
          INSERT INTO outbox_lines VALUES(NEW.destination, NEW.series, NEW.priority, NEW.id)
          ON CONFLICT(destination, series) DO UPDATE SET priority=excluded.priority, head=excluded.head WHERE excluded.priority>priority OR (excluded.priority=priority AND excluded.head<head);
        END;
        CREATE TRIGGER outbox_became_due AFTER UPDATE OF state, not_before ON outbox WHEN NEW.state=0 AND NEW.not_before=0 BEGIN
          INSERT INTO outbox_lines VALUES(NEW.destination, NEW.series, NEW.priority, NEW.id)
          ON CONFLICT(destination, series) DO UPDATE SET priority=excluded.priority, head=excluded.head WHERE excluded.priority>priority OR (excluded.priority=priority AND excluded.head<head);
        END;

        CREATE TABLE users(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          name TEXT NOT NULL UNIQUE,
          role TEXT NOT NULL,
          password TEXT NOT NULL);

        -- Slicebox's hierarchy: a patient is a name and an ID, a study a UID within it, a series a UID within that.
        CREATE TABLE box_patients(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          name TEXT NOT NULL, patient_id TEXT NOT NULL,
          UNIQUE(name, patient_id));
        CREATE TABLE box_studies(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          patient INTEGER NOT NULL, uid TEXT NOT NULL,
          UNIQUE(patient, uid));
        CREATE TABLE box_series(
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          study INTEGER NOT NULL, uid TEXT NOT NULL, resource INTEGER NOT NULL,
          source_type TEXT NOT NULL, source_name TEXT NOT NULL, source_id INTEGER NOT NULL,
          UNIQUE(study, uid));
        CREATE INDEX box_series_resource ON box_series(resource);
        CREATE INDEX box_series_source ON box_series(source_type, source_id);
        """;

    /// <summary>Lists without touching the wide rows; patients with undelivered instances are marked in the order of recycling, so that looking for the next one does not pass them by.</summary>
    private const string Version2 = """
        -- Lists of ids are read from the index alone.
        DROP INDEX resources_level;
        CREATE INDEX resources_level ON resources(level, id, public_id);

        ALTER TABLE recycling ADD COLUMN owed INTEGER NOT NULL DEFAULT 0;
        UPDATE recycling SET owed=1 WHERE EXISTS(SELECT 1 FROM outbox o WHERE o.patient=recycling.patient AND o.state<>3);

        -- The number of the row ends each key, so it is the order of recycling too.
        CREATE INDEX recycling_owed ON recycling(owed);

        CREATE TRIGGER recycling_added AFTER INSERT ON recycling WHEN EXISTS(SELECT 1 FROM outbox o WHERE o.patient=NEW.patient AND o.state<>3) BEGIN
          UPDATE recycling SET owed=1 WHERE seq=NEW.seq;
        END;
        CREATE TRIGGER outbox_owes AFTER INSERT ON outbox WHEN NEW.state<>3 BEGIN
          UPDATE recycling SET owed=1 WHERE patient=NEW.patient AND owed=0;
        END;
        CREATE TRIGGER outbox_owes_again AFTER UPDATE OF state ON outbox WHEN OLD.state=3 AND NEW.state<>3 BEGIN
          UPDATE recycling SET owed=1 WHERE patient=NEW.patient AND owed=0;
        END;
        CREATE TRIGGER outbox_paid AFTER UPDATE OF state ON outbox WHEN OLD.state<>3 AND NEW.state=3 BEGIN
          UPDATE recycling SET owed=0 WHERE patient=OLD.patient AND owed=1 AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.patient=OLD.patient AND o.state<>3);
        END;
        CREATE TRIGGER outbox_dropped AFTER DELETE ON outbox WHEN OLD.state<>3 BEGIN
          UPDATE recycling SET owed=0 WHERE patient=OLD.patient AND owed=1 AND NOT EXISTS(SELECT 1 FROM outbox o WHERE o.patient=OLD.patient AND o.state<>3);
        END;
        """;
}
