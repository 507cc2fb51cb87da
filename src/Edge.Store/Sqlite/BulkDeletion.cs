using System.Diagnostics;
using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Store.Sqlite;

/// <summary>A deletion of many resources, series by series, in slices.</summary>
internal sealed class BulkDeletion(IReadOnlyList<string> publicIds)
{
    private readonly Queue<long> _series = new();
    private readonly List<long> _slice = [];
    private int _next;
    private int _deletedBefore;
    private int _settledBefore;

    public List<DeletedResource> Deleted { get; } = [];

    public List<SettledOutbox> Settled { get; } = [];

    /// <summary>Deletes until the deadline. True: done.</summary>
    public bool Run(WriteSession session, long deadline)
    {
        _slice.Clear();
        (_deletedBefore, _settledBefore) = (Deleted.Count, Settled.Count);
        long touched = DateTimeOffset.UtcNow.ToUnixTimeSeconds();
        while (true)
        {
            if (_series.TryDequeue(out long id))
            {
                _slice.Add(id);
                Deletion.Run(session, id, Deleted, Settled, touched);
            }
            else if (_next < publicIds.Count)
            {
                Expand(session.Db, publicIds[_next++]);
                continue;
            }
            else
            {
                return true;
            }

            if (Stopwatch.GetTimestamp() > deadline)
            {
                return false;
            }
        }
    }

    /// <summary>The last slice was rolled back: what it deleted is still there.</summary>
    public void Rewind()
    {
        _slice.ForEach(_series.Enqueue);
        Deleted.RemoveRange(_deletedBefore, Deleted.Count - _deletedBefore);
        Settled.RemoveRange(_settledBefore, Settled.Count - _settledBefore);
    }

    private void Expand(Connection db, string publicId)
    {
        Span<byte> key = stackalloc byte[PublicId.Size];
        if (!PublicId.TryParse(publicId, key) || Ingestion.Row(db, key, out ResourceLevel level) is not (not 0 and var id))
        {
            return;
        }

        List<long> ids = [id];
        for (; level < ResourceLevel.Series; level++)
        {
            List<long> below = [];
            using Statement children = db.Prepare("SELECT id FROM resources WHERE parent=?1");
            foreach (long parent in ids)
            {
                children.Bind(1, parent);
                while (children.Step())
                {
                    below.Add(children.Integer(0));
                }

                children.Dispose();
            }

            ids = below;
        }

        foreach (long each in ids)
        {
            _series.Enqueue(each);
        }
    }
}
