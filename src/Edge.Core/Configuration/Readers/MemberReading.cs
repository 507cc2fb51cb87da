using Edge.Core.Errors;

namespace Edge.Core.Configuration.Readers;

/// <summary>The members of one object of a map, taken one by one; what nobody took is reported by <see cref="WarnOfOthers"/>.</summary>
/// <param name="map">The object.</param>
/// <param name="path">Its JSON path.</param>
/// <param name="problems">Takes what is wrong.</param>
internal sealed class MemberReading(ConfigurationNode map, string path, ConfigurationProblems problems)
{
    private readonly List<string> _known = [];

    public bool Boolean(string name, bool otherwise)
    {
        if (Take(name) is not { } node)
        {
            return otherwise;
        }

        if (node.Kind != ConfigurationKind.Boolean)
        {
            problems.Error(node, $"{path}.{name}", $"{node.Describe()} is of the wrong type: expected true or false", ErrorCode.BadParameterType);
            return otherwise;
        }

        return node.Text == "true";
    }

    public int Seconds(string name)
    {
        if (Take(name) is not { } node)
        {
            return 0;
        }

        if (node.Kind == ConfigurationKind.Number && NumberText.TryInteger(node.Text, out long value) && value is >= 0 and <= int.MaxValue)
        {
            return (int)value;
        }

        ErrorCode code = node.Kind == ConfigurationKind.Number ? ErrorCode.ParameterOutOfRange : ErrorCode.BadParameterType;
        problems.Error(node, $"{path}.{name}", $"{node.Describe()}: expected a number of seconds from 0", code);
        return 0;
    }

    /// <summary>A text, or empty. What is wrong with a secret is said without it.</summary>
    public string Text(string name, bool isSecret = false)
    {
        if (Take(name) is not { } node)
        {
            return "";
        }

        if (node.Kind == ConfigurationKind.Text)
        {
            return node.Text;
        }

        problems.Error(node, $"{path}.{name}", $"{(isSecret ? "the value" : node.Describe())} is of the wrong type: expected a text, \"...\"", ErrorCode.BadParameterType);
        return "";
    }

    /// <summary>The member of that name, or null.</summary>
    public ConfigurationNode? Take(string name)
    {
        _known.Add(name);
        return map.Find(name);
    }

    /// <summary>The member of that name; it is an error if there is none.</summary>
    public ConfigurationNode? Demand(string name)
    {
        ConfigurationNode? node = Take(name);
        if (node is null)
        {
            problems.Error(map, path, $"\"{name}\" is missing");
        }

        return node;
    }

    /// <summary>The members nobody asked for.</summary>
    public IEnumerable<KeyValuePair<string, ConfigurationNode>> Others() => map.Members.Where(member => !_known.Contains(member.Key));

    public void WarnOfOthers()
    {
        foreach (KeyValuePair<string, ConfigurationNode> other in Others())
        {
            problems.Warn(other.Value, $"{path}.{other.Key}", $"is not known and has no effect{Suggestion.Sentence(other.Key, _known)}");
        }
    }
}
