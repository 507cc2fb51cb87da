using Edge.Core.Options;

namespace Edge.Core.Configuration;

/// <summary>The outcome of loading: usable if <see cref="IsUsable"/>, and in any case everything that was found wrong.</summary>
/// <param name="Options">The options; paths are absolute. Where a value was at fault its default stands.</param>
/// <param name="Problems">Errors and warnings, in the order of the files.</param>
/// <param name="Files">The files read, absolute.</param>
/// <param name="BaseFolder">The folder where relative paths started.</param>
/// <param name="Written">The merged configuration as it was written: variables replaced, secrets from files not.</param>
public sealed record LoadedConfiguration(
    EdgeOptions Options, IReadOnlyList<ConfigurationProblem> Problems, IReadOnlyList<string> Files, string BaseFolder, ConfigurationNode Written)
{
    /// <summary>Whether there is no error; there may be warnings.</summary>
    public bool IsUsable => !Problems.Any(static problem => problem.IsError);

    /// <summary>Nothing but this configuration, or a <see cref="ConfigurationException"/> with everything that is wrong.</summary>
    public LoadedConfiguration OrThrow() => IsUsable ? this : throw new ConfigurationException(Problems);
}
