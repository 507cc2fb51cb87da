using Edge.Core.Ids;
using Edge.Store.Index;

namespace Edge.Store.Sqlite;

/// <summary>What the writer knows between requests. Everything here is either in the transaction or thrown away with it.</summary>
internal sealed class WriteSession(Connection connection)
{
    private const int MaximumKnownSeries = 1024;

    private readonly Dictionary<string, KnownSeries> _series = new(StringComparer.Ordinal);
    private IndexTotals _committed;

    public Connection Db { get; } = connection;

    /// <summary>Counts and sizes of the whole index, written with each transaction that changes them.</summary>
    public IndexTotals Totals { get; set; }

    /// <summary>Files whose rows this transaction removes.</summary>
    public List<Guid> Removed { get; } = [];

    /// <summary>The patient touched last, so that a series coming in does not turn the recycling order with each instance; 0: unknown.</summary>
    public long LastTouchedPatient { get; set; }

    public void Load()
    {
        using Statement read = Db.Prepare("SELECT patients,studies,series,instances,plain_size,logical_size,stored_size FROM totals");
        if (read.Step())
        {
            Totals = new IndexTotals(new ResourceCounts(read.Integer(0), read.Integer(1), read.Integer(2), read.Integer(3)),
                new StorageSizes(read.Integer(4), read.Integer(5), read.Integer(6)));
        }

        _committed = Totals;
        Forget();
        Removed.Clear();
    }

    public void BeforeCommit()
    {
        if (Totals == _committed)
        {
            return;
        }

        using Statement write = Db.Prepare("UPDATE totals SET patients=?1,studies=?2,series=?3,instances=?4,plain_size=?5,logical_size=?6,stored_size=?7");
        (ResourceCounts counts, StorageSizes sizes) = Totals;
        write.Bind(1, counts.Patients).Bind(2, counts.Studies).Bind(3, counts.Series).Bind(4, counts.Instances)
            .Bind(5, sizes.Plain).Bind(6, sizes.Logical).Bind(7, sizes.Stored).Run();
    }

    public void AfterCommit()
    {
        _committed = Totals;
        Removed.Clear();
    }

    /// <summary>Before a request: what to return to if it fails.</summary>
    public (IndexTotals Totals, int Removed) Mark() => (Totals, Removed.Count);

    public void ReturnTo((IndexTotals Totals, int Removed) mark)
    {
        Totals = mark.Totals;
        Removed.RemoveRange(mark.Removed, Removed.Count - mark.Removed);
        Forget();
    }

    /// <summary>After a deletion or rollback: ids remembered may be gone.</summary>
    public void Forget()
    {
        _series.Clear();
        LastTouchedPatient = 0;
    }

    public KnownSeries? Known(string publicId) => _series.GetValueOrDefault(publicId);

    public void Remember(string publicId, KnownSeries series)
    {
        if (_series.Count >= MaximumKnownSeries)
        {
            _series.Clear();
        }

        _series[publicId] = series;
    }

    public void Count(ResourceLevel level, int by)
    {
        ResourceCounts counts = Totals.Counts;
        Totals = Totals with
        {
            Counts = level switch
            {
                ResourceLevel.Patient => counts with { Patients = counts.Patients + by },
                ResourceLevel.Study => counts with { Studies = counts.Studies + by },
                ResourceLevel.Series => counts with { Series = counts.Series + by },
                _ => counts with { Instances = counts.Instances + by },
            },
        };
    }

    public void Count(long plain, long logical, long stored)
    {
        StorageSizes sizes = Totals.Sizes;
        Totals = Totals with { Sizes = new StorageSizes(sizes.Plain + plain, sizes.Logical + logical, sizes.Stored + stored) };
    }
}

/// <summary>A series that instances keep coming into.</summary>
internal sealed class KnownSeries
{
    public required long Id { get; init; }

    public required long Study { get; init; }

    public required long Patient { get; init; }

    /// <summary>From its metadata; 0 if unknown.</summary>
    public required long ExpectedInstances { get; init; }

    /// <summary>The second that its <c>LastUpdate</c> tells.</summary>
    public long LastUpdate { get; set; }

    /// <summary>Slicebox's series of the last instance: patient name, row, and source as last written.</summary>
    public string? BoxName { get; set; }

    public long BoxSeries { get; set; }

    public OriginRecord? BoxSource { get; set; }
}
