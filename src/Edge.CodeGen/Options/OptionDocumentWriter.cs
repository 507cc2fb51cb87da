using System.Text;
using Edge.Core.Configuration;

namespace Edge.CodeGen.Options;

/// <summary>Writes <c>docs/options.md</c>: the introduction, then a table per group.</summary>
public static class OptionDocumentWriter
{
    public static string Write(string introduction, IEnumerable<OptionDeclaration> options)
    {
        StringBuilder text = new(introduction);
        foreach (IGrouping<string, OptionDeclaration> group in options.GroupBy(static option => option.Descriptor.Group))
        {
            text.Append($"\n## {group.Key}\n\n| Option | Form | Default | Meaning |\n| --- | --- | --- | --- |\n");
            foreach (OptionDeclaration option in group)
            {
                OptionDescriptor known = option.Descriptor;
                string example = known.Example.Length > 0 && known.Example != known.Default ? $" Example: `{known.Example}`" : "";
                string standard = known.Default == "null" ? "absent" : $"`{known.Default}`";
                text.Append($"| `{known.Path}` | {Cell(SampleConfiguration.Form(known))} | {Cell(standard)} | {Cell(known.Documentation + example)} |\n");
            }
        }

        return text.ToString();
    }

    private static string Cell(string text) => text.Replace("|", "\\|");
}
