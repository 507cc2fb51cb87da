using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>
/// Builds data sets from bytes in memory; values are slices. Depth and number of elements are limited. Damage is got over as follows:
/// a missing delimiter ends where the next one stands; an element that runs past what holds it ends that; stray delimiters are skipped.
/// </summary>
internal sealed class DataSetParser
{
    private const int MaximumNotes = 64;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly HeaderEncoding _encoding;
    private readonly DicomReadOptions _options;
    private readonly List<DamageNote> _notes = [];
    private int _elements;

    public DataSetParser(ReadOnlyMemory<byte> bytes, HeaderEncoding encoding, DicomReadOptions options)
    {
        _bytes = bytes;
        _encoding = encoding;
        _options = options;
    }

    /// <summary>What was found damaged.</summary>
    public List<DamageNote> Notes => _notes;

    /// <summary>Whether pixel data was reached and left out.</summary>
    public bool HasStopped { get; private set; }

    /// <summary>Where the parsing ended.</summary>
    public int Position { get; private set; }

    /// <summary>Parses the elements of a top data set from an offset to the end.</summary>
    public void ParseTop(DataSet target, int at)
    {
        Position = Elements(target, at, _bytes.Length, _encoding, isUndefined: false, depth: 0);
    }

    /// <summary>Parses bytes that are the items of one sequence.</summary>
    public DicomElement ParseSequence(DataSet holder, DicomTag tag, Vr vr, bool isUndefined)
    {
        HeaderEncoding inner = vr == Vr.UN && !HoldsExplicit(0, _encoding) ? HeaderEncoding.ImplicitLittle : _encoding;
        int at = 0;
        List<DataSet> items = Items(holder, ref at, _bytes.Length, inner, isUndefined, tag, depth: 1);
        DicomElement element = DicomElement.Sequence(tag, vr == Vr.None ? Vr.SQ : vr, items, isUndefined);
        holder.Append(element);
        return element;
    }

    private int Elements(DataSet target, int at, int end, HeaderEncoding encoding, bool isUndefined, int depth)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        uint previous = 0;
        bool isFirst = true;
        while (at < end)
        {
            int rest = end - at;
            if (rest < ElementHeader.Least)
            {
                Note(DamageKind.TrailingBytes, previous, at, rest);
                return end;
            }

            if (!ElementHeader.TryRead(bytes.Slice(at, Math.Min(rest, ElementHeader.Most)), encoding, rest, out ElementHeader header))
            {
                if (rest >= ElementHeader.Most && !header.IsBadVr)
                {
                    throw new DicomFormatException($"No element can be read at offset {at}, after ({new DicomTag(previous)})");
                }

                Note(depth == 0 ? DamageKind.Truncated : DamageKind.BadLength, header.Tag, at, rest);
                return end;
            }

            if (header.Tag >> 16 == 0xFFFE)
            {
                if (isUndefined)
                {
                    if (header.Tag == ElementHeader.ItemDelimiter)
                    {
                        return at + ElementHeader.Least;
                    }

                    // The item's delimiter is missing: the sequence goes on here.
                    Note(DamageKind.BadDelimiter, header.Tag, at, 0);
                    return at;
                }

                Note(DamageKind.BadDelimiter, header.Tag, at, 0);
                at += ElementHeader.Least;
                continue;
            }

            Count(at);
            if (header.IsBadVr)
            {
                Note(DamageKind.BadVr, header.Tag, at, 0);
            }

            if (header.Tag <= previous && !isFirst)
            {
                Note(DamageKind.BadOrder, header.Tag, at, 0);
            }

            previous = header.Tag;
            isFirst = false;
            var tag = new DicomTag(header.Tag);
            if (depth == 0 && _options.PixelData == PixelDataReading.Stop && tag.IsPixelData)
            {
                HasStopped = true;
                return at;
            }

            at = Element(target, tag, header, at, end, encoding, depth);
        }

        if (isUndefined)
        {
            Note(depth == 0 ? DamageKind.Truncated : DamageKind.BadDelimiter, previous, at, 0);
        }

