using System.Collections;

namespace Edge.Core.Configuration;

/// <summary>Where the configuration comes from.</summary>
public sealed record ConfigurationSource
{
    /// <summary>A JSON file, a folder whose <c>*.json</c> are merged, or null for the built-in defaults.</summary>
    public string? Path { get; init; }

    /// <summary>The environment: <c>${NAME}</c> in files, and <c>ORTHANC__...</c> options.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>The folder where relative paths start if there is no file.</summary>
    public string WorkingFolder { get; init; } = Directory.GetCurrentDirectory();

    /// <summary>The source for this process.</summary>
    public static ConfigurationSource ForProcess(string? path)
    {
        Dictionary<string, string> environment = new(StringComparer.Ordinal);
        foreach (DictionaryEntry entry in System.Environment.GetEnvironmentVariables())
        {
            environment[(string)entry.Key] = (string?)entry.Value ?? "";
        }

        return new ConfigurationSource { Path = path, Environment = environment };
    }
}
