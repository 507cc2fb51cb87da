namespace Edge.Core.Options;

/// <summary>
/// Marks a class whose properties are options. The source of these classes is the one declaration of every option:
/// CodeGen reads name, type, default, doc comment and <see cref="OptionAttribute"/> from it and writes the table that
/// loading works from, <c>configs/edge-dicom.json</c> and <c>docs/options.md</c>.
/// </summary>
/// <param name="title">The heading in the sample file and in the documentation.</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class OptionGroupAttribute(string title) : Attribute
{
    public string Title { get; } = title;

    /// <summary>The JSON object that holds these options, <c>""</c> for the top level; deeper ones are joined by a dot.</summary>
    public string Section { get; init; } = "";
}

/// <summary>
/// Marks a property as an option. The property's name is the JSON key, its initializer the default, its summary the documentation.
/// Types: <c>bool</c>, <c>bool?</c>, <c>int</c>, <c>string</c>, <c>string?</c>, <c>string[]</c>, an enumeration of <c>Choices.cs</c>,
/// or anything else with a <see cref="Reader"/>.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class OptionAttribute : Attribute
{
    /// <summary>The unit of a number: <c>s</c>, <c>MB</c>, <c>bytes</c>.</summary>
    public string Unit { get; init; } = "";

    /// <summary>The least value of a number.</summary>
    public int Min { get; init; } = int.MinValue;

    /// <summary>The greatest value of a number.</summary>
    public int Max { get; init; } = int.MaxValue;

    /// <summary>The values a text may have, joined by <c>|</c>.</summary>
    public string Choices { get; init; } = "";

    /// <summary>What a text must look like.</summary>
    public OptionFormat Format { get; init; }

    /// <summary>A password: never printed.</summary>
    public bool Secret { get; init; }

    /// <summary>The Orthanc version that introduced the option.</summary>
    public string Since { get; init; } = "";

    /// <summary>What to do instead, <c>use HttpPort</c>; giving the option warns.</summary>
    public string Deprecated { get; init; } = "";

    /// <summary>The reader, of the folder <c>Configuration/Readers</c>, that makes the value from its JSON.</summary>
    public string Reader { get; init; } = "";

    /// <summary>The JSON of an example for the sample file, where the default shows nothing of the form.</summary>
    public string Example { get; init; } = "";
}

/// <summary>What a text option must look like; checked when the configuration is loaded.</summary>
public enum OptionFormat
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A file or folder that need not exist; relative paths start at the folder of the configuration file.</summary>
    Path,

    /// <summary>A file or folder that need not exist; relative paths start at <c>Edge.DataFolder</c>.</summary>
    DataPath,

    /// <summary>A file that must exist where the option is given.</summary>
    File,

    /// <summary>A DICOM application entity title: 1 to 16 characters, no backslash, no control character (PS3.5 6.2).</summary>
    ApplicationEntity,

    /// <summary>A DICOM UID of at most 64 characters (PS3.5 9.1).</summary>
    Uid,

    /// <summary>A UID in which <c>*</c> and <c>?</c> stand for any text and any character.</summary>
    UidPattern,

    /// <summary>An IP address; <c>*</c> for all.</summary>
    IpAddress,
}
