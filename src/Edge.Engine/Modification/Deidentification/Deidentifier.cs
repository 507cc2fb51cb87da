using System.Buffers.Binary;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;

namespace Edge.Engine.Modification.Deidentification;

/// <summary>Applies a confidentiality profile to a data set and all its items; the caller sets the four identifiers and PatientName of the top.</summary>
internal sealed class Deidentifier(ModificationRequest request, DeidentificationProfile profile, UidMapper uids, OriginalIdentifiers original)
{
    private readonly List<(DicomTag Sequence, int Index)> _place = [];

    public void Apply(DataSet top) => Walk(top);

    private void Walk(DataSet dataSet)
    {
        bool isTop = _place.Count == 0;
        List<DicomElement>? changed = null;
        List<DicomTag>? removed = null;
        foreach (DicomElement element in dataSet)
        {
            DicomTag tag = element.Tag;
            if (IsKept(tag, isTop))
            {
                continue;
            }

            if (tag.IsPrivate)
            {
                // Without KeepPrivateTags they are gone from the top already, but for those that the request keeps.
                if (!isTop && request.RemovePrivateTags)
                {
                    (removed ??= []).Add(tag);
                }
                else if (element.Items is { } nested)
                {
                    // Keeping private tags keeps no standard ones below them.
                    WalkItems(tag, nested);
                }
                else if (HiddenPrivate(dataSet, element) is { } unknown)
                {
                    (changed ??= []).Add(unknown);
                }

                continue;
            }

            if (isTop && IsIdentifier(tag))
            {
                continue;
            }

            ProfileAction action = LeadsToKept(tag) ? ProfileAction.None : ActionOf(tag, isTop);
            if (action == ProfileAction.Clear && !isTop && !profile.Conforms && VrInfo.Kind(element.Vr) == VrKind.Bulk)
            {
                action = ProfileAction.Remove; // bytes in items go altogether, as in Orthanc
            }

            if (action == ProfileAction.Remove)
            {
                (removed ??= []).Add(tag);
            }
            else if (action != ProfileAction.None)
            {
                (changed ??= []).Add(Changed(dataSet, element, action));
            }
            else if (element.Items is { } items)
            {
                WalkItems(tag, items);
            }
            else if (Hidden(dataSet, element) is { } sequence)
            {
                (changed ??= []).Add(sequence);
            }
        }

        foreach (DicomTag tag in removed ?? [])
        {
            dataSet.Remove(tag);
        }

        foreach (DicomElement element in changed ?? [])
        {
            dataSet.Set(element);
            if ((element.Tag.IsPrivate || ActionOf(element.Tag, isTop) == ProfileAction.None) && element.Items is { } items)
            {
                WalkItems(element.Tag, items);
            }
        }
    }

    private void WalkItems(DicomTag tag, IReadOnlyList<DataSet> items)
    {
        for (int i = 0; i < items.Count; i++)
        {
            _place.Add((tag, i));
            Walk(items[i]);
            _place.RemoveAt(_place.Count - 1);
        }
    }

    private ProfileAction ActionOf(DicomTag tag, bool isTop)
    {
        // What the request replaces or removes at the top follows it there; in items a tag that is removed goes too.
        if (isTop && request.IsReplaced(tag))
        {
            return ProfileAction.None;
        }

        return request.IsRemoved(tag) ? ProfileAction.Remove : profile.ActionOf(tag, request.Retained);
    }

    private static bool IsIdentifier(DicomTag tag) =>
        tag == DicomTags.PatientID || tag == DicomTags.PatientName || tag == DicomTags.StudyInstanceUID || tag == DicomTags.SeriesInstanceUID || tag == DicomTags.SOPInstanceUID;

    /// <summary>A tag that is kept stays wherever it is; UIDs that are kept stay in references too.</summary>
    private bool IsKept(DicomTag tag, bool isTop)
    {
        if (request.Keeps.Count == 0)
        {
            return false;
        }

        if (request.IsKept(tag) && (isTop || tag != DicomTags.PatientID))
        {
            return true;
        }

        if (tag == DicomTags.ReferencedSOPInstanceUID && request.IsKept(DicomTags.SOPInstanceUID))
        {
            return true;
        }

        foreach (TagPath keep in request.Keeps)
        {
            if (!keep.IsTop && keep.Matches(_place, tag))
            {
                return true;
            }
        }

        return false;
    }

    private bool LeadsToKept(DicomTag tag)
    {
        foreach (TagPath keep in request.Keeps)
        {
            if (!keep.IsTop && keep.LeadsThrough(_place, tag))
            {
                return true;
            }
        }

        return false;
    }

