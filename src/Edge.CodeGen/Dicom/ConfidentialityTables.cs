using System.Globalization;

namespace Edge.CodeGen.Dicom;

/// <summary>Packs the editions of PS3.15 table E.1-1 into one table sorted by tag: an action per edition, and what each option does.</summary>
public static class ConfidentialityTables
{
    private const string Output = "src/Edge.Engine/Modification/Deidentification/ProfileTable.g.cs";
    private const string Data = "src/Edge.CodeGen/Data/confidentiality-profiles.tsv";

    // In the order of the enum Edge.Engine.Modification.Deidentification.ProfileCode.
    private static readonly string[] Codes = ["", "X", "Z", "D", "U", "X/Z", "X/D", "X/Z/D", "Z/D", "X/Z/U*"];

    /// <summary>The generated file: path below the root, and text.</summary>
    public static IReadOnlyDictionary<string, string> Generate(string root)
    {
        string[][] all = File.ReadAllLines(Path.Combine(root, Data)).Select(line => line.Split('\t')).ToArray();
        string[] head = all[0];
        // Repeating groups (curves and overlays) are a rule of their own: see DeidentificationProfile.
        string[][] rows = all.Skip(1).Where(row => !row[0].Contains('x')).OrderBy(row => Tag(row[0])).ToArray();
        var source = new TableSource(
            "Edge.Engine.Modification.Deidentification", "ProfileTable", "PS3.15 table E.1-1 in several editions, plain tags in order.", "Data/confidentiality-profiles.tsv");
        source.Numbers("Tags", "uint", rows.Select(row => Tag(row[0])), hex: true);
        for (int column = 2; column < 7; column++)
        {
            int at = column;
            source.Numbers("Of" + head[column], "byte", rows.Select(row => (long)Code(row[at])));
        }

        // One bit per option that keeps the attribute as it is (K), in the order of the columns.
        source.Numbers("Retained", "byte", rows.Select(row => Enumerable.Range(0, 5).Sum(i => row[7 + i] == "K" ? 1L << i : 0)));
        return new SortedDictionary<string, string>(StringComparer.Ordinal) { [Output] = source.Finish() };
    }

    private static int Code(string text)
    {
        int code = Array.IndexOf(Codes, text);
        return code >= 0 ? code : throw new InvalidDataException($"action {text}");
    }

    private static long Tag(string text) => long.Parse(text.Replace(",", ""), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}
