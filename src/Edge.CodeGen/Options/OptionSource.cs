using System.Text.Json;
using System.Text.RegularExpressions;
using Edge.Core.Configuration;
using Edge.Core.Options;

namespace Edge.CodeGen.Options;

/// <summary>
/// Reads the declarations of <c>src/Edge.Core/Options</c>. It knows the few forms that are used there, line by line, and refuses
/// whatever it does not understand, so that no option can be lost in silence.
/// </summary>
public sealed partial class OptionSource
{
    private readonly string _folder;
    private readonly Dictionary<string, List<(string Member, string Text)>> _enumerations;

    private OptionSource(string folder)
    {
        _folder = folder;
        _enumerations = ReadEnumerations(Path.Combine(folder, "Choices.cs"));
    }

    /// <summary>All options, in the order of the properties of <c>EdgeOptions</c> and of the groups.</summary>
    /// <param name="root">The folder of the repository.</param>
    public static List<OptionDeclaration> Read(string root)
    {
        OptionSource source = new(Path.Combine(root, "src/Edge.Core/Options"));
        List<OptionDeclaration> all = [];
        foreach (string line in File.ReadLines(Path.Combine(source._folder, "EdgeOptions.cs")))
        {
            if (GroupProperty().Match(line) is { Success: true } match)
            {
                all.AddRange(source.ReadGroup(match.Groups["type"].Value, match.Groups["name"].Value));
            }
        }

        foreach (IGrouping<string, OptionDeclaration> twice in all.GroupBy(static o => o.Descriptor.Path).Where(static g => g.Count() > 1))
        {
            throw new FormatException($"the option {twice.Key} is declared twice");
        }

        return all;
    }

