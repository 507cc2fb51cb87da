using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Writing;

/// <summary>
/// The lengths that have to be known before writing: of sequences and items of defined length, and of groups, in the order in which
/// the writer meets them. Measured in one pass, so that nested defined lengths cost no more than flat ones.
/// </summary>
internal sealed class LengthPlan
{
    private readonly List<long> _lengths = [];
    private readonly DicomWriteOptions _options;
    private int _next;

    public LengthPlan(DicomWriteOptions options) => _options = options;

    /// <summary>The next length in the writer's order.</summary>
    public long Take() => _lengths[_next++];

    /// <summary>The bytes that a data set takes.</summary>
    public long Measure(DataSet dataSet, HeaderEncoding encoding)
    {
        long total = 0;
        int groupSlot = -1;
        uint group = 0;
        long groupStart = 0;
        foreach (DicomElement element in dataSet.Ordered)
        {
            if (element.Tag.IsGroupLength && _options.GroupLengths == GroupLengths.Remove)
            {
                continue;
            }

            if (groupSlot >= 0 && element.Tag.Group != group)
            {
                _lengths[groupSlot] = total - groupStart;
                groupSlot = -1;
            }

            int slot = _lengths.Count;
            bool isGroupLength = IsRecalculated(element);
            if (isGroupLength)
            {
                _lengths.Add(0);
            }

            total += MeasureElement(element, encoding);
            if (isGroupLength)
            {
                groupSlot = slot;
                group = element.Tag.Group;
                groupStart = total;
            }
        }

        if (groupSlot >= 0)
        {
            _lengths[groupSlot] = total - groupStart;
        }

        return total;
    }

    /// <summary>Whether a group length is worked out again.</summary>
    public bool IsRecalculated(DicomElement element) =>
        element.Tag.IsGroupLength && _options.GroupLengths == GroupLengths.Recalculate && element.Value.Length is 3 or 4;

    /// <summary>Whether a sequence gets an undefined length: where it asks for it, or cannot have a defined one.</summary>
    public bool IsUndefined(bool wish) => _options.SequenceLengths switch
    {
        SequenceLengths.Defined => false,
        SequenceLengths.Undefined => true,
        _ => wish,
    };

    /// <summary>The bytes of an element's header.</summary>
    public static int HeaderSize(DicomElement element, HeaderEncoding encoding)
    {
        if (!encoding.IsExplicitVr)
        {
            return 8;
        }

        if (element.FileVr != 0)
        {
            return 12;
        }

        return VrInfo.HasLongLength(element.Vr) || element.Value.Length > 0xFFFE ? 12 : 8;
    }

    /// <summary>The encoding of a sequence's items: those of a UN are implicit little endian (PS3.5 6.2.2).</summary>
    public static HeaderEncoding Inner(DicomElement element, HeaderEncoding encoding) =>
        element.Vr == Vr.UN && encoding.IsExplicitVr ? HeaderEncoding.ImplicitLittle : encoding;

    private long MeasureElement(DicomElement element, HeaderEncoding encoding)
    {
        long header = HeaderSize(element, encoding);
        if (element.Items is { } items)
        {
            return header + MeasureItems(element, items, Inner(element, encoding));
        }

        if (element.Fragments is { } fragments)
        {
            long total = header + 8;
            for (int i = 0; i < fragments.Count; i++)
            {
                total += 8 + Even(fragments[i].Length);
            }

            return total;
        }

        return element.External is { } left
            ? header + Even(left.Length) + (element.IsUndefinedLength ? 8 : 0)
            : header + Even(element.Value.Length);
    }

    private long MeasureItems(DicomElement element, IReadOnlyList<DataSet> items, HeaderEncoding encoding)
    {
        bool isUndefined = IsUndefined(element.IsUndefinedLength);
        int slot = _lengths.Count;
        if (!isUndefined)
        {
            _lengths.Add(0);
        }

        long total = 0;
        for (int i = 0; i < items.Count; i++)
        {
            bool isItemUndefined = IsUndefined(items[i].IsUndefinedLength);
            int itemSlot = _lengths.Count;
            if (!isItemUndefined)
            {
                _lengths.Add(0);
            }

            long length = Measure(items[i], encoding);
            if (!isItemUndefined)
            {
                _lengths[itemSlot] = length;
            }

            total += 8 + length + (isItemUndefined ? 8 : 0);
        }

        if (!isUndefined)
        {
            _lengths[slot] = total;
        }

        return total + (isUndefined ? 8 : 0);
    }

    private static long Even(long length) => length + (length & 1);
}
