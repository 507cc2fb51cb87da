using System.Text;
using System.Text.RegularExpressions;

namespace Edge.CodeGen.Routes;

/// <summary>The command <c>routes</c>: <c>docs/routes.md</c>, what becomes of every operation of the specification.</summary>
public static partial class RouteDocument
{
    /// <summary>Path in the repository and content.</summary>
    /// <param name="root">The folder of the repository.</param>
    public static IReadOnlyDictionary<string, string> Generate(string root)
    {
        string data = Path.Combine(root, "src/Edge.CodeGen/Data");
        List<RouteRow> rows = RouteSource.Read(root);
        List<string[]> operations = ReadTable(Path.Combine(data, "orthanc-operations.tsv"));
        Dictionary<string, string> refused = ReadTable(Path.Combine(data, "refused-operations.tsv")).ToDictionary(static row => Key(row[0], row[1]), static row => row[2]);
        return new Dictionary<string, string>
        {
            ["docs/routes.md"] = Write(File.ReadAllText(Path.Combine(data, "routes-introduction.md")), rows, operations, refused),
        };
    }

    /// <summary>A path with its parameters unnamed: <c>/studies/{}/series</c>.</summary>
    public static string Shape(string path) => Parameter().Replace(path, "{}");

    /// <summary>Whether routes are served below a path, whose names it then answers to GET.</summary>
    public static bool IsAbove(string path, IEnumerable<RouteRow> rows) =>
        rows.Any(row => Shape(row.Path).StartsWith(Shape(path) + "/", StringComparison.Ordinal));

    private static string Write(string introduction, List<RouteRow> rows, List<string[]> operations, Dictionary<string, string> refused)
    {
        Dictionary<string, RouteRow> served = rows.ToDictionary(static row => Key(row.Method, row.Path));
        SortedDictionary<string, int> counts = new(StringComparer.Ordinal);
        StringBuilder table = new();
        string area = "";
        foreach (string[] operation in operations)
        {
            string own = operation[1].Split('/')[1];
            if (own != area)
            {
                area = own;
                table.Append($"\n## /{area}\n\n| Operation | Status | What |\n| --- | --- | --- |\n");
            }

            string key = Key(operation[0], operation[1]);
            bool isRefused = refused.Remove(key, out string? why);
            string status = served.Remove(key, out RouteRow? row) ? "served"
                : isRefused ? "refused"
                : operation[0] == "GET" && IsAbove(operation[1], rows) ? "names"
                : "not yet";
            if (row is not null && isRefused)
            {
                throw new FormatException($"{key} is both served and refused");
            }

            counts[status] = counts.GetValueOrDefault(status) + 1;
            string place = row is null ? "" : $" (`{row.File}`)";
            table.Append($"| `{operation[0]} {operation[1]}` | {status}{place} | {Cell(operation[2])}{(isRefused ? ": " + Cell(why!) : "")} |\n");
        }

        if (refused.Count > 0)
        {
            throw new FormatException($"refused, but not in the specification: {string.Join(", ", refused.Keys)}");
        }

        table.Append("\n## Beyond the specification\n\n| Operation | Where | What |\n| --- | --- | --- |\n");
        foreach (RouteRow row in served.Values.OrderBy(static row => row.Path, StringComparer.Ordinal).ThenBy(static row => row.Method, StringComparer.Ordinal))
        {
            table.Append($"| `{row.Method} {row.Path}` | `{row.File}` | {Cell(row.Summary)} |\n");
        }

        string total = $"\n{operations.Count} operations: {string.Join(", ", counts.Select(static count => $"{count.Value} {count.Key}"))}.\n";
        return introduction + total + table;
    }

    private static List<string[]> ReadTable(string path) => [.. File.ReadLines(path).Skip(1).Where(static line => line.Length > 0).Select(static line => line.Split('\t'))];

    private static string Key(string method, string path) => $"{method} {Shape(path)}";

    private static string Cell(string text) => text.Replace("|", "\\|");

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
