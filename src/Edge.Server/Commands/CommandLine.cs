using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Logging;

namespace Edge.Server.Commands;

/// <summary>
/// Runs what the command line asks for. The commands are a table that the composition fills: what is not in it does not exist, not even in the help.
/// </summary>
/// <param name="commands">All verbs; <see cref="BuiltInCommands"/> and those that need the engine.</param>
/// <param name="input">Standard input.</param>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
public sealed class CommandLine(IReadOnlyList<Command> commands, TextReader input, TextWriter output, TextWriter error)
{
    /// <summary>The command line of this process.</summary>
    public static CommandLine ForProcess(IReadOnlyList<Command> commands) => new(commands, Console.In, Console.Out, Console.Error);

    /// <returns>The <see cref="ExitCode"/>.</returns>
    public async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        try
        {
            int code = await RunParsedAsync(new ArgumentParser(commands).Parse(arguments));
            await output.FlushAsync();
            return code;
        }
        catch (UsageException e)
        {
            await error.WriteLineAsync($"edge-dicom: {e.Message}\nTry: edge-dicom --help");
            return ExitCode.Usage;
        }
        catch (ConfigurationException e)
        {
            CheckConfigCommand.Report(e.Problems, error);
            return ExitCode.Failure;
        }
        catch (Exception e) when (e is EdgeException or IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"edge-dicom: {FailureText.Of(e)}");
            return ExitCode.Failure;
        }
    }

    private async Task<int> RunParsedAsync(CommandArguments arguments)
    {
        if (arguments.WantsHelp)
        {
            output.Write(commands.FirstOrDefault(known => known.Name == arguments.Verb) is { } asked ? HelpText.Of(asked) : HelpText.Of(commands));
            return ExitCode.Success;
        }

        if (arguments.SampleFile is { } sample)
        {
            return SampleConfigurationCommand.Write(sample, output, error);
        }

        if (arguments.Verb is null)
        {
            error.Write(HelpText.Of(commands));
            return ExitCode.Usage;
        }

        // Orthanc's form stands for "serve", which only the composition has.
        Command command = commands.FirstOrDefault(known => known.Name == arguments.Verb) ?? throw new UsageException($"{arguments.Verb} is not a command");
        foreach ((LogCategory? category, LogLevel level) in arguments.LogLevels)
        {
            if (category is null)
            {
                Log.Level = level;
            }
            else
            {
                category.Level = level;
            }
        }

        return await command.Run(new CommandContext(arguments, input, output, error));
    }
}
