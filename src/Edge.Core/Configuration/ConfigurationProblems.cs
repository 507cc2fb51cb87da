using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>Collects what is wrong, so that all of it can be reported at once.</summary>
public sealed class ConfigurationProblems
{
    private readonly List<ConfigurationProblem> _all = [];

    public IReadOnlyList<ConfigurationProblem> All => _all;

    /// <summary>The first error, or null.</summary>
    public ConfigurationProblem? FirstError => _all.Find(static problem => problem.IsError);

    public void Error(ConfigurationNode at, string path, string message, ErrorCode code = ErrorCode.BadFileFormat) =>
        Error(at.Where, path, message, code);

    public void Error(string where, string path, string message, ErrorCode code = ErrorCode.BadFileFormat) =>
        _all.Add(new ConfigurationProblem(true, where, path, message, code));

    public void Warn(ConfigurationNode at, string path, string message) => Warn(at.Where, path, message);

    public void Warn(string where, string path, string message) =>
        _all.Add(new ConfigurationProblem(false, where, path, message, ErrorCode.Success));
}
