using Edge.Core.Configuration;
using Edge.Server.Serving;

namespace Edge.Server.Commands;

/// <summary><c>check-config</c>: everything that is wrong with the configuration, at once.</summary>
internal static class CheckConfigCommand
{
    public static Command Create() => new("check-config", "[PATH]", "check the configuration and report everything that is wrong", Run)
    {
        Details = "PATH is a JSON file, or a folder of them; it may also be given by --config. Warnings do not fail the check.",
    };

    /// <summary>Writes each problem on a line, and a line of counts.</summary>
    public static void Report(IReadOnlyList<ConfigurationProblem> problems, TextWriter to)
    {
        foreach (ConfigurationProblem problem in problems)
        {
            to.WriteLine($"{(problem.IsError ? "error" : "warning")}: {problem}");
        }

        int errors = problems.Count(static problem => problem.IsError);
        to.WriteLine($"{Count(errors, "error")}, {Count(problems.Count - errors, "warning")}");
    }

    private static Task<int> Run(CommandContext context)
    {
        string? path = context.Arguments.ConfigurationPath;
        if (context.Arguments.Operands.Count > 0)
        {
            path = path is null ? context.Arguments.Operands[0] : throw new UsageException("check-config: the configuration is given twice");
        }

        LoadedConfiguration loaded = ConfigurationLoader.Load(ConfigurationSource.ForProcess(path));
        foreach (string file in loaded.Files)
        {
            context.Output.WriteLine($"read {file}");
        }

        List<ConfigurationProblem> problems = [.. loaded.Problems];
        if (loaded.IsUsable)
        {
            problems.AddRange(Composition.CheckForwarding(loaded.Options));
        }

        Report(problems, context.Output);
        return Task.FromResult(problems.Exists(static problem => problem.IsError) ? ExitCode.Failure : ExitCode.Success);
    }

    private static string Count(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
