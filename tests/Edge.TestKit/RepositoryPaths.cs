namespace Edge.TestKit;

/// <summary>Where things lie, seen from a running test.</summary>
public static class RepositoryPaths
{
    /// <summary>The repository's root: the folder above the test binary that holds <c>Edge.sln</c>.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The published native binary.</summary>
    public static string Binary => Path.Combine(Root, "dist", "edge-dicom");

    /// <summary>The corpus of sample files beside the repository (or where <c>EDGE_CORPUS</c> says), or null where it is not.</summary>
    public static string? Corpus { get; } = FindShared("corpus", "EDGE_CORPUS");

    /// <summary>The measuring rig beside the repository (or where <c>EDGE_RIG</c> says), or null where it is not.</summary>
    public static string? Rig { get; } = FindShared("rig", "EDGE_RIG");

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Edge.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"no Edge.sln above {AppContext.BaseDirectory}");
    }

    private static string? FindShared(string name, string variable)
    {
        if (Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named)
        {
            return Directory.Exists(named) ? named : null;
        }

        for (DirectoryInfo? folder = new(Root); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "shared", name);
            if (Directory.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
