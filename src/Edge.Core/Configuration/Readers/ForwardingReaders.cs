using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration.Readers;

/// <summary>The objects under <c>Edge.Forwarding</c>.</summary>
internal static class ForwardingReaders
{
    public static ForwardingRuleOptions? Rule(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (!DemandMap(node, path, problems))
        {
            return null;
        }

        MemberReading members = new(node, path, problems);
        ForwardingRuleOptions rule = new()
        {
            Node = node,
            To = members.Demand("To") is { } to ? Texts(to, $"{path}.To", problems) : [],
            CallingAet = Patterns(members, "CallingAet", path, problems),
            CalledAet = Patterns(members, "CalledAet", path, problems),
            Modality = Patterns(members, "Modality", path, problems),
            Station = Patterns(members, "Station", path, problems),
            Tags = Tags(members.Take("Tags"), $"{path}.Tags", problems),
            Hours = Hours(members.Take("Hours"), $"{path}.Hours", problems),
            IncludeRepeats = members.Boolean("IncludeRepeats", false),
            Priority = Integer(members, "Priority", path, problems, 0, -1000, 1000),
        };
        members.WarnOfOthers();
        return rule;
    }

    public static ForwardingDestinationOptions? Destination(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (!DemandMap(node, path, problems))
        {
            return null;
        }

        MemberReading members = new(node, path, problems);
        ForwardingDestinationOptions destination = new()
        {
            Associations = Integer(members, "Associations", path, problems, 1, 1, 16),
            MaximumKBps = Integer(members, "MaximumKBps", path, problems, 0, 0, 10_000_000),
            Hours = Hours(members.Take("Hours"), $"{path}.Hours", problems),
            RetryMinimum = Integer(members, "RetryMinimum", path, problems, 5, 1, 86400),
            RetryMaximum = Integer(members, "RetryMaximum", path, problems, 900, 1, 86400),
            GiveUpAfter = Integer(members, "GiveUpAfter", path, problems, 0, 0, 87600),
            StorageCommitment = members.Boolean("StorageCommitment", false),
            CommitmentTimeout = Integer(members, "CommitmentTimeout", path, problems, 3600, 1, 604800),
        };
        members.WarnOfOthers();
        if (destination.RetryMinimum > destination.RetryMaximum)
        {
            problems.Error(node, $"{path}.RetryMinimum", $"{destination.RetryMinimum} is more than RetryMaximum, {destination.RetryMaximum}", ErrorCode.ParameterOutOfRange);
        }

        return destination;
    }

    private static bool DemandMap(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        if (node.Kind == ConfigurationKind.Map)
        {
            return true;
        }

        problems.Error(node, path, $"{node.Describe()} is of the wrong type: expected an object, {{ ... }}", ErrorCode.BadParameterType);
        return false;
    }

    private static string[] Patterns(MemberReading members, string name, string path, ConfigurationProblems problems) =>
        members.Take(name) is { } node ? Texts(node, $"{path}.{name}", problems) : [];

    /// <summary>A text or a list of texts, none of them empty.</summary>
    private static string[] Texts(ConfigurationNode node, string path, ConfigurationProblems problems)
    {
        IReadOnlyList<ConfigurationNode> items = node.Kind == ConfigurationKind.List ? node.Items : [node];
        if (items.Count == 0)
        {
            problems.Error(node, path, "is an empty list, which nothing can match: give a value, or leave it out");
        }

        List<string> texts = [];
        for (int i = 0; i < items.Count; i++)
        {
            string at = node.Kind == ConfigurationKind.List ? $"{path}[{i}]" : path;
            if (items[i].Kind != ConfigurationKind.Text)
            {
                problems.Error(items[i], at, $"{items[i].Describe()} is of the wrong type: expected a text, \"...\"", ErrorCode.BadParameterType);
            }
            else if (items[i].Text.Trim().Length == 0)
            {
                problems.Error(items[i], at, "is empty: expected some text");
            }
            else
            {
                texts.Add(items[i].Text.Trim());
            }
        }

        return [.. texts];
    }

    private static Dictionary<string, string[]> Tags(ConfigurationNode? node, string path, ConfigurationProblems problems)
    {
        Dictionary<string, string[]> tags = new(StringComparer.Ordinal);
        if (node is not null && DemandMap(node, path, problems))
        {
            foreach ((string name, ConfigurationNode value) in node.Members)
            {
                tags[name] = Texts(value, $"{path}.{name}", problems);
            }
        }

        return tags;
    }

    private static DayWindow[] Hours(ConfigurationNode? node, string path, ConfigurationProblems problems)
    {
        if (node is null)
        {
            return [];
        }

        List<DayWindow> windows = [];
        foreach (string text in Texts(node, path, problems))
        {
            if (DayWindow.TryParse(text, out DayWindow window))
            {
                windows.Add(window);
            }
            else
            {
                problems.Error(node, path, $"\"{text}\" is no part of the day: expected \"HH:MM-HH:MM\", with two different times");
            }
        }

        return [.. windows];
    }

    private static int Integer(MemberReading members, string name, string path, ConfigurationProblems problems, int otherwise, int least, int greatest)
    {
        if (members.Take(name) is not { } node)
        {
            return otherwise;
        }

        if (node.Kind == ConfigurationKind.Number && NumberText.TryInteger(node.Text, out long value) && value >= least && value <= greatest)
        {
            return (int)value;
        }

        ErrorCode code = node.Kind == ConfigurationKind.Number ? ErrorCode.ParameterOutOfRange : ErrorCode.BadParameterType;
        problems.Error(node, $"{path}.{name}", $"{node.Describe()}: expected an integer from {least} to {greatest}", code);
        return otherwise;
    }
}