    private DicomElement Changed(DataSet dataSet, DicomElement element, ProfileAction action)
    {
        if (element.IsSequence || element.Vr == Vr.SQ)
        {
            return DicomElement.Sequence(element.Tag, []);
        }

        if (action == ProfileAction.MapUid || (action == ProfileAction.Dummy && element.Vr == Vr.UI))
        {
            return Mapped(dataSet, element);
        }

        return action == ProfileAction.Dummy ? DummyValues.For(dataSet, element) : new DicomElement(element.Tag, element.Vr, default);
    }

    private DicomElement Mapped(DataSet dataSet, DicomElement element)
    {
        string[] values = dataSet.GetStrings(element.Tag);
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Map(values[i].Trim('\0', ' '));
        }

        // Under another VR than UI the text could be anything: it is a UID from here on.
        return new DicomElement(element.Tag, Vr.UI, System.Text.Encoding.ASCII.GetBytes(Even(string.Join('\\', values))));
    }

    // A reference to what has a UID by request follows it: RT structure sets name their study as an instance.
    private string Map(string uid)
    {
        if (uid == original.StudyInstanceUid)
        {
            return ByRequest(DicomTags.StudyInstanceUID, uid);
        }

        if (uid == original.SeriesInstanceUid)
        {
            return ByRequest(DicomTags.SeriesInstanceUID, uid);
        }

        return uid == original.SopInstanceUid ? ByRequest(DicomTags.SOPInstanceUID, uid) : uids.Map(uid);
    }

    private string ByRequest(DicomTag tag, string uid) =>
        request.IsKept(tag) ? uid : request.ReplacementOf(tag) is { } value ? value.GetString()! : uids.Map(uid);

    private static string Even(string text) => (text.Length & 1) == 0 ? text : text + '\0';

    /// <summary>
    /// A private sequence that was stored as UN with a length (PS3.5 6.2.2): whoever wrote it did not know its VR, and neither do we; its bytes are
    /// those of a sequence where they read as items from beginning to end. Null for everything else, which stays as it is.
    /// </summary>
    private static DicomElement? HiddenPrivate(DataSet dataSet, DicomElement element)
    {
        // An item begins with FFFE,E000.
        if (element.Vr != Vr.UN || element.Value.Length < 8 || !ItemsFit(element.Value.Span))
        {
            return null;
        }

        try
        {
            return ItemsOf(dataSet, element) is { } items ? DicomElement.Sequence(element.Tag, items) : null;
        }
        catch (DicomFormatException)
        {
            return null;
        }
    }

    /// <summary>Whether the bytes are items up to their end, by the lengths that the items give; of one without a length the reader finds the end.</summary>
    private static bool ItemsFit(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= 8 && bytes.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF, 0x00, 0xE0]))
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (length == uint.MaxValue)
            {
                return true;
            }

            if (length > bytes.Length - 8)
            {
                return false;
            }

            bytes = bytes[(8 + (int)length)..];
        }

        return bytes.IsEmpty;
    }

    /// <summary>A sequence that was stored as UN with a length (PS3.5 6.2.2): its bytes would pass unseen. Null for everything else.</summary>
    private static DicomElement? Hidden(DataSet dataSet, DicomElement element)
    {
        if (element.Vr != Vr.UN || element.Value.Length == 0 || dataSet.VrOf(element.Tag) != Vr.SQ)
        {
            return null;
        }

        try
        {
            return DicomElement.Sequence(element.Tag, ItemsOf(dataSet, element) ?? []);
        }
        catch (DicomFormatException)
        {
            // Bytes that are no items cannot be looked through: nothing of them is kept.
            return DicomElement.Sequence(element.Tag, []);
        }
    }

    /// <summary>The items in the value of an element of VR UN, which are in implicit VR little endian; null where there are none.</summary>
    /// <exception cref="DicomFormatException">The bytes are no items.</exception>
    private static IReadOnlyList<DataSet>? ItemsOf(DataSet dataSet, DicomElement element)
    {
        // The tag decides nothing here: a sequence of the dictionary makes the reader look for items.
        DicomTag sequence = DicomTags.ReferencedSOPSequence;
        byte[] bytes = new byte[8 + element.Value.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, sequence.Group);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(2), sequence.Element);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), element.Value.Length);
        element.Value.Span.CopyTo(bytes.AsSpan(8));
        return DicomReader.ReadDataSet(bytes, TransferSyntax.ImplicitVrLittleEndian, new DicomReadOptions { DefaultEncoding = dataSet.DefaultEncoding }).Find(sequence)?.Items;
    }
}
