using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <content>The elements of the data set.</content>
public static partial class HeaderScanner
{
    private static ScanOutcome ScanElements(ref ScanWindow window, long at, HeaderScan result)
    {
        ReadOnlySpan<uint> plan = result.Plan.Tags;
        HeaderEncoding encoding = result.Encoding;
        int next = 0;
        uint previous = 0;
        long start = at;
        while (true)
        {
            if (!TryPeek(ref window, at, out ReadOnlySpan<byte> bytes))
            {
                long rest = window.Total - at;
                if (rest >= ElementHeader.Least)
                {
                    return NeedMore(result, at + ElementHeader.Most, window.Total);
                }

                if (rest > 0)
                {
                    result.Note(DamageKind.TrailingBytes, previous, at, rest);
                }

                return result.Outcome = ScanOutcome.Complete;
            }

            if (!ElementHeader.TryRead(bytes, encoding, window.Total - at, out ElementHeader header))
            {
                if (window.Total - at < ElementHeader.Most || header.IsBadVr && window.Total - at < 1 << 16)
                {
                    return Missing(ref window, result, header.Tag, at, window.Total + 1);
                }

                throw new DicomFormatException($"No element can be read at offset {at}, after ({new DicomTag(previous)})");
            }

            if (header.Tag <= previous && at != start)
            {
                if (header.Tag >> 16 == 0xFFFE)
                {
                    // A delimiter or item that nothing opened: skipped.
                    result.Note(DamageKind.BadDelimiter, header.Tag, at);
                    at += header.Size;
                    continue;
                }

                result.Note(DamageKind.BadOrder, header.Tag, at);
                int again = plan.BinarySearch(header.Tag);
                next = again >= 0 ? again : ~again;
            }
            else if (header.Tag >> 16 == 0xFFFE)
            {
                result.Note(DamageKind.BadDelimiter, header.Tag, at);
                at += header.Size;
                continue;
            }

            if (header.IsBadVr)
            {
                result.Note(DamageKind.BadVr, header.Tag, at);
            }

            previous = header.Tag;
            long value = at + header.Size;
            if (header.Tag >= 0x7FE00008 && new DicomTag(header.Tag).IsPixelData && !result.HasPixelData)
            {
                NotePixelData(ref window, result, at, header);
                if (!result.Plan.ReadsPastPixelData || result.IsPixelDataTruncated)
                {
                    return result.Outcome = ScanOutcome.Complete;
                }
            }

            while (next < plan.Length && plan[next] < header.Tag)
            {
                next++;
            }

            bool wanted = next < plan.Length && plan[next] == header.Tag && !result.IsKept(next);
            if (header.IsUndefined)
            {
                long end = value;
                if (!SkipItems(ref window, ref end, header, encoding, result))
                {
                    return result.Outcome;
                }

                if (wanted && !Keep(ref window, result, next, header.Vr, value, end - value, true))
                {
                    return Missing(ref window, result, header.Tag, at, end);
                }

                at = end;
                continue;
            }

            long valueEnd = value + header.Length;
            if (valueEnd > window.Total)
            {
                return Missing(ref window, result, header.Tag, at, valueEnd);
            }

            if (wanted && !Keep(ref window, result, next, header.Vr, value, header.Length, false))
            {
                return Missing(ref window, result, header.Tag, at, valueEnd);
            }

            at = valueEnd;
        }
    }

    private static bool Keep(ref ScanWindow window, HeaderScan result, int index, Vr vr, long offset, long length, bool isUndefined)
    {
        Span<byte> room = result.Keep(index, vr, offset, length, isUndefined);
        if (room.Length == 0 || window.TryCopy(offset, room))
        {
            return true;
        }

        result.Drop(index);
        return false;
    }

