using System.Text;

namespace Edge.Dicom.Tags;

/// <content>Orthanc's names of attributes, and keywords back to tags.</content>
public static partial class DicomDictionary
{
    /// <summary>
    /// The name that Orthanc shows: the keyword, with <c>RETIRED_</c> where retired except for its forced spellings, <c>PrivateCreator</c>,
    /// <c>GenericGroupLength</c>, or <see cref="UnknownName"/>. UTF-8.
    /// </summary>
    public static ReadOnlySpan<byte> OrthancNameOf(DicomTag tag, string? privateCreator = null)
    {
        if (_additions.Find(tag, privateCreator) is { } added)
        {
            return Encoding.UTF8.GetBytes(added.Keyword);
        }

        int index = IndexOf(tag);
        if (index >= 0)
        {
            return (AttributeTable.Traits[index] & 0x80) != 0 && _additions.ForcesSpellings && IsForcedSpelling(tag) ? KeywordAt(index) : NameAt(index);
        }

        if (tag.IsGroupLength)
        {
            return tag.IsPrivate ? "PrivateGroupLength"u8 : "GenericGroupLength"u8;
        }

        if (tag.IsPrivateCreator)
        {
            return "PrivateCreator"u8;
        }

        int at = IndexOfPrivate(tag, privateCreator);
        return at >= 0 ? PrivateNameAt(at) : "Unknown Tag & Data"u8;
    }

    /// <summary>As <see cref="OrthancNameOf"/>, as text. Names of the standard are made once.</summary>
    public static string OrthancName(DicomTag tag, string? privateCreator = null)
    {
        int index = tag.IsPrivate || _additions.Find(tag, privateCreator) is not null ? -1 : IndexOf(tag);
        if (index < 0)
        {
            return Encoding.UTF8.GetString(OrthancNameOf(tag, privateCreator));
        }

        bool forced = (AttributeTable.Traits[index] & 0x80) != 0 && IsForcedSpelling(tag) && _additions.ForcesSpellings;
        return forced ? Encoding.ASCII.GetString(KeywordAt(index)) : MadeNames[index] ??= Encoding.ASCII.GetString(NameAt(index));
    }

    private static readonly string?[] MadeNames = new string?[AttributeTable.Tags.Length];

    /// <summary>
    /// The tag of a name in exact case: a registered one, a keyword of the standard with or without <c>RETIRED_</c> (a repeating group gives its
    /// first tag), or a private keyword, which also gives its creator and a tag in the first block (gggg,10ee).
    /// </summary>
    public static bool TryFindKeyword(ReadOnlySpan<char> name, out DicomTag tag, out string? privateCreator)
    {
        privateCreator = null;
        if (_additions.FindName(name) is { } added)
        {
            tag = added.Tag;
            privateCreator = added.PrivateCreator;
            return true;
        }

        bool wantsRetired = name.StartsWith("RETIRED_", StringComparison.Ordinal);
        int index = FindByName(wantsRetired ? name["RETIRED_".Length..] : name);
        if (index >= 0 && (!wantsRetired || (AttributeTable.Traits[index] & 0x80) != 0))
        {
            tag = new DicomTag(AttributeTable.Tags[index]);
            if (IndexOf(tag) != index)
            {
                // (0028,04x0) with x = 0 is another attribute: the first one of the group has x = 1.
                uint free = ~AttributeTable.RepeatingMasks[index - (AttributeTable.Tags.Length - AttributeTable.RepeatingMasks.Length)];
                tag = new DicomTag(tag.Value | free & (~free + 1));
            }

            return true;
        }

        int at = name.Length == 0 || name is "Unknown" ? -1 : FindPrivateByName(name);
        if (at >= 0)
        {
            uint key = PrivateTable.Keys[at];
            tag = new DicomTag((ushort)(key >> 8), (ushort)(0x1000 | key & 0xFF));
            privateCreator = Encoding.ASCII.GetString(CreatorAt(PrivateTable.Owners[at]));
            return true;
        }

        tag = default;
        return false;
    }

    // The spellings that Orthanc forces whatever its dictionary says.
    private static bool IsForcedSpelling(DicomTag tag) => tag.Value is
        0x00101000 or 0x00080050 or 0x00080018 or 0x00100020 or 0x0020000E or 0x0020000D or 0x7FE00010 or 0x00541330 or 0x00200013 or
        0x00540081 or 0x00280008 or 0x00181090 or 0x00201002 or 0x00100010 or 0x00200032 or 0x00200037;

    private static int FindByName(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<ushort> order = AttributeTable.ByName;
        int low = 0, high = order.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int comparison = Compare(KeywordAt(order[middle]), name);
            if (comparison == 0)
            {
                return order[middle];
            }

            if (comparison < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle - 1;
            }
        }

        return -1;
    }

    private static int FindPrivateByName(ReadOnlySpan<char> name)
    {
        ReadOnlySpan<ushort> order = PrivateTable.ByName;
        int low = 0, high = order.Length;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            if (Compare(PrivateNameAt(order[middle]), name) < 0)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low < order.Length && Compare(PrivateNameAt(order[low]), name) == 0 ? order[low] : -1;
    }
}
