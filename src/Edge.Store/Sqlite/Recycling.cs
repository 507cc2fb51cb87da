using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>Orthanc's limits: the least recently touched unprotected patient makes room, unless something of it waits for delivery.</summary>
internal static class Recycling
{
    /// <summary>The patient to be recycled next: whether something of it waits for delivery, and who is kept.</summary>
    public const string NextSql = "SELECT patient FROM recycling WHERE owed=?1 AND patient<>?2 ORDER BY seq LIMIT 1";

    /// <summary>Makes room for <paramref name="bytes"/> more and, where <paramref name="newPatient"/>, one more patient.</summary>
    /// <param name="keep">The patient being received, never recycled; 0: none.</param>
    public static StoreStatus MakeRoom(WriteSession session, StorageLimits limits, long bytes, bool newPatient, long keep, List<DeletedResource> deleted, List<SettledOutbox> settled)
    {
        bool spared = false;
        if (limits.MaximumStorageSize > 0 && bytes > limits.MaximumStorageSize)
        {
            return StoreStatus.StorageFull;
        }

        while (Exceeds(session, limits, bytes, newPatient))
        {
            if (!limits.Recycle)
            {
                return StoreStatus.StorageFull;
            }

            long patient = Next(session, keep, ref spared);
            if (patient == 0)
            {
                return spared ? StoreStatus.StorageFullOfUndelivered : StoreStatus.StorageFull;
            }

            Deletion.Run(session, patient, deleted, settled, touched: 0);
            Failpoint.Hit("index.recycled");
        }

        return StoreStatus.Stored;
    }

    /// <summary>Recycles one patient. False: there is none to recycle.</summary>
    public static bool RecycleOne(WriteSession session)
    {
        bool spared = false;
        long patient = Next(session, 0, ref spared);
        if (patient != 0)
        {
            Deletion.Run(session, patient, [], [], touched: 0);
            Failpoint.Hit("index.recycled");
        }

        return patient != 0;
    }

    /// <summary>Moves a patient to the end of the order; protected ones are in no order.</summary>
    public static void Touch(WriteSession session, long patient, bool isNew)
    {
        if (session.LastTouchedPatient == patient)
        {
            return;
        }

        bool inOrder = isNew;
        if (!isNew)
        {
            using Statement remove = session.Db.Prepare("DELETE FROM recycling WHERE patient=?1");
            remove.Bind(1, patient).Run();
            inOrder = session.Db.Changes > 0;
        }

        if (inOrder)
        {
            using Statement append = session.Db.Prepare("INSERT INTO recycling(patient) VALUES(?1)");
            append.Bind(1, patient).Run();
        }

        session.LastTouchedPatient = patient;
    }

    public static bool Exceeds(WriteSession session, StorageLimits limits, long bytes, bool newPatient) =>
        (limits.MaximumStorageSize > 0 && session.Totals.Sizes.Stored + bytes > limits.MaximumStorageSize)
        || (limits.MaximumPatientCount > 0 && session.Totals.Counts.Patients + (newPatient ? 1 : 0) > limits.MaximumPatientCount);

    private static long Next(WriteSession session, long keep, ref bool spared)
    {
        using Statement next = session.Db.Prepare(NextSql);
        if (next.Bind(1, 0).Bind(2, keep).Step())
        {
            return next.Integer(0);
        }

        next.Dispose();
        spared |= next.Bind(1, 1).Bind(2, keep).Step();
        return 0;
    }
}
