using System.Globalization;

namespace Edge.CodeGen.Dicom;

/// <summary>Packs the data dictionary, the private dictionary and the UID registry into sorted tables.</summary>
public static class DicomTables
{
    private const string Output = "src/Edge.Dicom/Tags";
    private const string Data = "src/Edge.CodeGen/Data";
    private const string NameSpace = "Edge.Dicom.Tags";

    // In the order of the enum Edge.Dicom.Tags.Vr.
    private static readonly string[] Vrs =
    [
        "NONE", "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT", "OB", "OD", "OF", "OL", "OV", "OW", "PN", "SH", "SL", "SQ",
        "SS", "ST", "SV", "TM", "UC", "UI", "UL", "UN", "UR", "US", "UT", "UV",
    ];

    // In the order of the enum Edge.Dicom.Tags.VrChoice.
    private static readonly string[] Choices = ["", "OB/OW", "US/SS", "US/OW", "US/SS/OW"];

    /// <summary>The generated files: path below the root, and text.</summary>
    public static IReadOnlyDictionary<string, string> Generate(string root) => new SortedDictionary<string, string>(StringComparer.Ordinal)
    {
        [$"{Output}/AttributeTable.g.cs"] = Attributes(Rows(root, "attributes.tsv")),
        [$"{Output}/PrivateTable.g.cs"] = PrivateAttributes(Rows(root, "private-attributes.tsv")),
        [$"{Output}/UidTable.g.cs"] = Uids(Rows(root, "uids.tsv")),
    };

    private static string[][] Rows(string root, string file) =>
        File.ReadAllLines(Path.Combine(root, Data, file)).Skip(1).Where(line => line.Length > 0).Select(line => line.Split('\t')).ToArray();

    private static (int Vr, int Choice) ParseVr(string text)
    {
        int choice = Math.Max(0, Array.IndexOf(Choices, text));
        int vr = Array.IndexOf(Vrs, text.Split('/')[0]);
        return vr < 0 ? throw new InvalidDataException($"VR {text}") : (vr, choice);
    }

    // tag, keyword, vr, vm, retired. Tags with an x are masks.
    private static string Attributes(string[][] rows)
    {
        var names = new PackedText();
        var multiplicities = rows.Select(r => r[3]).Distinct().Order(StringComparer.Ordinal).ToList();
        var packedMultiplicities = new PackedText();
        var simple = rows.Where(r => !r[0].Contains('x')).OrderBy(r => Tag(r[0])).ToArray();
        var repeating = rows.Where(r => r[0].Contains('x')).OrderBy(r => Tag(r[0].Replace('x', '0'))).ToArray();
        var all = simple.Concat(repeating).ToArray();
        // Retired names carry their prefix in the blob, so that both spellings are one slice.
        var places = all.Select(r => names.Add(r[4] == "Y" ? "RETIRED_" + r[1] : r[1])).ToArray();
        var multiplicityPlaces = multiplicities.Select(packedMultiplicities.Add).ToArray();

        var source = new TableSource(NameSpace, "AttributeTable", "The attributes of PS3.6 and PS3.7: plain tags in order, then repeating groups.", "Data/attributes.tsv");
        source.Numbers("Tags", "uint", all.Select(r => Tag(r[0].Replace('x', '0'))), hex: true);
        source.Numbers("RepeatingMasks", "uint", repeating.Select(r => Mask(r[0])), hex: true);
        source.Numbers("NameOffsets", "int", places.Select(p => (long)p.Offset));
        source.Numbers("NameLengths", "byte", places.Select(p => (long)p.Length));
        source.Numbers("Vrs", "byte", all.Select(r => (long)ParseVr(r[2]).Vr));
        source.Numbers("Traits", "byte", all.Select(r => (long)(ParseVr(r[2]).Choice | (r[4] == "Y" ? 0x80 : 0))));
        source.Numbers("Multiplicities", "byte", all.Select(r => (long)multiplicities.IndexOf(r[3])));
        source.Numbers("MultiplicityOffsets", "ushort", multiplicityPlaces.Select(p => (long)p.Offset).Append(multiplicityPlaces[^1].Offset + multiplicityPlaces[^1].Length));
        source.Numbers("ByName", "ushort", Enumerable.Range(0, all.Length).OrderBy(i => all[i][1], StringComparer.Ordinal).ThenBy(i => i).Select(i => (long)i));
        source.Text("MultiplicityText", packedMultiplicities);
        source.Text("Names", names);
        return source.Finish();
    }

