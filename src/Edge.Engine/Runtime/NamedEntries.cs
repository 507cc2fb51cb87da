namespace Edge.Engine.Runtime;

/// <summary>Entries by name, in the order of the names; changed while others read.</summary>
public sealed class NamedEntries<T>
    where T : class
{
    private readonly Lock _gate = new();
    private volatile SortedDictionary<string, T> _entries;

    public NamedEntries(IEnumerable<KeyValuePair<string, T>> entries)
    {
        _entries = new SortedDictionary<string, T>(StringComparer.Ordinal);
        foreach ((string name, T entry) in entries)
        {
            _entries.Add(name, entry);
        }
    }

    /// <summary>A snapshot; it does not change any more.</summary>
    public IReadOnlyDictionary<string, T> All => _entries;

    public T? Find(string name) => _entries.TryGetValue(name, out T? entry) ? entry : null;

    public void Set(string name, T entry) => Change(copy => copy[name] = entry);

    /// <returns>False where there was none.</returns>
    public bool Remove(string name)
    {
        bool removed = false;
        Change(copy => removed = copy.Remove(name));
        return removed;
    }

    private void Change(Action<SortedDictionary<string, T>> change)
    {
        lock (_gate)
        {
            SortedDictionary<string, T> copy = new(_entries, StringComparer.Ordinal);
            change(copy);
            _entries = copy;
        }
    }
}
