namespace Edge.Unit.Tests.Dicom;

/// <summary>The sample files beside the repository, or those of EDGE_CORPUS; empty where there are none: tests build what they cannot do without.</summary>
internal static class Corpus
{
    private static readonly Lazy<string?> Folder = new(Find);

    public static IReadOnlyList<string> Files { get; } = List();

    public static string? Path(string name) => Files.FirstOrDefault(f => System.IO.Path.GetFileName(f) == name);

    private static string? Find()
    {
        if (Environment.GetEnvironmentVariable("EDGE_CORPUS") is { Length: > 0 } given && Directory.Exists(given))
        {
            return given;
        }

        for (string? at = AppContext.BaseDirectory; at is not null; at = System.IO.Path.GetDirectoryName(at))
        {
            string beside = System.IO.Path.Combine(at, "shared", "corpus");
            if (Directory.Exists(beside))
            {
                return beside;
            }
        }

        return null;
    }

    private static string[] List() => Folder.Value is { } folder
        ? [.. Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(IsDicom).Order(StringComparer.Ordinal)]
        : [];

    private static bool IsDicom(string path) => !(System.IO.Path.GetExtension(path) is ".md" or ".json" or ".icc" or ".dump" or ".gz" or ".txt" or ".py");
}
