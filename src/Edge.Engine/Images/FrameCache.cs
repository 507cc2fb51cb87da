namespace Edge.Engine.Images;

/// <summary>The frames decoded last, so that windows and sizes of the same picture do not decode it again. Bounded in bytes.</summary>
/// <param name="capacity">Bytes; 0 keeps nothing.</param>
public sealed class FrameCache(long capacity) : IDisposable
{
    /// <summary>A frame larger than this part of the cache would drive out all others.</summary>
    private const int GreatestPart = 4;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid File, int Frame), LinkedListNode<Entry>> _entries = [];
    private readonly LinkedList<Entry> _byUse = new();

    /// <summary>The bytes held now.</summary>
    public long Used { get; private set; }

    /// <summary>A frame, to be disposed by the caller; null where it is not there.</summary>
    /// <param name="file">The attachment: it never changes under one identifier.</param>
    /// <param name="frame">From 0.</param>
    public DecodedFrame? Find(Guid file, int frame)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue((file, frame), out LinkedListNode<Entry>? node))
            {
                return null;
            }

            _byUse.Remove(node);
            _byUse.AddFirst(node);
            return node.Value.Frame.Share();
        }
    }

    /// <summary>Keeps a frame; the caller's own share stays the caller's.</summary>
    public void Add(Guid file, int frame, DecodedFrame decoded)
    {
        long size = decoded.Size;
        if (size > capacity / GreatestPart)
        {
            return;
        }

        lock (_gate)
        {
            if (_entries.ContainsKey((file, frame)))
            {
                return; // two requests decoded it at the same time
            }

            while (Used + size > capacity)
            {
                Drop(_byUse.Last!);
            }

            _entries.Add((file, frame), _byUse.AddFirst(new Entry((file, frame), decoded.Share(), size)));
            Used += size;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            while (_byUse.Last is { } last)
            {
                Drop(last);
            }
        }
    }

    private void Drop(LinkedListNode<Entry> node)
    {
        _byUse.Remove(node);
        _entries.Remove(node.Value.Key);
        Used -= node.Value.Size;
        node.Value.Frame.Dispose();
    }

    private readonly record struct Entry((Guid File, int Frame) Key, DecodedFrame Frame, long Size);
}
