using System.Text;

namespace Edge.Dicom.Tags;

/// <summary>
/// The data dictionary: all attributes of PS3.6 and PS3.7 with repeating groups, private attributes by creator,
/// and what the <c>Dictionary</c> option registers at start (<see cref="DicomDictionary.Register"/>), which comes first.
/// Lookups by tag do not allocate unless an entry is asked for.
/// </summary>
public static partial class DicomDictionary
{
    /// <summary>What Orthanc calls an attribute that no dictionary holds.</summary>
    public const string UnknownName = "Unknown Tag & Data";

    private static ReadOnlySpan<byte> RetiredPrefix => "RETIRED_"u8;

    /// <summary>The number of attributes of the standard, repeating groups counted once.</summary>
    public static int StandardCount => AttributeTable.Tags.Length;

    /// <summary>The number of private attributes.</summary>
    public static int PrivateCount => PrivateTable.Keys.Length;

    /// <summary>The entry at a position of the standard's table, in tag order, repeating groups last.</summary>
    public static DictionaryEntry StandardAt(int index) => ToEntry(index, new DicomTag(AttributeTable.Tags[index]));

    /// <summary>The entry of a tag, or null where no dictionary holds it. Group lengths and private creators have entries of their own.</summary>
    /// <param name="privateCreator">The owner of a private element's block; null where it is not known.</param>
    public static DictionaryEntry? Find(DicomTag tag, string? privateCreator = null)
    {
        if (_additions.Find(tag, privateCreator) is { } added)
        {
            return added;
        }

        if (IndexOf(tag) is var index and >= 0)
        {
            return ToEntry(index, tag);
        }

        if (tag.IsGroupLength)
        {
            return new DictionaryEntry(tag, tag.IsPrivate ? "PrivateGroupLength" : "GenericGroupLength", Vr.UL, VrChoice.None, "1", !tag.IsPrivate);
        }

        if (tag.IsPrivateCreator)
        {
            return new DictionaryEntry(tag, "PrivateCreator", Vr.LO, VrChoice.None, "1", false);
        }

        return IndexOfPrivate(tag, privateCreator) is var at and >= 0 ? ToPrivateEntry(at, tag) : null;
    }

    /// <summary>The VR of a tag (of several possible ones the first, and which in <paramref name="choice"/>); <see cref="Vr.UN"/> where unknown.</summary>
    public static Vr VrOf(DicomTag tag, string? privateCreator, out VrChoice choice)
    {
        choice = VrChoice.None;
        if (_additions.Find(tag, privateCreator) is { } added)
        {
            choice = added.Choice;
            return added.Vr;
        }

        int index = IndexOf(tag);
        if (index >= 0)
        {
            choice = (VrChoice)(AttributeTable.Traits[index] & 0x7F);
            return (Vr)AttributeTable.Vrs[index];
        }

        if (tag.IsGroupLength)
        {
            return Vr.UL;
        }

        if (tag.IsPrivateCreator)
        {
            return Vr.LO;
        }

        int at = IndexOfPrivate(tag, privateCreator);
        if (at < 0)
        {
            return Vr.UN;
        }

        choice = (VrChoice)PrivateTable.Choices[at];
        return (Vr)PrivateTable.Vrs[at];
    }

    /// <summary>The keyword of a tag as PS3.6 spells it (no <c>RETIRED_</c>), ASCII; empty where unknown.</summary>
    public static ReadOnlySpan<byte> KeywordOf(DicomTag tag, string? privateCreator = null)
    {
        if (_additions.Find(tag, privateCreator) is { } added)
        {
            return Encoding.UTF8.GetBytes(added.Keyword);
        }

        int index = IndexOf(tag);
        if (index >= 0)
        {
            return KeywordAt(index);
        }

        int at = tag.IsPrivateElement ? IndexOfPrivate(tag, privateCreator) : -1;
        return at >= 0 ? PrivateNameAt(at) : default;
    }

    private static DictionaryEntry ToEntry(int index, DicomTag tag)
    {
        byte traits = AttributeTable.Traits[index];
        return new DictionaryEntry(
            tag,
            Encoding.ASCII.GetString(KeywordAt(index)),
            (Vr)AttributeTable.Vrs[index],
            (VrChoice)(traits & 0x7F),
            MultiplicityAt(AttributeTable.Multiplicities[index], AttributeTable.MultiplicityOffsets, AttributeTable.MultiplicityText),
            (traits & 0x80) != 0);
    }

