using System.Collections;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom;

/// <summary>
/// A data set or an item of a sequence (PS3.5 7): elements in the order of the file, which is ascending in every sound file.
/// Lookups are by binary search there, and find the first of duplicates. Not safe for concurrent changes.
/// </summary>
public sealed partial class DataSet : IReadOnlyCollection<DicomElement>
{
    private readonly List<DicomElement> _elements;
    private bool _isAscending = true;
    private SpecificCharacterSet? _characterSet;
    private DataSet? _parent;
    private DicomElement[]? _sorted;

    public DataSet()
        : this(8)
    {
    }

    internal DataSet(int capacity) => _elements = new List<DicomElement>(capacity);

    /// <summary>The number of elements.</summary>
    public int Count => _elements.Count;

    /// <summary>The element at a position of the file's order.</summary>
    public DicomElement this[int index] => _elements[index];

    /// <summary>The data set whose sequence holds this item; null for the top one.</summary>
    public DataSet? Parent => _parent;

    /// <summary>Whether, as an item, its length was or is to be written as FFFFFFFF.</summary>
    public bool IsUndefinedLength { get; set; }

    /// <summary>The encoding where (0008,0005) is absent, here and above. Orthanc's <c>DefaultEncoding</c>.</summary>
    public OrthancEncoding DefaultEncoding
    {
        get => _parent is { } parent ? parent.DefaultEncoding : _defaultEncoding;
        set
        {
            _defaultEncoding = value;
            _characterSet = null;
        }
    }

    private OrthancEncoding _defaultEncoding = OrthancEncoding.Latin1;

    /// <summary>The character set of this data set: its own (0008,0005), else its parent's, else <see cref="DefaultEncoding"/> (PS3.5 6.1.2).</summary>
    public SpecificCharacterSet CharacterSet
    {
        get
        {
            if (_characterSet is { } known)
            {
                return known;
            }

            DicomElement? own = Find(DicomTags.SpecificCharacterSet);
            if (own is null && _parent is { } parent)
            {
                return parent.CharacterSet;
            }

            return _characterSet = SpecificCharacterSet.FromValue(own is null ? default : own.Value.Span, DefaultEncoding);
        }
    }

    /// <summary>The first element with a tag, or null.</summary>
    public DicomElement? Find(DicomTag tag)
    {
        int at = IndexOf(tag);
        return at >= 0 ? _elements[at] : null;
    }

    public bool Contains(DicomTag tag) => IndexOf(tag) >= 0;

    /// <summary>The owner of a private element's block: the value of (gggg,00xx), trimmed; null where there is none.</summary>
    public string? FindPrivateCreator(DicomTag tag)
    {
        if (!tag.IsPrivateElement || Find(tag.CreatorTag) is not { } creator)
        {
            return null;
        }

        return CreatorText(creator) is { Length: > 0 } text ? text : null;
    }

    /// <summary>The tag of a private attribute in the block that <paramref name="creator"/> owns here, or null where it owns none.</summary>
    /// <param name="group">The odd group.</param>
    /// <param name="element">The low byte of the element number.</param>
    public DicomTag? FindPrivateTag(string creator, ushort group, byte element)
    {
        foreach (DicomElement owner in _elements)
        {
            if (owner.Tag.IsPrivateCreator && owner.Tag.Group == group && string.Equals(CreatorText(owner), creator, StringComparison.Ordinal))
            {
                return new DicomTag(group, (ushort)(owner.Tag.Element << 8 | element));
            }
        }

        return null;
    }

    /// <summary>The tag of a private attribute, reserving a block for <paramref name="creator"/> where it owns none (PS3.5 7.8.1).</summary>
    public DicomTag ReservePrivateTag(string creator, ushort group, byte element)
    {
        if ((group & 1) == 0)
        {
            throw new ArgumentOutOfRangeException(nameof(group), "a private group is odd");
        }

        if (FindPrivateTag(creator, group, element) is { } found)
        {
            return found;
        }

        for (ushort block = 0x10; block <= 0xFF; block++)
        {
            var owner = new DicomTag(group, block);
            if (!Contains(owner) && !HasElements(group, block))
            {
                SetString(owner, creator, Vr.LO);
                return new DicomTag(group, (ushort)(block << 8 | element));
            }
        }

        throw new Core.Errors.EdgeException(Core.Errors.ErrorCode.ParameterOutOfRange, $"No free private block in group {group:x4}");
    }

