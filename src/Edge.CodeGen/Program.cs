using Edge.CodeGen.Dicom;
using Edge.CodeGen.Options;
using Edge.CodeGen.Routes;

// Each command writes its generated files below the repository root and prints their paths.
var commands = new SortedDictionary<string, Func<string, IReadOnlyDictionary<string, string>>>(StringComparer.Ordinal)
{
    ["confidentiality"] = ConfidentialityTables.Generate,
    ["dicom-tables"] = DicomTables.Generate,
    ["options"] = OptionGeneration.Generate,
    ["routes"] = RouteDocument.Generate,
};

string root = Directory.GetCurrentDirectory();
foreach (string name in args.Length == 0 ? [.. commands.Keys] : args)
{
    if (!commands.TryGetValue(name, out Func<string, IReadOnlyDictionary<string, string>>? generate))
    {
        Console.Error.WriteLine($"unknown command {name}; known: {string.Join(", ", commands.Keys)}");
        return 1;
    }

    foreach ((string path, string text) in generate(root))
    {
        string file = Path.Combine(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
        Console.WriteLine(path);
    }
}

return 0;