    private static DictionaryEntry ToPrivateEntry(int at, DicomTag tag) => new(
        tag,
        Encoding.ASCII.GetString(PrivateNameAt(at)),
        (Vr)PrivateTable.Vrs[at],
        (VrChoice)PrivateTable.Choices[at],
        MultiplicityAt(PrivateTable.Multiplicities[at], PrivateTable.MultiplicityOffsets, PrivateTable.MultiplicityText),
        false,
        Encoding.ASCII.GetString(CreatorAt(PrivateTable.Owners[at])));

    private static string MultiplicityAt(byte index, ReadOnlySpan<ushort> offsets, ReadOnlySpan<byte> text) =>
        Encoding.ASCII.GetString(text[offsets[index]..offsets[index + 1]]);

    private static ReadOnlySpan<byte> NameAt(int index) => AttributeTable.Names.Slice(AttributeTable.NameOffsets[index], AttributeTable.NameLengths[index]);

    private static ReadOnlySpan<byte> KeywordAt(int index) =>
        (AttributeTable.Traits[index] & 0x80) != 0 ? NameAt(index)[RetiredPrefix.Length..] : NameAt(index);

    private static ReadOnlySpan<byte> PrivateNameAt(int at) => PrivateTable.Names.Slice(PrivateTable.NameOffsets[at], PrivateTable.NameLengths[at]);

    private static ReadOnlySpan<byte> CreatorAt(int at) => PrivateTable.Creators.Slice(PrivateTable.CreatorOffsets[at], PrivateTable.CreatorLengths[at]);

    /// <summary>The row of a public tag; negative where there is none.</summary>
    private static int IndexOf(DicomTag tag)
    {
        ReadOnlySpan<uint> tags = AttributeTable.Tags;
        ReadOnlySpan<uint> masks = AttributeTable.RepeatingMasks;
        int simple = tags.Length - masks.Length;
        int at = tags[..simple].BinarySearch(tag.Value);
        if (at >= 0)
        {
            return at;
        }

        if (!MayRepeat(tag))
        {
            return -1;
        }

        for (int i = 0; i < masks.Length; i++)
        {
            if ((tag.Value & masks[i]) == tags[simple + i])
            {
                return simple + i;
            }
        }

        return -1;
    }

    // Repeating groups are even (PS3.5 7.6); these are the groups of those in the table.
    private static bool MayRepeat(DicomTag tag) => !tag.IsPrivate && (tag.Group >> 8) switch
    {
        0x50 or 0x60 or 0x7F => tag.Value >> 16 != 0x7FE0,
        0x10 => tag.Group is 0x1000 or 0x1010,
        0x00 => tag.Group is 0x0020 or 0x0028,
        _ => false,
    };

    private static int IndexOfPrivate(DicomTag tag, string? creator)
    {
        if (creator is null || !tag.IsPrivateElement)
        {
            return -1;
        }

        int owner = IndexOfCreator(creator);
        if (owner < 0)
        {
            return -1;
        }

        int start = PrivateTable.CreatorStarts[owner];
        ReadOnlySpan<uint> keys = PrivateTable.Keys[start..PrivateTable.CreatorStarts[owner + 1]];
        uint element = tag.Value & 0xFF;
        int at = keys.BinarySearch((uint)tag.Group << 8 | element);
        if (at < 0)
        {
            // A range of groups is kept under its first one.
            at = keys.BinarySearch(0x80000000 | (uint)(tag.Group & 0xFF00 | 1) << 8 | element);
        }

        return at < 0 ? -1 : start + at;
    }

    private static int IndexOfCreator(string creator)
    {
        int low = 0, high = PrivateTable.CreatorOffsets.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) >>> 1;
            int order = Compare(CreatorAt(middle), creator);
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

        return -1;
    }

    /// <summary>Ordinal comparison of ASCII bytes with text.</summary>
    private static int Compare(ReadOnlySpan<byte> bytes, ReadOnlySpan<char> text)
    {
        int common = Math.Min(bytes.Length, text.Length);
        for (int i = 0; i < common; i++)
        {
            int order = bytes[i] - text[i];
            if (order != 0)
            {
                return order;
            }
        }

        return bytes.Length - text.Length;
    }
}