    private IEnumerable<OptionDeclaration> ReadGroup(string type, string property)
    {
        string file = Path.Combine(_folder, type + ".cs");
        string[] lines = File.ReadAllLines(file);
        Dictionary<string, string>? group = null;
        Dictionary<string, string>? option = null;
        string documentation = "";
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            FormatException Fault(string what) => new($"{file}:{i + 1}: {what}");
            if (line.StartsWith("/// "))
            {
                documentation += (documentation.Length > 0 ? " " : "") + line[4..];
            }
            else if (line.StartsWith("[OptionGroup("))
            {
                group = Arguments(line["[OptionGroup(".Length..^2], Fault);
            }
            else if (line.StartsWith("[Option"))
            {
                option = line == "[Option]" ? [] : Arguments(line["[Option(".Length..^2], Fault);
            }
            else if (SettableProperty().Match(line) is { Success: true } match)
            {
                if (option is null || group is null)
                {
                    throw Fault("a property that can be set but is no [Option]");
                }

                yield return Declare(match, property, group, option, Plain(documentation), Fault);
                (option, documentation) = (null, "");
            }
            else if (option is not null)
            {
                throw Fault("expected a property, public T Name { get; set; } = default;");
            }
            else
            {
                documentation = "";
            }
        }
    }

    private OptionDeclaration Declare(
        Match match, string property, Dictionary<string, string> group, Dictionary<string, string> option, string documentation, Func<string, FormatException> fault)
    {
        string type = match.Groups["type"].Value;
        string name = match.Groups["name"].Value;
        string initializer = match.Groups["value"].Value;
        string reader = option.GetValueOrDefault("Reader", "");
        string section = group.GetValueOrDefault("Section", "");
        bool isEnumeration = _enumerations.TryGetValue(type, out List<(string Member, string Text)>? members);
        OptionKind kind = type switch
        {
            "bool" or "bool?" => OptionKind.Boolean,
            "int" => OptionKind.Integer,
            "string" or "string?" => OptionKind.Text,
            "string[]" => OptionKind.TextList,
            _ when isEnumeration => OptionKind.Choice,
            _ when reader.Length > 0 => OptionKind.Map,
            _ => throw fault($"the type {type} needs a Reader"),
        };
        string[] choices = option.TryGetValue("Choices", out string? given) ? given.Split('|') : members?.ConvertAll(static m => m.Text).ToArray() ?? [];
        if (members is not null && !members.ConvertAll(static m => m.Text).Take(choices.Length).SequenceEqual(choices))
        {
            throw fault($"the choices are not the first members of {type}");
        }

        if (documentation.Length == 0)
        {
            throw fault("an option without a doc comment");
        }

        return new OptionDeclaration($"{property}.{name}", type, reader, new OptionDescriptor
        {
            Path = section.Length > 0 ? $"{section}.{name}" : name,
            Kind = kind,
            Group = group["0"],
            Documentation = documentation,
            Default = Default(type, kind, initializer, members, option, fault),
            Unit = option.GetValueOrDefault("Unit", ""),
            Min = int.Parse(option.GetValueOrDefault("Min", int.MinValue.ToString())),
            Max = int.Parse(option.GetValueOrDefault("Max", int.MaxValue.ToString())),
            Choices = choices,
            Format = Enum.Parse<OptionFormat>(option.GetValueOrDefault("Format", "Text")),
            Secret = option.GetValueOrDefault("Secret", "false") == "true",
            Since = option.GetValueOrDefault("Since", ""),
            Deprecated = option.GetValueOrDefault("Deprecated", ""),
            Example = option.GetValueOrDefault("Example", ""),
        });
    }

    private static string Default(
        string type, OptionKind kind, string initializer, List<(string Member, string Text)>? members, Dictionary<string, string> option, Func<string, FormatException> fault)
    {
        switch (kind)
        {
            case OptionKind.Boolean or OptionKind.Integer:
                return initializer.Length > 0 ? initializer : type switch { "bool" => "false", "int" => "0", _ => "null" };
            case OptionKind.Text:
                return initializer.Length > 0 ? initializer : type == "string?" ? "null" : throw fault("a text without a default");
            case OptionKind.TextList when initializer.StartsWith('[') && initializer.EndsWith(']'):
                return initializer == "[]" ? "[]" : $"[ {initializer[1..^1]} ]";
            case OptionKind.Choice:
                (string Member, string Text) member = members!.Find(m => initializer.EndsWith("." + m.Member, StringComparison.Ordinal));
                return member.Text is not null ? JsonSerializer.Serialize(member.Text) : throw fault("an enumeration without a default");
            case OptionKind.Map:
                // A default that is not empty is shown by the example.
                return initializer is "[]" or "new()" ? "{}" : option.GetValueOrDefault("Example") ?? throw fault("a map whose default has no Example");
            default:
                throw fault($"the default {initializer} is not understood");
        }
    }

    private static Dictionary<string, List<(string Member, string Text)>> ReadEnumerations(string file)
    {
        Dictionary<string, List<(string Member, string Text)>> all = [];
        List<(string Member, string Text)>? members = null;
        string? text = null;
        foreach (string raw in File.ReadLines(file))
        {
            string line = raw.Trim();
            if (line.StartsWith("public enum "))
            {
                all.Add(line["public enum ".Length..], members = []);
            }
            else if (line == "}")
            {
                members = null;
            }
            else if (members is not null && line.StartsWith("[OptionText(\""))
            {
                text = line["[OptionText(\"".Length..^3];
            }
            else if (members is not null && EnumerationMember().Match(line) is { Success: true } match)
            {
                members.Add((match.Groups[1].Value, text ?? match.Groups[1].Value));
                text = null;
            }
        }

        return all;
    }

    // name = literal, separated by commas; a literal without a name is argument "0".
    private static Dictionary<string, string> Arguments(string text, Func<string, FormatException> fault)
    {
        Dictionary<string, string> arguments = [];
        int at = 0;
        while (at < text.Length)
        {
            Match match = Argument().Match(text, at);
            if (!match.Success || match.Index != at)
            {
                throw fault($"the attribute is not understood at: {text[at..]}");
            }

            string value = match.Groups["text"] is { Success: true } literal
                ? JsonSerializer.Deserialize<string>(literal.Value)!
                : match.Groups["word"].Value.Replace("OptionFormat.", "");
            arguments.Add(match.Groups["name"] is { Success: true } name ? name.Value : "0", value);
            at = match.Index + match.Length;
        }

        return arguments;
    }

    private static string Plain(string documentation)
    {
        string text = documentation.Replace("<summary>", "").Replace("</summary>", "").Trim();
        return text.Contains('<') ? throw new FormatException($"markup in the documentation of an option: {text}") : text.Replace("&lt;", "<").Replace("&gt;", ">").Replace("&amp;", "&");
    }

    [GeneratedRegex(@"^\s*public (?<type>\w+Options) (?<name>\w+) \{ get; \} = new\(\);$")]
    private static partial Regex GroupProperty();

    [GeneratedRegex(@"^public (?<type>.+) (?<name>\w+) \{ get; set; \}( = (?<value>.+);)?$")]
    private static partial Regex SettableProperty();

    [GeneratedRegex(@"^(\w+),?$")]
    private static partial Regex EnumerationMember();

    [GeneratedRegex("""((?<name>\w+) = )?((?<text>"([^"\\]|\\.)*")|(?<word>[\w.-]+))(, )?""")]
    private static partial Regex Argument();
}
