using System.Text;

namespace Edge.Store.Index;

/// <summary>One metadata of a resource. Numbers below 1024 are the system's (<see cref="MetadataType"/>).</summary>
public readonly record struct MetadataValue(int Type, string Value);

/// <summary>A metadata to be set, or to be removed where the value is null.</summary>
public readonly record struct MetadataEdit(int Type, string? Value);

/// <summary>Orthanc's numbers of the system metadata that the index itself reads or writes; the others pass through.</summary>
public static class MetadataType
{
    public const int IndexInSeries = 1;
    public const int ReceptionDate = 2;
    public const int RemoteAet = 3;
    public const int ExpectedNumberOfInstances = 4;
    public const int ModifiedFrom = 5;
    public const int AnonymizedFrom = 6;
    public const int LastUpdate = 7;
    public const int Origin = 8;
    public const int TransferSyntax = 9;
    public const int SopClassUid = 10;
    public const int RemoteIp = 11;
    public const int CalledAet = 12;
    public const int HttpUsername = 13;
    public const int PixelDataOffset = 14;
    public const int MainDicomTagsSignature = 15;
    public const int MainDicomSequences = 16;
    public const int PixelDataVr = 17;

    /// <summary>The first number of the user's own metadata and attachments.</summary>
    public const int FirstUser = 1024;
}

/// <summary>
/// The metadata of one resource as one packed value, ascending by number:
/// repeated (number, revision, length as varints, UTF-8 text).
/// </summary>
public readonly struct PackedMetadata(ReadOnlyMemory<byte> bytes)
{
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Packs <paramref name="values"/> at revision 0; a number given twice keeps its last value.</summary>
    public static PackedMetadata From(IReadOnlyList<MetadataValue> values)
    {
        SortedList<int, (long Revision, string Value)> sorted = new(values.Count);
        for (int i = 0; i < values.Count; i++)
        {
            sorted[values[i].Type] = (0, values[i].Value);
        }

        return Pack(sorted);
    }

    /// <summary>The value of <paramref name="type"/>, or null.</summary>
    public string? Get(int type) => TryGet(type, out string? value, out _) ? value : null;

    public bool TryGetUtf8(int type, out ReadOnlySpan<byte> utf8, out long revision)
    {
        foreach (Entry entry in this)
        {
            if (entry.Type == type)
            {
                utf8 = entry.Utf8;
                revision = entry.Revision;
                return true;
            }
        }

        utf8 = default;
        revision = 0;
        return false;
    }

    public bool TryGet(int type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? value, out long revision)
    {
        bool found = TryGetUtf8(type, out ReadOnlySpan<byte> utf8, out revision);
        value = found ? Encoding.UTF8.GetString(utf8) : null;
        return found;
    }

    /// <summary>The same with <paramref name="type"/> set.</summary>
    public PackedMetadata With(int type, string value, long revision)
    {
        SortedList<int, (long Revision, string Value)> sorted = Unpack();
        sorted[type] = (revision, value);
        return Pack(sorted);
    }

    /// <summary>The same without <paramref name="type"/>.</summary>
    public PackedMetadata Without(int type)
    {
        SortedList<int, (long Revision, string Value)> sorted = Unpack();
        sorted.Remove(type);
        return Pack(sorted);
    }

    public Enumerator GetEnumerator() => new(Bytes.Span);

    /// <summary>The packed form with one more value of a type that it lacks, at revision 0.</summary>
    internal static PackedMetadata Insert(ReadOnlySpan<byte> packed, int type, ReadOnlySpan<byte> utf8)
    {
        int before = 0;
        Enumerator entries = new(packed);
        while (entries.MoveNext() && entries.Current.Type < type)
        {
            before = packed.Length - entries.Left;
        }

        byte[] buffer = new byte[packed.Length + (3 * Varint.MaximumLength) + utf8.Length];
        packed[..before].CopyTo(buffer);
        int at = before;
        at += Varint.Write(buffer.AsSpan(at), (ulong)type);
        at += Varint.Write(buffer.AsSpan(at), 0);
        at += Varint.Write(buffer.AsSpan(at), (ulong)utf8.Length);
        utf8.CopyTo(buffer.AsSpan(at));
        at += utf8.Length;
        packed[before..].CopyTo(buffer.AsSpan(at));
        return new PackedMetadata(buffer.AsMemory(0, at + packed.Length - before));
    }

    private SortedList<int, (long Revision, string Value)> Unpack()
    {
        SortedList<int, (long Revision, string Value)> sorted = [];
        foreach (Entry entry in this)
        {
            sorted[entry.Type] = (entry.Revision, Encoding.UTF8.GetString(entry.Utf8));
        }

        return sorted;
    }

    private static PackedMetadata Pack(SortedList<int, (long Revision, string Value)> sorted)
    {
        int size = 0;
        foreach ((_, (_, string value)) in sorted)
        {
            size += (3 * Varint.MaximumLength) + Encoding.UTF8.GetMaxByteCount(value.Length);
        }

        byte[] buffer = new byte[size];
        int at = 0;
        foreach ((int type, (long revision, string value)) in sorted)
        {
            at += Varint.Write(buffer.AsSpan(at), (ulong)type);
            at += Varint.Write(buffer.AsSpan(at), (ulong)revision);
            at += Varint.Write(buffer.AsSpan(at), (ulong)Encoding.UTF8.GetByteCount(value));
            at += Encoding.UTF8.GetBytes(value, buffer.AsSpan(at));
        }

        return new PackedMetadata(buffer.AsMemory(0, at));
    }

    /// <summary>One metadata inside a packed value.</summary>
    public readonly ref struct Entry(int type, long revision, ReadOnlySpan<byte> utf8)
    {
        public int Type { get; } = type;

        public long Revision { get; } = revision;

        public ReadOnlySpan<byte> Utf8 { get; } = utf8;
    }

    /// <summary>Walks a packed value; a damaged tail ends the walk.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public Entry Current { get; private set; }

        internal readonly int Left => _rest.Length;

        public bool MoveNext()
        {
            if (!Take(out ulong type) || !Take(out ulong revision) || !Take(out ulong length) || length > (ulong)_rest.Length)
            {
                return false;
            }

            Current = new Entry((int)type, (long)revision, _rest[..(int)length]);
            _rest = _rest[(int)length..];
            return true;
        }

        private bool Take(out ulong value)
        {
            int used = Varint.Read(_rest, out value);
            _rest = _rest[used..];
            return used > 0;
        }
    }
}
