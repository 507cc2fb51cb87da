using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Engine.Ingest;
using Edge.Engine.Modification;
using Edge.Engine.Runtime;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>The rules of the configuration: what each received instance owes to whom.</summary>
public sealed class ForwardingRules
{
    /// <summary>The kind of outbox rows that go to DICOM modalities.</summary>
    public const string DicomKind = "dicom";

    /// <summary>The kind of those that go to peers.</summary>
    public const string PeerKind = "peer";

    private const int LongestAet = 16;
    private readonly ForwardingRule[] _rules;
    private readonly RuntimeSettings _settings;
    private readonly TimeProvider _time;

    public ForwardingRules(IReadOnlyList<ForwardingRule> rules, RuntimeSettings settings, TimeProvider? time = null)
    {
        _rules = [.. rules];
        _settings = settings;
        _time = time ?? TimeProvider.System;
    }

    public IReadOnlyList<ForwardingRule> All => _rules;

    /// <summary>The elements that reception must keep for them, in any order.</summary>
    public IEnumerable<DicomTag> ScannedTags => _rules.SelectMany(static rule => rule.Tags).SelectMany(static condition => condition.ScannedTags);

    /// <summary>Checks the rules as they are written and makes them ready.</summary>
    /// <exception cref="ConfigurationException">Rules that contradict themselves or can match nothing, each with its path.</exception>
    public static ForwardingRules Compile(EdgeOptions options, RuntimeSettings settings, TimeProvider? time = null)
    {
        ConfigurationProblems problems = new();
        List<ForwardingRule> rules = [];
        string? ownAet = options.Dicom.DicomCheckCalledAet ? options.Dicom.DicomAet : null;
        foreach ((string name, ForwardingRuleOptions rule) in options.Forwarding.Rules)
        {
            rules.Add(Compile(name, rule, ownAet, problems));
        }

        return problems.FirstError is null ? new ForwardingRules(rules, settings, time) : throw new ConfigurationException(problems.All);
    }

    /// <summary>What the instance is to be sent to, each destination once (of several rules the one of the highest priority): if it is stored, and if it was there already.</summary>
    public (IReadOnlyList<OutboxRequest> Stored, IReadOnlyList<OutboxRequest> Repeated) Select(IngestItem item)
    {
        if (_rules.Length == 0)
        {
            return ([], []);
        }

        TimeSpan timeOfDay = TimeZoneInfo.ConvertTime(item.ReceivedAt, _time.LocalTimeZone).TimeOfDay;
        List<OutboxRequest> stored = [];
        List<OutboxRequest> repeated = [];
        foreach (ForwardingRule rule in _rules)
        {
            if (!rule.Matches(item.Origin, item.Scan, _settings.DefaultEncoding, timeOfDay))
            {
                continue;
            }

            foreach (string destination in rule.To)
            {
                OutboxRequest request = new(KindOf(destination), destination, rule.Priority, rule.Name);
                Add(stored, request);
                if (rule.IncludeRepeats)
                {
                    Add(repeated, request);
                }
            }
        }

        return (stored, repeated);
    }

    private string KindOf(string destination) => _settings.Modalities.Find(destination) is null && _settings.Peers.Find(destination) is not null ? PeerKind : DicomKind;

    private static void Add(List<OutboxRequest> requests, OutboxRequest request)
    {
        int at = requests.FindIndex(known => known.Destination == request.Destination);
        if (at < 0)
        {
            requests.Add(request);
        }
        else if (requests[at].Priority < request.Priority)
        {
            requests[at] = request;
        }
    }

    /// <param name="ownAet">The one title that may be called; null where any may.</param>
    private static ForwardingRule Compile(string name, ForwardingRuleOptions rule, string? ownAet, ConfigurationProblems problems)
    {
        string path = $"Edge.Forwarding.Rules.{name}";
        List<TagCondition> tags = [];
        AddTag(tags, TagPath.Of(DicomTags.Modality), rule.Modality, $"{path}.Modality", rule.Node, problems);
        AddTag(tags, TagPath.Of(DicomTags.StationName), rule.Station, $"{path}.Station", rule.Node, problems);
        foreach ((string tagName, string[] patterns) in rule.Tags)
        {
            string at = $"{path}.Tags.{tagName}";
            try
            {
                TagPath tag = TagPath.Parse(tagName);
                if (TagCondition.WhyNever(tag) is { } why)
                {
                    problems.Error(rule.Node, at, why, ErrorCode.UnknownDicomTag);
                }
                else if (tags.Exists(known => known.IsOn(tag)))
                {
                    problems.Error(rule.Node, at, "is given twice in this rule: both would have to hold; put all values into one list", ErrorCode.BadFileFormat);
                }
                else
                {
                    AddTag(tags, tag, patterns, at, rule.Node, problems);
                }
            }
            catch (EdgeException wrong)
            {
                problems.Error(rule.Node, at, wrong.Detail ?? wrong.Message, wrong.Code);
            }
        }

        return new ForwardingRule
        {
            Name = name,
            To = rule.To,
            CallingAet = Aets(rule.CallingAet, $"{path}.CallingAet", rule.Node, problems),
            CalledAet = CalledAets(rule.CalledAet, ownAet, $"{path}.CalledAet", rule.Node, problems),
            Tags = [.. tags],
            Hours = rule.Hours,
            IncludeRepeats = rule.IncludeRepeats,
            Priority = rule.Priority,
        };
    }

    private static void AddTag(List<TagCondition> tags, TagPath tag, string[] texts, string path, ConfigurationNode node, ConfigurationProblems problems)
    {
        ValuePattern[] patterns = Patterns(texts, path, node, problems);
        if (patterns.Length > 0)
        {
            tags.Add(new TagCondition(tag, patterns));
        }
    }

    private static ValuePattern[] Aets(string[] texts, string path, ConfigurationNode node, ConfigurationProblems problems)
    {
        ValuePattern[] patterns = Patterns(texts, path, node, problems);
        if (Array.Find(patterns, static pattern => pattern.IsExact && pattern.Text.Length > LongestAet) is { } tooLong)
        {
            problems.Error(node, path, $"\"{tooLong.Text}\" can match nothing: an application entity title has at most {LongestAet} characters", ErrorCode.ParameterOutOfRange);
        }

        return patterns;
    }

    /// <summary>What is not received by DICOM has no called title, so a pattern that an empty one matches is never in vain.</summary>
    private static ValuePattern[] CalledAets(string[] texts, string? ownAet, string path, ConfigurationNode node, ConfigurationProblems problems)
    {
        ValuePattern[] patterns = Aets(texts, path, node, problems);
        if (ownAet is not null && Array.Find(patterns, pattern => !pattern.Matches(ownAet) && !pattern.Matches("")) is { } other)
        {
            problems.Error(node, path, $"\"{other.Text}\" can match nothing: DicomCheckCalledAet lets only \"{ownAet}\" be called", ErrorCode.ParameterOutOfRange);
        }

        return patterns;
    }

    private static ValuePattern[] Patterns(string[] texts, string path, ConfigurationNode node, ConfigurationProblems problems)
    {
        List<ValuePattern> patterns = [];
        foreach (string text in texts)
        {
            if (ValuePattern.Parse(text, out string problem) is { } pattern)
            {
                patterns.Add(pattern);
            }
            else
            {
                problems.Error(node, path, $"\"{text}\": {problem}", ErrorCode.ParameterOutOfRange);
            }
        }

        return [.. patterns];
    }
}