    /// <summary>Sets an element: replaces the first with its tag, or inserts it in tag order. Items become children of this data set.</summary>
    public void Set(DicomElement element)
    {
        _sorted = null;
        Adopt(element);
        int at = IndexOf(element.Tag);
        if (at >= 0)
        {
            _elements[at] = element;
        }
        else
        {
            at = _isAscending ? ~at : FirstAfter(element.Tag);
            _elements.Insert(at, element);
        }

        Forget(element.Tag);
    }

    /// <summary>Removes all elements with a tag; false where there were none.</summary>
    public bool Remove(DicomTag tag)
    {
        _sorted = null;
        bool removed = false;
        for (int at = IndexOf(tag); at >= 0; at = IndexOf(tag))
        {
            _elements.RemoveAt(at);
            removed = true;
        }

        Forget(tag);
        return removed;
    }

    /// <summary>Removes all elements that satisfy a condition; gives their number.</summary>
    public int RemoveAll(Predicate<DicomElement> condition)
    {
        _sorted = null;
        int count = _elements.RemoveAll(condition);
        _characterSet = null;
        return count;
    }

    /// <summary>A deep copy of the structure; the bytes of values are shared.</summary>
    public DataSet Clone()
    {
        var copy = new DataSet(_elements.Count) { IsUndefinedLength = IsUndefinedLength, _defaultEncoding = DefaultEncoding };
        foreach (DicomElement element in _elements)
        {
            copy.Append(element.Items is null ? element : DicomElement.Sequence(element.Tag, element.Vr, CloneItems(element.Items), element.IsUndefinedLength));
        }

        return copy;
    }

    public List<DicomElement>.Enumerator GetEnumerator() => _elements.GetEnumerator();

    IEnumerator<DicomElement> IEnumerable<DicomElement>.GetEnumerator() => _elements.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _elements.GetEnumerator();

    /// <summary>
    /// The elements as the standard wants them, ascending and each tag once: of duplicates the first counts. What writers go by.
    /// </summary>
    internal ReadOnlySpan<DicomElement> Ordered => _isAscending
        ? System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_elements)
        : _sorted ??= [.. _elements.OrderBy(e => e.Tag).DistinctBy(e => e.Tag)];

    /// <summary>Makes this an item below another data set before it is filled, so that it inherits.</summary>
    internal void Attach(DataSet parent) => _parent = parent;

    /// <summary>Adds at the end, as a file has it.</summary>
    internal void Append(DicomElement element)
    {
        _sorted = null;
        if (_elements.Count > 0 && _elements[^1].Tag >= element.Tag)
        {
            _isAscending = false;
        }

        Adopt(element);
        _elements.Add(element);
    }

    private static List<DataSet> CloneItems(IReadOnlyList<DataSet> items)
    {
        var copies = new List<DataSet>(items.Count);
        for (int i = 0; i < items.Count; i++)
        {
            copies.Add(items[i].Clone());
        }

        return copies;
    }

    private int IndexOf(DicomTag tag)
    {
        if (!_isAscending)
        {
            for (int i = 0; i < _elements.Count; i++)
            {
                if (_elements[i].Tag == tag)
                {
                    return i;
                }
            }

            return -1;
        }

        int low = 0, high = _elements.Count - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = _elements[middle].Tag.CompareTo(tag);
            if (order == 0)
            {
                return middle;
            }

            if (order < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return ~low;
    }

    private int FirstAfter(DicomTag tag)
    {
        int at = _elements.FindIndex(e => e.Tag > tag);
        return at < 0 ? _elements.Count : at;
    }

    private string CreatorText(DicomElement creator) => CharacterSet.Decode(TextBytes.Prepared(creator.Value.Span)).Trim(' ');

    private bool HasElements(ushort group, ushort block) =>
        _elements.Exists(e => e.Tag.Group == group && e.Tag.Element >> 8 == block);

    private void Adopt(DicomElement element)
    {
        if (element.Items is not { } items)
        {
            return;
        }

        for (int i = 0; i < items.Count; i++)
        {
            items[i]._parent = this;
            items[i]._characterSet = null;
        }
    }

    private void Forget(DicomTag tag)
    {
        if (tag == DicomTags.SpecificCharacterSet)
        {
            ForgetCharacterSet();
        }
    }

    // The items inherit: what they have worked out is void too.
    private void ForgetCharacterSet()
    {
        _characterSet = null;
        foreach (DicomElement element in _elements)
        {
            if (element.Items is { } items)
            {
                for (int i = 0; i < items.Count; i++)
                {
                    items[i].ForgetCharacterSet();
                }
            }
        }
    }
}
