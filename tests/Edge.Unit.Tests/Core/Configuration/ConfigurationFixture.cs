using Edge.Core.Configuration;
using Xunit;

namespace Edge.Unit.Tests.Core.Configuration;

/// <summary>A folder of its own for configuration files, removed at the end.</summary>
public sealed class ConfigurationFixture : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("edge-configuration-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public string Write(string name, string text, bool isPrivate = true)
    {
        string path = Path.Combine(Folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
#pragma warning disable CA1416 // the product and its tests run on Linux alone
        File.SetUnixFileMode(path, isPrivate ? UnixFileMode.UserRead | UnixFileMode.UserWrite : (UnixFileMode)0b110_100_100);
#pragma warning restore CA1416
        return path;
    }

    public LoadedConfiguration LoadPath(string? path) =>
        ConfigurationLoader.Load(new ConfigurationSource { Path = path, Environment = Environment, WorkingFolder = Folder });

    /// <summary>Loads one file with this text.</summary>
    public LoadedConfiguration Load(string json) => LoadPath(Write("edge.json", json));

    /// <summary>Loads one file with this text, which must be without error and warning.</summary>
    public LoadedConfiguration LoadClean(string json)
    {
        LoadedConfiguration loaded = Load(json);
        Assert.Empty(loaded.Problems);
        return loaded;
    }

    /// <summary>The one problem of this text, which must be an error (or warning).</summary>
    public ConfigurationProblem Problem(string json, bool isError = true)
    {
        ConfigurationProblem problem = Assert.Single(Load(json).Problems);
        Assert.Equal(isError, problem.IsError);
        return problem;
    }

    public void Dispose() => Directory.Delete(Folder, true);
}
