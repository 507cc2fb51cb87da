using System.Text.RegularExpressions;

namespace Edge.CodeGen.Routes;

/// <summary>A row of a route table.</summary>
/// <param name="File">The file of the table, relative to <c>src/Edge.Rest</c>.</param>
public sealed record RouteRow(string Method, string Path, string Summary, string File);

/// <summary>
/// Reads the literal route tables of <c>src/Edge.Rest</c>, line by line. A line that begins a row and is not understood is refused,
/// so that no route can be lost in silence.
/// </summary>
public static partial class RouteSource
{
    /// <param name="root">The folder of the repository.</param>
    /// <exception cref="FormatException">A row in another form, or a path that is served twice.</exception>
    public static List<RouteRow> Read(string root)
    {
        List<RouteRow> rows = [];
        string folder = System.IO.Path.Combine(root, "src/Edge.Rest");
        foreach (string file in Directory.EnumerateFiles(folder, "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string name = System.IO.Path.GetRelativePath(folder, file);
            if (name.Split('/').Any(static part => part is "obj" or "bin"))
            {
                continue;
            }

            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                if (!RowBegin().IsMatch(lines[i]))
                {
                    continue;
                }

                Match row = Row().Match(lines[i]);
                rows.Add(row.Success
                    ? new RouteRow(row.Groups["method"].Value, row.Groups["path"].Value, row.Groups["summary"].Value.Replace("\\\"", "\""), name)
                    : throw new FormatException($"{file}:{i + 1}: expected new(\"METHOD\", \"/path\", handler, \"Summary\") in one line"));
            }
        }

        foreach (IGrouping<string, RouteRow> twice in rows.GroupBy(static row => $"{row.Method} {RouteDocument.Shape(row.Path)}").Where(static group => group.Count() > 1))
        {
            throw new FormatException($"{twice.Key} is served twice: {string.Join(", ", twice.Select(static row => row.File))}");
        }

        return rows;
    }

    [GeneratedRegex("""new(?: Route)?\("(?:GET|POST|PUT|DELETE|\*)",""")]
    private static partial Regex RowBegin();

    [GeneratedRegex("""new(?: Route)?\("(?<method>[A-Z*]+)", "(?<path>/[^"]*)", .*, "(?<summary>(?:[^"\\]|\\.)*)"\)""")]
    private static partial Regex Row();
}