    private static void NotePixelData(ref ScanWindow window, HeaderScan result, long at, in ElementHeader header)
    {
        result.HasPixelData = true;
        result.PixelDataOffset = at;
        result.PixelDataValueOffset = at + header.Size;
        result.PixelDataTag = new DicomTag(header.Tag);
        result.PixelDataVr = header.Vr != Vr.None ? header.Vr : header.Tag switch { 0x7FE00008 => Vr.OF, 0x7FE00009 => Vr.OD, _ => header.IsUndefined ? Vr.OB : Vr.OW };
        result.PixelDataLength = header.IsUndefined ? null : header.Length;
        if (!header.IsUndefined && at + header.Size + header.Length > window.Total)
        {
            result.IsPixelDataTruncated = true;
            result.Note(DamageKind.Truncated, header.Tag, at, at + header.Size + header.Length - window.Total);
        }
    }

    /// <summary>
    /// Moves behind a value of undefined length: items or fragments to any depth within the limit, without recursion. Levels alternate:
    /// odd ones expect items, even ones elements. False where the scan is over.
    /// </summary>
    private static bool SkipItems(ref ScanWindow window, ref long at, in ElementHeader opening, HeaderEncoding encoding, HeaderScan result)
    {
        int level = 1;
        int implicitLevel = int.MaxValue;
        HeaderEncoding inner = encoding;
        if (opening.Vr == Vr.UN && encoding.IsExplicitVr && !IsExplicitInside(ref window, at, encoding))
        {
            implicitLevel = 1;
            inner = HeaderEncoding.ImplicitLittle;
        }

        while (level > 0)
        {
            if (!TryPeek(ref window, at, out ReadOnlySpan<byte> bytes))
            {
                Missing(ref window, result, opening.Tag, at, at + ElementHeader.Least);
                return false;
            }

            if (!ElementHeader.TryRead(bytes, inner, window.Total - at, out ElementHeader header))
            {
                Missing(ref window, result, opening.Tag, at, window.Total + 1);
                return false;
            }

            bool expectsItems = (level & 1) != 0;
            switch (header.Tag)
            {
                case ElementHeader.Item when !expectsItems:
                    // The delimiter of the item before is missing.
                    result.Note(DamageKind.BadDelimiter, header.Tag, at);
                    level--;
                    continue;
                case ElementHeader.Item when header.IsUndefined:
                    level++;
                    at += ElementHeader.Least;
                    break;
                case ElementHeader.ItemDelimiter:
                    if (expectsItems)
                    {
                        result.Note(DamageKind.BadDelimiter, header.Tag, at);
                    }
                    else
                    {
                        level--;
                    }

                    at += ElementHeader.Least;
                    break;
                case ElementHeader.SequenceDelimiter:
                    if (!expectsItems)
                    {
                        result.Note(DamageKind.BadDelimiter, header.Tag, at);
                        level--;
                    }

                    level--;
                    at += ElementHeader.Least;
                    break;
                default:
                    if (expectsItems && header.Tag != ElementHeader.Item)
                    {
                        // The delimiter of the sequence is missing: the element belongs to what holds it.
                        result.Note(DamageKind.BadDelimiter, header.Tag, at);
                        level--;
                        break;
                    }

                    at += header.Size;
                    if (!header.IsUndefined)
                    {
                        if (at + header.Length > window.Total)
                        {
                            Missing(ref window, result, header.Tag, at - header.Size, at + header.Length);
                            return false;
                        }

                        at += header.Length;
                        break;
                    }

                    level++;
                    if (header.Vr == Vr.UN && inner.IsExplicitVr && !IsExplicitInside(ref window, at, inner))
                    {
                        implicitLevel = level;
                        inner = HeaderEncoding.ImplicitLittle;
                    }

                    break;
            }

            if (level < implicitLevel && implicitLevel != int.MaxValue)
            {
                implicitLevel = int.MaxValue;
                inner = encoding;
            }

            if (level > MaximumDepth * 2)
            {
                throw new DicomFormatException($"Sequences nested deeper than {MaximumDepth}, offset {at}");
            }
        }

        return true;
    }

    private static bool IsExplicitInside(ref ScanWindow window, long at, HeaderEncoding encoding) =>
        window.TryGet(at, 16, out ReadOnlySpan<byte> items) && EncodingGuess.HoldsExplicit(items, encoding.IsBigEndian);
}
