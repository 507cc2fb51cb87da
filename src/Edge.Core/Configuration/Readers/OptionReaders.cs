using System.Globalization;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration.Readers;

/// <summary>The readers that options name in <see cref="OptionAttribute.Reader"/>: maps whose keys are free, and lists of mixed types.</summary>
internal static class OptionReaders
{
    private const int MinimumUserNumber = 1024;
    private const int MaximumUserNumber = 65535;

    public static Dictionary<string, ModalityOptions> ModalityMap(OptionReading reading)
    {
        Dictionary<string, ModalityOptions> modalities = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (ModalityReader.Read(name, node, path, reading.Problems) is { } modality)
            {
                modalities[name] = modality;
            }
        }

        return modalities;
    }

    public static Dictionary<string, PeerOptions> PeerMap(OptionReading reading)
    {
        Dictionary<string, PeerOptions> peers = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (PeerReader.Read(name, node, path, reading.Problems, reading.Folders) is { } peer)
            {
                peers[name] = peer;
            }
        }

        return peers;
    }

    public static Dictionary<string, ForwardingRuleOptions> ForwardingRuleMap(OptionReading reading)
    {
        Dictionary<string, ForwardingRuleOptions> rules = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (ForwardingReaders.Rule(node, path, reading.Problems) is { } rule)
            {
                rules[name] = rule;
            }
        }

        return rules;
    }

    public static Dictionary<string, ForwardingDestinationOptions> ForwardingDestinationMap(OptionReading reading)
    {
        Dictionary<string, ForwardingDestinationOptions> destinations = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (ForwardingReaders.Destination(node, path, reading.Problems) is { } destination)
            {
                destinations[name] = destination;
            }
        }

        return destinations;
    }

    public static Dictionary<string, string> UserMap(OptionReading reading)
    {
        Dictionary<string, string> users = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (name.Length == 0 || name.Contains(':'))
            {
                reading.Problems.Error(node, path, $"\"{name}\" is not a user name: expected some text without a colon (RFC 7617)");
            }
            else if (node.Kind != ConfigurationKind.Text)
            {
                reading.Problems.Error(node, path, "the password is of the wrong type: expected a text, \"...\"", ErrorCode.BadParameterType);
            }
            else if (node.Text.Length == 0)
            {
                reading.Problems.Error(node, path, "the password is empty");
            }
            else if (Security.PasswordHash.IsHash(node.Text) && !Security.PasswordHash.IsWellFormed(node.Text))
            {
                reading.Problems.Error(node, path, "the password hash is damaged: make a new one with \"edge-dicom hash-password\"");
            }
            else
            {
                users[name] = node.Text;
            }
        }

        return users;
    }

    public static Dictionary<string, bool> BooleanMap(OptionReading reading)
    {
        Dictionary<string, bool> values = new(StringComparer.Ordinal);
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (node.Kind == ConfigurationKind.Boolean)
            {
                values[name] = node.Text == "true";
            }
            else
            {
                reading.Problems.Error(node, path, $"{node.Describe()} is of the wrong type: expected true or false", ErrorCode.BadParameterType);
            }
        }

        return values;
    }

    public static Dictionary<string, int> ThreadCounts(OptionReading reading)
    {
        Dictionary<string, int> counts = new(StringComparer.Ordinal) { ["ResourceModification"] = 1 };
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (Number(node, path, 0, 1024, reading.Problems) is { } count)
            {
                counts[name] = count;
            }

            if (name != "ResourceModification")
            {
                reading.Problems.Warn(node, path, $"is not known and has no effect{Suggestion.Sentence(name, ["ResourceModification"])}");
            }
        }

        return counts;
    }

    public static Dictionary<string, int> MetadataMap(OptionReading reading)
    {
        Dictionary<string, int> names = new(StringComparer.Ordinal);
        Dictionary<int, string> numbers = [];
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            if (Number(node, path, MinimumUserNumber, MaximumUserNumber, reading.Problems) is { } number && IsUnique(numbers, number, name, node, path, reading.Problems))
            {
                names[name] = number;
            }
        }

        return names;
    }

    public static Dictionary<string, UserContentType> ContentTypeMap(OptionReading reading)
    {
        Dictionary<string, UserContentType> types = new(StringComparer.Ordinal);
        Dictionary<int, string> numbers = [];
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            bool isPair = node.Kind == ConfigurationKind.List && node.Items.Count == 2 && node.Items[1].Kind == ConfigurationKind.Text;
            if (!isPair && node.Kind != ConfigurationKind.Number)
            {
                reading.Problems.Error(node, path, $"{node.Describe()}: expected a number from 1024 to 65535, or [ number, MIME type ]", ErrorCode.BadParameterType);
                continue;
            }

            ConfigurationNode numberNode = isPair ? node.Items[0] : node;
            string numberPath = isPair ? $"{path}[0]" : path;
            if (Number(numberNode, numberPath, MinimumUserNumber, MaximumUserNumber, reading.Problems) is { } number
                && IsUnique(numbers, number, name, numberNode, numberPath, reading.Problems))
            {
                types[name] = isPair ? new UserContentType(number, node.Items[1].Text) : new UserContentType(number);
            }
        }

        return types;
    }

    public static ExtraMainDicomTags ExtraTags(OptionReading reading)
    {
        ExtraMainDicomTags extra = new();
        foreach ((string name, ConfigurationNode node, string path) in Members(reading))
        {
            string[] tags = Tags(node, path, reading.Problems);
            switch (name)
            {
                case "Patient": extra.Patient = tags; break;
                case "Study": extra.Study = tags; break;
                case "Series": extra.Series = tags; break;
                case "Instance": extra.Instance = tags; break;
                default:
                    string near = Suggestion.Sentence(name, ["Patient", "Study", "Series", "Instance"]);
                    reading.Problems.Error(node, path, $"\"{name}\" is not a level: expected one of Patient, Study, Series, Instance{near}", ErrorCode.ParameterOutOfRange);
                    break;
            }
        }

        return extra;
    }

    public static DictionaryEntry[] DictionaryEntries(OptionReading reading)
    {
        List<DictionaryEntry> entries = [];
        foreach ((string tag, ConfigurationNode node, string path) in Members(reading))
        {
            if (DictionaryEntryOf(tag, node, path, reading.Problems) is { } entry)
            {
                entries.Add(entry);
            }
        }

        return [.. entries];
    }

    private static DictionaryEntry? DictionaryEntryOf(string tag, ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (tag.Length != 9 || tag[4] != ','
            || !ushort.TryParse(tag.AsSpan(0, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort group)
            || !ushort.TryParse(tag.AsSpan(5, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort element))
        {
            problems.Error(node, path, $"\"{tag}\" is not a tag: expected \"gggg,eeee\" in hexadecimal digits", ErrorCode.ParameterOutOfRange);
            return null;
        }

        List<ConfigurationNode> items = node.Items;
        bool isGood = items.Count is >= 2 and <= 5
            && items[0].Kind == ConfigurationKind.Text && items[0].Text.Length == 2 && items[0].Text.All(char.IsAsciiLetterUpper)
            && items[1].Kind == ConfigurationKind.Text && items[1].Text.Length > 0
            && (items.Count < 5 || items[4].Kind == ConfigurationKind.Text);
        if (!isGood)
        {
            problems.Error(node, path, "expected [ \"VR\", \"Name\", least multiplicity, greatest multiplicity (0 = any), \"private creator\" ], all but VR and name optional");
            return null;
        }

        int? least = items.Count > 2 ? Number(items[2], $"{path}[2]", 0, int.MaxValue, problems) : 1;
        int? greatest = items.Count > 3 ? Number(items[3], $"{path}[3]", 0, int.MaxValue, problems) : 1;
        if (greatest < least && greatest != 0)
        {
            problems.Error(items[3], $"{path}[3]", $"the greatest multiplicity {greatest} is less than the least, {least}", ErrorCode.ParameterOutOfRange);
            return null;
        }

        return least is null || greatest is null
            ? null
            : new DictionaryEntry(group, element, items[0].Text, items[1].Text, least.Value, greatest.Value, items.Count > 4 ? items[4].Text : "");
    }

    private static string[] Tags(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (node.Kind != ConfigurationKind.List || !node.Items.TrueForAll(static item => item.Kind == ConfigurationKind.Text && item.Text.Length > 0))
        {
            problems.Error(node, path, $"{node.Describe()}: expected a list of tags, [ \"Rows\", \"0028,0034\" ]", ErrorCode.BadParameterType);
            return [];
        }

        return [.. node.Items.Select(static item => item.Text)];
    }

    private static int? Number(ConfigurationNode node, string path, int min, int max, ConfigurationProblems problems)
    {
        if (node.Kind != ConfigurationKind.Number)
        {
            problems.Error(node, path, $"{node.Describe()} is of the wrong type: expected an integer from {min} to {max}", ErrorCode.BadParameterType);
            return null;
        }

        if (NumberText.TryInteger(node.Text, out long value) && value >= min && value <= max)
        {
            return (int)value;
        }

        problems.Error(node, path, $"{node.Text} is out of range: expected an integer from {min} to {max}", ErrorCode.ParameterOutOfRange);
        return null;
    }

    private static bool IsUnique(
        Dictionary<int, string> numbers, int number, string name, ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (numbers.TryAdd(number, name))
        {
            return true;
        }

        problems.Error(node, path, $"{number} is the number of \"{numbers[number]}\" already", ErrorCode.ParameterOutOfRange);
        return false;
    }

    private static IEnumerable<(string Name, ConfigurationNode Node, string Path)> Members(OptionReading reading) =>
        reading.IsMap() ? reading.Node.Members.Select(member => (member.Key, member.Value, $"{reading.Path}.{member.Key}")) : [];
}