        return at;
    }

    private int Element(DataSet target, DicomTag tag, in ElementHeader header, int at, int end, HeaderEncoding encoding, int depth)
    {
        int value = at + header.Size;
        Vr vr = header.Vr;
        if (vr == Vr.None)
        {
            vr = DictionaryVr.Resolve(target, tag);
        }

        if (header.IsUndefined)
        {
            return UndefinedLength(target, tag, vr, header.Vr == Vr.None, value, end, encoding, depth);
        }

        long valueEnd = (long)value + header.Length;
        if (valueEnd > end)
        {
            Note(depth == 0 ? DamageKind.Truncated : DamageKind.BadLength, header.Tag, at, valueEnd - end);
            if (vr == Vr.SQ)
            {
                // The items that are there count.
                int rest = value;
                List<DataSet> found = Items(target, ref rest, end, encoding, false, tag, depth + 1);
                target.Append(DicomElement.Sequence(tag, Vr.SQ, found, false));
            }
            else if (depth == 0 && tag.IsPixelData)
            {
                // Half a value is none, but half an image is what a radiologist asks for.
                target.Append(new DicomElement(tag, vr, _bytes[value..end], encoding.IsBigEndian));
            }

            return end;
        }

        int length = (int)header.Length;
        if (vr == Vr.SQ)
        {
            int position = value;
            List<DataSet> items = Items(target, ref position, value + length, encoding, false, tag, depth + 1);
            target.Append(DicomElement.Sequence(tag, Vr.SQ, items, false));
            return value + length;
        }

        ReadOnlyMemory<byte> slice = _bytes.Slice(value, length);

        // The VR of a later standard is kept as it was. What is no VR at all comes out as UN: written again it could be taken otherwise.
        target.Append(header.FileVr != 0 && header.Size == ElementHeader.Most
            ? DicomElement.OfUnknownVr(tag, slice, encoding.IsBigEndian, header.FileVr)
            : new DicomElement(tag, vr, slice, encoding.IsBigEndian));
        return value + length;
    }

    private int UndefinedLength(DataSet target, DicomTag tag, Vr vr, bool isImplicit, int value, int end, HeaderEncoding encoding, int depth)
    {
        if (vr is Vr.OB or Vr.OW || tag.IsPixelData)
        {
            List<ReadOnlyMemory<byte>> fragments = Fragments(ref value, end, encoding, tag);
            target.Append(DicomElement.Encapsulated(tag, isImplicit && tag.IsPixelData ? Vr.OB : vr, fragments));
            return value;
        }

        HeaderEncoding inner = encoding;
        if (vr == Vr.UN && !isImplicit && !HoldsExplicit(value, encoding))
        {
            inner = HeaderEncoding.ImplicitLittle;
        }

        // Only a sequence can be of undefined length, whatever the VR says; UN keeps its name to be written as it was.
        Vr kept = vr == Vr.UN && !isImplicit && inner == HeaderEncoding.ImplicitLittle ? Vr.UN : Vr.SQ;
        List<DataSet> items = Items(target, ref value, end, inner, true, tag, depth + 1);
        target.Append(DicomElement.Sequence(tag, kept, items, true));
        return value;
    }

    private List<DataSet> Items(DataSet parent, ref int at, int end, HeaderEncoding encoding, bool isUndefined, DicomTag tag, int depth)
    {
        if (depth > _options.MaximumDepth)
        {
            throw new DicomFormatException($"Sequences nested deeper than {_options.MaximumDepth}, at ({tag}), offset {at}");
        }

        ReadOnlySpan<byte> bytes = _bytes.Span;
        var items = new List<DataSet>();
        while (at < end)
        {
            int rest = end - at;
            if (rest < ElementHeader.Least
                || !ElementHeader.TryRead(bytes.Slice(at, Math.Min(rest, ElementHeader.Most)), encoding, rest, out ElementHeader header))
            {
                Note(isUndefined ? DamageKind.Truncated : DamageKind.TrailingBytes, tag.Value, at, rest);
                at = end;
                return items;
            }

            if (header.Tag == ElementHeader.SequenceDelimiter)
            {
                at += ElementHeader.Least;
                if (isUndefined)
                {
                    return items;
                }

                Note(DamageKind.BadDelimiter, header.Tag, at, 0);
                continue;
            }

            if (header.Tag == ElementHeader.ItemDelimiter)
            {
                Note(DamageKind.BadDelimiter, header.Tag, at, 0);
                at += ElementHeader.Least;
                continue;
            }

            if (header.Tag != ElementHeader.Item)
            {
                Note(DamageKind.BadDelimiter, header.Tag, at, isUndefined ? 0 : rest);
                if (!isUndefined)
                {
                    at = end;
                }

                return items;
            }

            Count(at);
            var item = new DataSet(4) { IsUndefinedLength = header.IsUndefined };
            items.Add(item);
            item.Attach(parent);
            int start = at + ElementHeader.Least;
            if (header.IsUndefined)
            {
                at = Elements(item, start, end, encoding, true, depth);
                continue;
            }

            long itemEnd = (long)start + header.Length;
            if (itemEnd > end)
            {
                Note(isUndefined ? DamageKind.Truncated : DamageKind.BadLength, tag.Value, at, itemEnd - end);
                itemEnd = end;
            }

            Elements(item, start, (int)itemEnd, encoding, false, depth);
            at = (int)itemEnd;
        }

        if (isUndefined)
        {
            Note(DamageKind.Truncated, tag.Value, at, 0);
        }

        return items;
    }

    private List<ReadOnlyMemory<byte>> Fragments(ref int at, int end, HeaderEncoding encoding, DicomTag tag)
    {
        ReadOnlySpan<byte> bytes = _bytes.Span;
        var fragments = new List<ReadOnlyMemory<byte>>();
        while (end - at >= ElementHeader.Least)
        {
            ElementHeader.TryRead(bytes.Slice(at, ElementHeader.Least), encoding with { IsExplicitVr = false }, end - at, out ElementHeader header);
            if (header.Tag == ElementHeader.SequenceDelimiter)
            {
                at += ElementHeader.Least;
                return fragments;
            }

            if (header.Tag != ElementHeader.Item || header.IsUndefined)
            {
                Note(DamageKind.BadDelimiter, tag.Value, at, 0);
                return fragments;
            }

            Count(at);
            int start = at + ElementHeader.Least;
            if (header.Length > end - start)
            {
                Note(DamageKind.Truncated, tag.Value, at, header.Length - (end - start));
                fragments.Add(_bytes[start..end]);
                at = end;
                return fragments;
            }

            fragments.Add(_bytes.Slice(start, (int)header.Length));
            at = start + (int)header.Length;
        }

        Note(DamageKind.Truncated, tag.Value, at, end - at);
        at = end;
        return fragments;
    }

    private bool HoldsExplicit(int at, HeaderEncoding encoding) =>
        encoding.IsExplicitVr && _bytes.Length - at >= 16 && EncodingGuess.HoldsExplicit(_bytes.Span.Slice(at, 16), encoding.IsBigEndian);

    private void Count(int at)
    {
        if (++_elements > _options.MaximumElements)
        {
            throw new DicomFormatException($"More than {_options.MaximumElements} elements, offset {at}");
        }
    }

    private void Note(DamageKind kind, uint tag, long offset, long lost)
    {
        if (_notes.Count < MaximumNotes)
        {
            _notes.Add(new DamageNote(kind, new DicomTag(tag), offset, lost));
        }
    }
}