    // creator, group (a "+" after it: all odd groups of the same upper byte), element, keyword, vr, vm
    private static string PrivateAttributes(string[][] rows)
    {
        var names = new PackedText();
        var creators = new PackedText();
        var byCreator = rows.GroupBy(r => r[0], StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal).ToArray();
        var creatorPlaces = byCreator.Select(g => creators.Add(g.Key)).ToArray();
        var ordered = byCreator.SelectMany(g => g.OrderBy(Key)).ToArray();
        var starts = new List<long> { 0 };
        foreach (var group in byCreator)
        {
            starts.Add(starts[^1] + group.Count());
        }

        var places = ordered.Select(r => names.Add(r[3])).ToArray();
        var multiplicities = rows.Select(r => r[5]).Distinct().Order(StringComparer.Ordinal).ToList();
        var packedMultiplicities = new PackedText();
        var multiplicityPlaces = multiplicities.Select(packedMultiplicities.Add).ToArray();
        var owners = byCreator.SelectMany((g, i) => g.Select(_ => (long)i)).ToArray();

        var source = new TableSource(NameSpace, "PrivateTable", "Private attributes: creators in order, each with its attributes by group and low element byte.", "Data/private-attributes.tsv");
        source.Numbers("CreatorOffsets", "int", creatorPlaces.Select(p => (long)p.Offset));
        source.Numbers("CreatorLengths", "byte", creatorPlaces.Select(p => (long)p.Length));
        source.Numbers("CreatorStarts", "ushort", starts);
        source.Numbers("Keys", "uint", ordered.Select(Key), hex: true);
        source.Numbers("Owners", "byte", owners);
        source.Numbers("NameOffsets", "int", places.Select(p => (long)p.Offset));
        source.Numbers("NameLengths", "byte", places.Select(p => (long)p.Length));
        source.Numbers("Vrs", "byte", ordered.Select(r => (long)ParseVr(r[4]).Vr));
        source.Numbers("Choices", "byte", ordered.Select(r => (long)ParseVr(r[4]).Choice));
        source.Numbers("Multiplicities", "byte", ordered.Select(r => (long)multiplicities.IndexOf(r[5])));
        source.Numbers("MultiplicityOffsets", "ushort", multiplicityPlaces.Select(p => (long)p.Offset).Append(multiplicityPlaces[^1].Offset + multiplicityPlaces[^1].Length));
        source.Numbers("ByName", "ushort", Enumerable.Range(0, ordered.Length).OrderBy(i => ordered[i][3], StringComparer.Ordinal).ThenBy(i => i).Select(i => (long)i));
        source.Text("MultiplicityText", packedMultiplicities);
        source.Text("Creators", creators);
        source.Text("Names", names);
        return source.Finish();
    }

    // uid, name, type, keyword, retired
    private static string Uids(string[][] rows)
    {
        var text = new PackedText();
        var types = rows.Select(r => r[2]).Distinct().Order(StringComparer.Ordinal).ToList();
        var packedTypes = new PackedText();
        var typePlaces = types.Select(packedTypes.Add).ToArray();
        var ordered = rows.OrderBy(r => r[0], StringComparer.Ordinal).ToArray();
        var uids = ordered.Select(r => text.Add(r[0])).ToArray();
        var names = ordered.Select(r => text.Add(r[1])).ToArray();
        var keywords = ordered.Select(r => text.Add(r[3])).ToArray();

        var source = new TableSource(NameSpace, "UidTable", "The UIDs of PS3.6 annex A, in ordinal order.", "Data/uids.tsv");
        source.Numbers("UidOffsets", "int", uids.Select(p => (long)p.Offset));
        source.Numbers("UidLengths", "byte", uids.Select(p => (long)p.Length));
        source.Numbers("NameOffsets", "int", names.Select(p => (long)p.Offset));
        source.Numbers("NameLengths", "byte", names.Select(p => (long)p.Length));
        source.Numbers("KeywordOffsets", "int", keywords.Select(p => (long)p.Offset));
        source.Numbers("KeywordLengths", "byte", keywords.Select(p => (long)p.Length));
        source.Numbers("Types", "byte", ordered.Select(r => (long)(types.IndexOf(r[2]) | (r[4] == "Y" ? 0x80 : 0))));
        source.Numbers("TypeOffsets", "ushort", typePlaces.Select(p => (long)p.Offset).Append(typePlaces[^1].Offset + typePlaces[^1].Length));
        source.Text("TypeText", packedTypes);
        source.Text("Text", text);
        return source.Finish();
    }

    private static long Tag(string text) => long.Parse(text.Replace(",", ""), NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static long Mask(string text)
    {
        long mask = 0;
        foreach (char c in text.Replace(",", ""))
        {
            mask = mask << 4 | (c == 'x' ? 0 : 15u);
        }

        return mask;
    }

    private static long Key(string[] row) =>
        long.Parse(row[1].TrimEnd('+') + row[2], NumberStyles.HexNumber, CultureInfo.InvariantCulture) | (row[1].EndsWith('+') ? 0x80000000L : 0);
}
