using System.Buffers.Binary;
using System.Text;

namespace Edge.Store.Index;

/// <summary>One main DICOM tag of a resource: <c>0xGGGGEEEE</c> and its text (UTF-8, padding removed; empty means present but empty).</summary>
public readonly record struct MainTag(uint Tag, string Value);

/// <summary>
/// The main DICOM tags of one resource as one packed value, read without allocation:
/// repeated (tag as 32 bits little-endian, length as a varint, UTF-8 text), in the order given when stored.
/// </summary>
public readonly struct PackedTags(ReadOnlyMemory<byte> bytes)
{
    /// <summary>The packed form.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public bool IsEmpty => Bytes.IsEmpty;

    /// <summary>Packs <paramref name="tags"/>; a tag given twice keeps its first value.</summary>
    public static PackedTags From(IReadOnlyList<MainTag> tags)
    {
        int size = 0;
        for (int i = 0; i < tags.Count; i++)
        {
            size += 4 + Varint.MaximumLength + Encoding.UTF8.GetMaxByteCount(tags[i].Value.Length);
        }

        byte[] buffer = new byte[size];
        int at = 0;
        for (int i = 0; i < tags.Count; i++)
        {
            if (!new PackedTags(buffer.AsMemory(0, at)).Contains(tags[i].Tag))
            {
                BinaryPrimitives.WriteUInt32LittleEndian(buffer.AsSpan(at), tags[i].Tag);
                at += 4;
                at += Varint.Write(buffer.AsSpan(at), (ulong)Encoding.UTF8.GetByteCount(tags[i].Value));
                at += Encoding.UTF8.GetBytes(tags[i].Value, buffer.AsSpan(at));
            }
        }

        return new PackedTags(buffer.AsMemory(0, at));
    }

    public bool Contains(uint tag) => TryGetUtf8(tag, out _);

    /// <summary>The text of <paramref name="tag"/> in UTF-8; false if the resource has no such tag.</summary>
    public bool TryGetUtf8(uint tag, out ReadOnlySpan<byte> value)
    {
        foreach (PackedTag entry in this)
        {
            if (entry.Tag == tag)
            {
                value = entry.Utf8;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>The text of <paramref name="tag"/>, or null if the resource has no such tag.</summary>
    public string? Get(uint tag) => TryGetUtf8(tag, out ReadOnlySpan<byte> value) ? Encoding.UTF8.GetString(value) : null;

    public List<MainTag> ToList()
    {
        List<MainTag> list = [];
        foreach (PackedTag entry in this)
        {
            list.Add(new MainTag(entry.Tag, Encoding.UTF8.GetString(entry.Utf8)));
        }

        return list;
    }

    public Enumerator GetEnumerator() => new(Bytes.Span);

    /// <summary>One tag inside a packed value.</summary>
    public readonly ref struct PackedTag(uint tag, ReadOnlySpan<byte> utf8)
    {
        public uint Tag { get; } = tag;

        public ReadOnlySpan<byte> Utf8 { get; } = utf8;
    }

    /// <summary>Walks a packed value; a damaged tail ends the walk.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public PackedTag Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.Length < 5)
            {
                return false;
            }

            uint tag = BinaryPrimitives.ReadUInt32LittleEndian(_rest);
            int used = Varint.Read(_rest[4..], out ulong length);
            if (used == 0 || length > (ulong)(_rest.Length - 4 - used))
            {
                return false;
            }

            Current = new PackedTag(tag, _rest.Slice(4 + used, (int)length));
            _rest = _rest[(4 + used + (int)length)..];
            return true;
        }
    }
}
