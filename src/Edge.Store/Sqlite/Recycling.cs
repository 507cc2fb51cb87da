using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>Orthanc's limits: the least recently touched unprotected patient makes room, unless something of it waits for delivery.</summary>
internal static class Recycling
{
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
        using Statement order = session.Db.Prepare(
            "SELECT patient,EXISTS(SELECT 1 FROM outbox o WHERE o.patient=r.patient AND o.state<>3) FROM recycling r WHERE patient<>?1 ORDER BY seq");
        order.Bind(1, keep);
        while (order.Step())
        {
            if (order.Integer(1) == 0)
            {
                return order.Integer(0);
            }

            spared = true;
        }

        return 0;
    }
}
