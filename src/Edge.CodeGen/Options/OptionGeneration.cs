using Edge.Core.Configuration;

namespace Edge.CodeGen.Options;

/// <summary>The command <c>options</c>: what is written from the declarations of the options.</summary>
public static class OptionGeneration
{
    /// <summary>Path in the repository and content of every file.</summary>
    /// <param name="root">The folder of the repository.</param>
    public static IReadOnlyDictionary<string, string> Generate(string root)
    {
        List<OptionDeclaration> options = OptionSource.Read(root);
        string introduction = File.ReadAllText(Path.Combine(root, "src/Edge.CodeGen/Data/options-introduction.md"));
        return new Dictionary<string, string>
        {
            ["src/Edge.Core/Configuration/OptionTable.g.cs"] = OptionTableWriter.Write(options),
            ["configs/edge-dicom.json"] = SampleConfiguration.Write(options.ConvertAll(static option => option.Descriptor)),
            ["docs/options.md"] = OptionDocumentWriter.Write(introduction, options),
        };
    }
}
