using System.Globalization;
using Edge.Core.Errors;

namespace Edge.Dicom.Tags;

/// <summary>
/// Reads data dictionaries in the format of DCMTK (dcmdata/docs/datadict.txt), such as DICONDE: a line per element with tag, VR, name,
/// multiplicity and version, separated by white space; <c>#</c> begins a comment.
/// </summary>
public static class DcmtkDictionary
{
    /// <summary>More entries than any dictionary has; ranges count for what they stand for.</summary>
    private const int MostEntries = 100_000;

    /// <param name="lines">The file.</param>
    /// <exception cref="EdgeException">BadFileFormat, with the number of the line and what is wrong in it.</exception>
    public static List<DictionaryEntry> Read(IEnumerable<string> lines)
    {
        List<DictionaryEntry> entries = [];
        int number = 0;
        foreach (string line in lines)
        {
            number++;
            ReadOnlySpan<char> text = line.AsSpan().Trim();
            if (text.IsEmpty || text[0] == '#')
            {
                continue;
            }

            ReadLine(text, number, entries);
            if (entries.Count > MostEntries)
            {
                throw Fault(number, $"more than {MostEntries} elements");
            }
        }

        return entries;
    }

    private static void ReadLine(ReadOnlySpan<char> line, int number, List<DictionaryEntry> entries)
    {
        int close = line.IndexOf(')');
        if (line[0] != '(' || close < 0)
        {
            throw Fault(number, "expected a tag in parentheses");
        }

        string[] fields = line[(close + 1)..].ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 2)
        {
            throw Fault(number, "expected tag, VR and name");
        }

        (Vr vr, VrChoice choice) = RepresentationOf(fields[0]) ?? throw Fault(number, $"unknown VR \"{fields[0]}\"");
        string multiplicity = fields.Length > 2 ? fields[2] : "1";
        string[] parts = SplitTag(line[1..close].ToString(), number);
        string? creator = parts.Length == 3 ? parts[1] : null;
        Interval groups = Interval.Parse(parts[0]) ?? throw Fault(number, $"bad group \"{parts[0]}\"");
        Interval elements = Interval.Parse(parts[^1]) ?? throw Fault(number, $"bad element \"{parts[^1]}\"");
        if (groups.Count > 1 && creator is null && elements is ({ High: 0 } or { Low: 0x10, High: 0xFF }))
        {
            return; // group lengths and private creators of all groups: PS3.5 7.2 and 7.8 say what they are
        }

        if ((long)groups.Count * elements.Count > MostEntries)
        {
            throw Fault(number, "the range of tags is too wide");
        }

        foreach (ushort group in groups.Values())
        {
            foreach (ushort element in elements.Values())
            {
                // (gggg,"CREATOR",ee) stands for any block of the creator: registered as its first.
                ushort full = creator is not null && element < 0x100 ? (ushort)(0x1000 | element) : element;
                entries.Add(new DictionaryEntry(new DicomTag(group, full), fields[1], vr, choice, multiplicity, IsRetired: fields[1].StartsWith("RETIRED_", StringComparison.Ordinal), creator));
            }
        }
    }

    /// <summary>Group, creator where there is one, element.</summary>
    private static string[] SplitTag(string tag, int number)
    {
        int open = tag.IndexOf('"'), end = tag.LastIndexOf('"');
        if (open < 0)
        {
            string[] two = tag.Split(',');
            return two.Length == 2 ? two : throw Fault(number, $"bad tag ({tag})");
        }

        int first = tag.IndexOf(','), last = tag.LastIndexOf(',');
        return end > open && first < open && last > end
            ? [tag[..first], tag[(open + 1)..end], tag[(last + 1)..]]
            : throw Fault(number, $"bad tag ({tag})");
    }

    /// <summary>DCMTK's own codes for choices and specials stand beside the VRs of the standard.</summary>
    private static (Vr Vr, VrChoice Choice)? RepresentationOf(string code) => code switch
    {
        "xs" => (Vr.US, VrChoice.UsOrSs),
        "lt" => (Vr.US, VrChoice.UsOrOw),
        "ox" or "px" => (Vr.OW, VrChoice.ObOrOw),
        "up" => (Vr.UL, VrChoice.None),
        "na" or "??" => (Vr.UN, VrChoice.None),
        _ when VrInfo.FromText(code) is var vr && vr != Vr.None => (vr, VrChoice.None),
        _ => null,
    };

    private static EdgeException Fault(int line, string what) => new(ErrorCode.BadFileFormat, $"line {line}: {what}");

    /// <summary><c>gggg</c>, or <c>gggg-gggg</c> with <c>-o-</c> for the odd ones and <c>-u-</c> for all; a plain dash stands for the even ones.</summary>
    private readonly record struct Interval(ushort Low, ushort High, int Step)
    {
        public int Count => ((High - Low) / Step) + 1;

        public static Interval? Parse(string text)
        {
            string[] parts = text.Trim().Split('-');
            if (!Number(parts[0], out ushort low) || !Number(parts[^1], out ushort high) || high < low)
            {
                return null;
            }

            return parts.Length switch
            {
                1 => new Interval(low, low, 1),
                2 => new Interval(low, high, 2),
                3 when parts[1] is "o" or "e" => new Interval((ushort)((low & 1) == (parts[1] == "o" ? 1 : 0) ? low : low + 1), high, 2),
                3 when parts[1] == "u" => new Interval(low, high, 1),
                _ => null,
            };
        }

        public IEnumerable<ushort> Values()
        {
            for (int value = Low; value <= High; value += Step)
            {
                yield return (ushort)value;
            }
        }

        private static bool Number(string text, out ushort value) => ushort.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value) && text.Length <= 4;
    }
}
