using System.Text;
using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>
/// Options given by name and text: environment variables <c>ORTHANC__SECTION__SUB_KEY</c>, and files of the folder of secrets named alike.
/// A double underscore parts the levels of the JSON; single ones and case do not count, so that <c>ORTHANC__HTTP_PORT</c>,
/// <c>ORTHANC__STORE_MD5_FOR_ATTACHMENTS</c> and <c>ORTHANC__HTTPS_C_A_CERTIFICATES</c> all find their option.
/// </summary>
internal sealed class OptionOverrides(IReadOnlyList<OptionDescriptor> table, ConfigurationProblems problems)
{
    public const string Prefix = "ORTHANC__";

    private readonly Dictionary<string, string> _given = new(StringComparer.Ordinal);

    /// <summary>Puts each variable whose name begins with the prefix into the configuration, in the place of what the files say.</summary>
    /// <param name="root">The configuration.</param>
    /// <param name="values">Names and texts.</param>
    /// <param name="label">What they are, for messages: <c>environment</c> or the folder.</param>
    public void Apply(ConfigurationNode root, IEnumerable<KeyValuePair<string, string>> values, string label)
    {
        _given.Clear();
        foreach (KeyValuePair<string, string> value in values.Order(Comparer<KeyValuePair<string, string>>.Create((a, b) => string.CompareOrdinal(a.Key, b.Key))))
        {
            if (value.Key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                Apply(root, value.Key, value.Value, $"{label} {value.Key}");
            }
        }
    }

    /// <summary>The variable of an option: an underscore before inner capitals, two per level.</summary>
    public static string VariableOf(string path)
    {
        StringBuilder name = new("ORTHANC__");
        for (int i = 0; i < path.Length; i++)
        {
            bool isInner = i > 0 && path[i - 1] is not ('.' or '_');
            name.Append(path[i] == '.' ? "__" : char.IsAsciiLetterUpper(path[i]) && isInner ? "_" : "");
            if (path[i] != '.')
            {
                name.Append(char.ToUpperInvariant(path[i]));
            }
        }

        return name.ToString();
    }

    private void Apply(ConfigurationNode root, string variable, string text, string source)
    {
        string[] segments = variable[Prefix.Length..].Split("__");
        if (FindOption(segments, segments.Length) is { } option)
        {
            Put(root, option.Path, Value(option.Kind, text, source, option.Path), variable, source);
        }
        else if (segments.Length > 1 && FindOption(segments, segments.Length - 1) is { Kind: OptionKind.Map } map)
        {
            // A key of a map is free, so it is taken as it is written.
            Put(root, $"{map.Path}.{segments[^1]}", Value(OptionKind.Map, text, source, map.Path), variable, source);
        }
        else if (segments.Length == 1 && FindSection(segments[0]) is { } section)
        {
            PutSection(root, section, text, variable, source);
        }
        else
        {
            string near = Suggestion.Sentence(variable, table.Select(static known => VariableOf(known.Path)));
            problems.Warn(source, "", $"is not an option and has no effect{near}");
        }
    }

    private OptionDescriptor? FindOption(string[] segments, int count)
    {
        foreach (OptionDescriptor option in table)
        {
            string[] path = option.Path.Split('.');
            bool same = path.Length == count;
            for (int i = 0; same && i < count; i++)
            {
                same = IsSame(path[i], segments[i]);
            }

            if (same)
            {
                return option;
            }
        }

        return null;
    }

    private string? FindSection(string segment)
    {
        foreach (OptionDescriptor option in table)
        {
            int dot = option.Path.IndexOf('.');
            if (dot > 0 && IsSame(option.Path[..dot], segment))
            {
                return option.Path[..dot];
            }
        }

        return null;
    }

    private static bool IsSame(string name, string segment) =>
        string.Equals(name.Replace("_", ""), segment.Replace("_", ""), StringComparison.OrdinalIgnoreCase);

    // A text option takes the text as it is, so that a password of digits stays one; all else is JSON where it can be.
    private ConfigurationNode Value(OptionKind kind, string text, string source, string path)
    {
        bool isText = kind is OptionKind.Text or OptionKind.Choice;
        ConfigurationProblems asides = new();
        if ((!isText || text.StartsWith('"')) && ConfigurationParser.Parse(Encoding.UTF8.GetBytes(text), source, asides) is { } json)
        {
            foreach (ConfigurationProblem aside in asides.All)
            {
                problems.Warn(source, path, aside.Message);
            }

            return json;
        }

        return new ConfigurationNode(ConfigurationKind.Text, source, 0) { Text = text };
    }

    private void PutSection(ConfigurationNode root, string section, string text, string variable, string source)
    {
        ConfigurationNode value = Value(OptionKind.Map, text, source, section);
        if (value.Kind != ConfigurationKind.Map)
        {
            problems.Error(source, section, "is of the wrong type: expected an object, { ... }", ErrorCode.BadParameterType);
            return;
        }

        foreach (KeyValuePair<string, ConfigurationNode> member in value.Members)
        {
            Put(root, $"{section}.{member.Key}", member.Value, variable, source);
        }
    }

    private void Put(ConfigurationNode root, string path, ConfigurationNode value, string variable, string source)
    {
        if (!_given.TryAdd(path, variable))
        {
            problems.Error(source, path, $"is given by {_given[path]} too: keep one of them");
            return;
        }

        ConfigurationNode at = root;
        string rest = path;
        for (int dot = rest.IndexOf('.'); dot >= 0; dot = rest.IndexOf('.'))
        {
            string name = rest[..dot];
            rest = rest[(dot + 1)..];
            ConfigurationNode? next = at.Find(name);
            if (next is not { Kind: ConfigurationKind.Map })
            {
                next = new ConfigurationNode(ConfigurationKind.Map, source, 0);
                at.Set(name, next);
            }

            at = next;
        }

        at.Set(rest, value);
    }
}
