namespace Edge.Core.Configuration;

/// <summary>Where relative paths start.</summary>
/// <param name="Base">The folder of the configuration file, absolute.</param>
/// <param name="Data"><c>Edge.DataFolder</c>, absolute, or <paramref name="Base"/>.</param>
public sealed record OptionFolders(string Base, string Data)
{
    /// <summary>A path made absolute; null and empty stay.</summary>
    public string? Path(string? path) => string.IsNullOrEmpty(path) ? path : Absolute(path, Base);

    /// <summary>A path of stored data made absolute; null and empty stay.</summary>
    public string? DataPath(string? path) => string.IsNullOrEmpty(path) ? path : Absolute(path, Data);

    /// <summary>Paths made absolute.</summary>
    public string[] Path(string[] paths) => Array.ConvertAll(paths, path => Path(path)!);

    /// <summary>A path made absolute. One that holds a NUL, which no file has, stays and is found not to exist.</summary>
    public static string Absolute(string path, string folder) => path.Contains('\0') ? path : System.IO.Path.GetFullPath(path, folder);
}
