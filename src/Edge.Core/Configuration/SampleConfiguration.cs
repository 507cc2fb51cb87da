using System.Text;

namespace Edge.Core.Configuration;

/// <summary>Writes the sample configuration: every option with its documentation and its default, deprecated and absent ones commented out.</summary>
public static class SampleConfiguration
{
    private const int Width = 110;

    /// <returns>JSON with comments that loads without a warning and changes nothing.</returns>
    public static string Write(IReadOnlyList<OptionDescriptor> options)
    {
        StringBuilder text = new();
        text.Append("// Configuration of edge-dicom. Every option stands here with its default; what is commented out is absent by default.\n");
        text.Append("// Keep only what you change. The options and their names are Orthanc's, so an Orthanc configuration works as it is;\n");
        text.Append("// those of the object \"Edge\" are ours. Check a file with: edge-dicom --config FILE check-config\n{\n");
        WriteSection(text, options, "", "  ");
        return text.Append("}\n").ToString();
    }

    // Recursion follows the sections of the declarations: two or three levels.
    private static void WriteSection(StringBuilder text, IReadOnlyList<OptionDescriptor> options, string prefix, string indent)
    {
        List<OptionDescriptor> own = [];
        List<string> sections = [];
        foreach (OptionDescriptor option in options)
        {
            if (!option.Path.StartsWith(prefix, StringComparison.Ordinal))
            {
                continue;
            }

            int dot = option.Path.IndexOf('.', prefix.Length);
            if (dot < 0)
            {
                own.Add(option);
            }
            else if (!sections.Contains(option.Path[prefix.Length..dot]))
            {
                sections.Add(option.Path[prefix.Length..dot]);
            }
        }

        int lastActive = sections.Count > 0 ? int.MaxValue : own.FindLastIndex(static option => IsActive(option));
        string group = "";
        for (int i = 0; i < own.Count; i++)
        {
            if (own[i].Group != group)
            {
                group = own[i].Group;
                text.Append($"{(i > 0 ? "\n" : "")}{indent}// ---- {group} {new string('-', Math.Max(4, 100 - group.Length))}\n");
            }

            WriteOption(text, own[i], prefix.Length, indent, i < lastActive ? "," : "");
        }

        for (int i = 0; i < sections.Count; i++)
        {
            text.Append($"\n{indent}\"{sections[i]}\": {{\n");
            WriteSection(text, options, $"{prefix}{sections[i]}.", indent + "  ");
            text.Append($"{indent}}}{(i + 1 < sections.Count ? "," : "")}\n");
        }
    }

    private static bool IsActive(OptionDescriptor option) => option.Default != "null" && option.Deprecated.Length == 0;

    private static void WriteOption(StringBuilder text, OptionDescriptor option, int prefixLength, string indent, string comma)
    {
        text.Append('\n');
        WriteComment(text, indent, option.Documentation);
        WriteComment(text, indent, Form(option));
        string name = option.Path[prefixLength..];
        if (option.Example.Length > 0 && option.Example != option.Default)
        {
            text.Append($"{indent}// Example: \"{name}\": {option.Example}\n");
        }

        text.Append($"{indent}{(IsActive(option) ? "" : "// ")}\"{name}\": {option.Default}{(IsActive(option) ? comma : "")}\n");
    }

    /// <summary>Form, unit and history of an option in one sentence each.</summary>
    public static string Form(OptionDescriptor option)
    {
        string expectation = option.Kind is OptionKind.Map && option.Default == "{}" ? "An object" : $"{char.ToUpperInvariant(option.Expectation[0])}{option.Expectation[1..]}";
        StringBuilder form = new(expectation);
        form.Append(option.Unit.Length > 0 ? $", in {option.Unit}." : ".");
        form.Append(option.Since.Length > 0 ? $" Since Orthanc {option.Since}." : "");
        form.Append(option.Deprecated.Length > 0 ? $" Deprecated: {option.Deprecated}." : "");
        return form.ToString();
    }

    private static void WriteComment(StringBuilder text, string indent, string comment)
    {
        while (comment.Length > Width)
        {
            int cut = comment.LastIndexOf(' ', Width);
            cut = cut > 0 ? cut : Width;
            text.Append($"{indent}// {comment[..cut]}\n");
            comment = comment[cut..].TrimStart();
        }

        text.Append($"{indent}// {comment}\n");
    }
}
