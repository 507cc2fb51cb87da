namespace Edge.Core.Configuration;

/// <summary>The kinds of JSON values.</summary>
public enum ConfigurationKind
{
    Null,
    Boolean,
    Number,
    Text,
    List,
    Map,
}

/// <summary>
/// A JSON value that knows where it came from, so that every problem can name file and line. Built by <see cref="ConfigurationParser"/>.
/// </summary>
/// <param name="kind">What it is.</param>
/// <param name="source">The file, environment variable or request it came from.</param>
/// <param name="line">The line in it, from 1; 0 where it has none.</param>
public sealed class ConfigurationNode(ConfigurationKind kind, string source, int line)
{
    public ConfigurationKind Kind { get; } = kind;

    public string Source { get; } = source;

    public int Line { get; } = line;

    /// <summary>The decoded text, the digits of a number, or <c>true</c> or <c>false</c>; empty for the others.</summary>
    public string Text { get; init; } = "";

    /// <summary>The values of a list.</summary>
    public List<ConfigurationNode> Items { get; } = [];

    /// <summary>The members of a map, in the order of the file; names are unique.</summary>
    public List<KeyValuePair<string, ConfigurationNode>> Members { get; } = [];

    /// <summary><c>file:line</c>.</summary>
    public string Where => Line > 0 ? $"{Source}:{Line}" : Source;

    /// <summary>The member of that name, or null.</summary>
    public ConfigurationNode? Find(string name)
    {
        foreach (KeyValuePair<string, ConfigurationNode> member in Members)
        {
            if (member.Key == name)
            {
                return member.Value;
            }
        }

        return null;
    }

    /// <summary>Adds or replaces a member.</summary>
    public void Set(string name, ConfigurationNode value)
    {
        int at = Members.FindIndex(member => member.Key == name);
        if (at >= 0)
        {
            Members[at] = new(name, value);
        }
        else
        {
            Members.Add(new(name, value));
        }
    }

    /// <summary>A short form for messages: the text in quotes, the number, or what kind it is.</summary>
    public string Describe() => Kind switch
    {
        ConfigurationKind.Text => Text.Length <= 60 ? $"\"{Text}\"" : $"\"{Text[..57]}...\"",
        ConfigurationKind.List => "a list",
        ConfigurationKind.Map => "an object",
        ConfigurationKind.Null => "null",
        _ => Text,
    };
}
