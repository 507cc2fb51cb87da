using Edge.Core.Errors;

namespace Edge.Core.Configuration;

/// <summary>The configuration cannot be used. Carries everything that is wrong with it, not the first thing alone.</summary>
public sealed class ConfigurationException(IReadOnlyList<ConfigurationProblem> problems)
    : EdgeException(FirstError(problems).Code, Describe(problems))
{
    /// <summary>All errors and warnings, in the order found.</summary>
    public IReadOnlyList<ConfigurationProblem> Problems { get; } = problems;

    private static ConfigurationProblem FirstError(IReadOnlyList<ConfigurationProblem> problems) => problems.First(static p => p.IsError);

    private static string Describe(IReadOnlyList<ConfigurationProblem> problems) =>
        string.Join('\n', problems.Where(static p => p.IsError).Select(static p => p.ToString()));
}
