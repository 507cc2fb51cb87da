using System.Globalization;
using System.Net;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>One value on its way from JSON into an option. Each method returns the value, or what it was given with the problem reported.</summary>
/// <param name="option">What is known of the option.</param>
/// <param name="node">Its JSON.</param>
/// <param name="problems">Takes what is wrong.</param>
/// <param name="folders">Where the relative paths inside of maps start.</param>
public sealed class OptionReading(OptionDescriptor option, ConfigurationNode node, ConfigurationProblems problems, OptionFolders folders)
{
    public ConfigurationNode Node { get; } = node;

    /// <summary>The JSON path of the value.</summary>
    public string Path => option.Path;

    public ConfigurationProblems Problems { get; } = problems;

    public OptionFolders Folders { get; } = folders;

    public bool Boolean(bool otherwise) => Expect(ConfigurationKind.Boolean) ? Node.Text == "true" : otherwise;

    public bool? Boolean(bool? otherwise) => Node.Kind == ConfigurationKind.Null ? null : Boolean(otherwise ?? false);

    public int Integer(int otherwise)
    {
        if (!Expect(ConfigurationKind.Number))
        {
            return otherwise;
        }

        if (!NumberText.TryInteger(Node.Text, out long value) || value < option.Min || value > option.Max)
        {
            Problems.Error(Node, Path, $"{Node.Text} is out of range: expected {option.Expectation}", ErrorCode.ParameterOutOfRange);
            return otherwise;
        }

        return (int)value;
    }

    public string Text(string otherwise)
    {
        if (!Expect(ConfigurationKind.Text) || !IsWellFormed(Node, Path))
        {
            return otherwise;
        }

        // Written as the choice is, so that code may compare with it.
        return Array.Find(option.Choices, choice => choice.Equals(Node.Text, StringComparison.OrdinalIgnoreCase)) ?? Node.Text;
    }

    /// <summary>A text that may be absent: null and the empty text both mean that it is.</summary>
    public string? OptionalText(string? otherwise) =>
        Node.Kind == ConfigurationKind.Null || (Node.Kind == ConfigurationKind.Text && Node.Text.Length == 0) ? null : Text(otherwise!);

    public string[] TextList(string[] otherwise)
    {
        if (!Expect(ConfigurationKind.List))
        {
            return otherwise;
        }

        List<string> texts = [];
        for (int i = 0; i < Node.Items.Count; i++)
        {
            ConfigurationNode item = Node.Items[i];
            string path = $"{Path}[{i}]";
            if (item.Kind != ConfigurationKind.Text)
            {
                Problems.Error(item, path, $"{item.Describe()} is of the wrong type: expected a text, \"...\"", ErrorCode.BadParameterType);
            }
            else if (IsWellFormed(item, path))
            {
                texts.Add(item.Text);
            }
        }

        return [.. texts];
    }

    /// <summary>The number of the choice, which is the value of the enumeration's member.</summary>
    public int Choice(int otherwise)
    {
        if (!Expect(ConfigurationKind.Text) || !IsWellFormed(Node, Path))
        {
            return otherwise;
        }

        return Array.FindIndex(option.Choices, choice => choice.Equals(Node.Text, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the value is an object; else the problem is reported.</summary>
    public bool IsMap() => Expect(ConfigurationKind.Map);

    private bool Expect(ConfigurationKind kind)
    {
        if (Node.Kind == kind)
        {
            return true;
        }

        string value = option.Secret ? "the value" : Node.Describe();
        Problems.Error(Node, Path, $"{value} is of the wrong type: expected {option.Expectation}", ErrorCode.BadParameterType);
        return false;
    }

    private bool IsWellFormed(ConfigurationNode text, string path)
    {
        if (option.Choices.Length > 0 && !Array.Exists(option.Choices, choice => choice.Equals(text.Text, StringComparison.OrdinalIgnoreCase)))
        {
            string near = Suggestion.Sentence(text.Text, option.Choices);
            Problems.Error(text, path, $"{text.Describe()} is not known: expected {option.Expectation}{near}", ErrorCode.ParameterOutOfRange);
            return false;
        }

        string? fault = option.Format switch
        {
            OptionFormat.ApplicationEntity => DicomText.FaultOfApplicationEntity(text.Text),
            OptionFormat.Uid => DicomText.FaultOfUid(text.Text, false),
            OptionFormat.UidPattern => DicomText.FaultOfUid(text.Text, true),
            OptionFormat.IpAddress => text.Text == "*" || IPAddress.TryParse(text.Text, out _) ? null : "expected an IP address, or * for all",
            OptionFormat.DataPath when text.Text.Length == 0 => "expected a path",
            OptionFormat.Path or OptionFormat.DataPath or OptionFormat.File => text.Text.Contains('\0') ? "expected a path" : null,
            _ => null,
        };
        if (fault is not null)
        {
            ErrorCode code = option.Format == OptionFormat.ApplicationEntity ? ErrorCode.BadApplicationEntityTitle : ErrorCode.ParameterOutOfRange;
            Problems.Error(text, path, $"{text.Describe()}: {fault}", code);
        }

        return fault is null;
    }
}

/// <summary>Numbers as JSON writes them.</summary>
internal static class NumberText
{
    /// <summary>An integer, also where it is written <c>30.0</c> or <c>3e1</c>.</summary>
    public static bool TryInteger(string text, out long value)
    {
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        bool isWhole = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && Math.Abs(number) < 1e15 && Math.Floor(number) == number;
        value = isWhole ? (long)number : 0;
        return isWhole;
    }
}
