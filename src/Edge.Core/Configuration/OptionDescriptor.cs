using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>The JSON form of an option.</summary>
public enum OptionKind
{
    Boolean,
    Integer,
    Text,
    TextList,

    /// <summary>A text of <see cref="OptionDescriptor.Choices"/> that becomes a member of an enumeration.</summary>
    Choice,

    /// <summary>A JSON object that is read by a reader of its own.</summary>
    Map,
}

/// <summary>What is known of one option: generated from its declaration in <c>Edge.Core/Options</c>.</summary>
public sealed record OptionDescriptor
{
    /// <summary>The JSON path: <c>HttpPort</c>, <c>Edge.StorageFormat</c>.</summary>
    public required string Path { get; init; }

    public required OptionKind Kind { get; init; }

    /// <summary>The heading it stands under.</summary>
    public string Group { get; init; } = "";

    /// <summary>The doc comment.</summary>
    public string Documentation { get; init; } = "";

    /// <summary>The default as JSON, <c>null</c> if it is absent.</summary>
    public string Default { get; init; } = "null";

    public string Unit { get; init; } = "";

    public int Min { get; init; } = int.MinValue;

    public int Max { get; init; } = int.MaxValue;

    public string[] Choices { get; init; } = [];

    public OptionFormat Format { get; init; }

    public bool Secret { get; init; }

    public string Since { get; init; } = "";

    public string Deprecated { get; init; } = "";

    public string Example { get; init; } = "";

    /// <summary>Puts the JSON value into the options; what is wrong goes to the problems, and the default stays.</summary>
    public Action<EdgeOptions, OptionReading>? Bind { get; init; }

    /// <summary>Makes its paths absolute.</summary>
    public Action<EdgeOptions, OptionFolders>? Resolve { get; init; }

    /// <summary>What a value must be, for messages: <c>an integer from 1 to 65535</c>.</summary>
    public string Expectation => Kind switch
    {
        OptionKind.Boolean => "true or false",
        OptionKind.Integer => RangeText(Min, Max),
        OptionKind.TextList => $"a list, [ \"...\" ], of {FormatText(Format).Plural}",
        OptionKind.Map => "an object, { ... }",
        _ => Choices.Length > 0 ? $"one of {string.Join(", ", Choices)}" : FormatText(Format).Singular,
    };

    private static (string Singular, string Plural) FormatText(OptionFormat format) => format switch
    {
        OptionFormat.Path or OptionFormat.DataPath => ("a path, \"...\"", "paths"),
        OptionFormat.File => ("the path of a file that exists, \"...\"", "paths of files that exist"),
        OptionFormat.ApplicationEntity => ("an application entity title, \"...\"", "application entity titles"),
        OptionFormat.Uid => ("a DICOM UID, \"...\"", "DICOM UIDs"),
        OptionFormat.UidPattern => ("a DICOM UID with * and ? as wildcards, \"...\"", "DICOM UIDs with * and ? as wildcards"),
        OptionFormat.IpAddress => ("an IP address or *, \"...\"", "IP addresses, * for all"),
        _ => ("a text, \"...\"", "texts"),
    };

    private static string RangeText(int min, int max) => (min, max) switch
    {
        (int.MinValue, int.MaxValue) => "an integer",
        (_, int.MaxValue) => $"an integer from {min}",
        (int.MinValue, _) => $"an integer up to {max}",
        _ => $"an integer from {min} to {max}",
    };
}
