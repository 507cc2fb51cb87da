using Edge.TestKit;

namespace Edge.Contract.Tests.Specification;

/// <summary>A parameter of an operation: where it stands (<c>path</c>, <c>query</c>, <c>header</c>, <c>body</c>), and its type.</summary>
public sealed record Parameter(string Place, string Name, string Type);

/// <summary>An operation of Orthanc 1.12.11.</summary>
public sealed record Operation(string Method, string Path, Parameter[] Parameters)
{
    public string Key => $"{Method} {Shape(Path)}";

    public static string Shape(string path) => string.Join('/', path.Split('/').Select(static part => part.StartsWith('{') ? "{}" : part));

    /// <summary>All 299, from the table that the server's own description and <c>docs/routes.md</c> are written from.</summary>
    public static Operation[] All { get; } =
    [
        .. File.ReadLines(System.IO.Path.Combine(RepositoryPaths.Root, "src/Edge.CodeGen/Data/orthanc-operations.tsv")).Skip(1).Select(static line =>
        {
            string[] cells = line.Split('\t');
            return new Operation(cells[0], cells[1], [.. cells[3].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static cell => cell.Split(':')).Select(static p => new Parameter(p[0], p[1], p[2]))]);
        }),
    ];
}
