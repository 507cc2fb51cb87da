using System.Text;

namespace Edge.Server.Commands;

/// <summary>Writes the help, from the table of commands.</summary>
internal static class HelpText
{
    /// <summary>The help of the program.</summary>
    public static string Of(IReadOnlyList<Command> commands)
    {
        StringBuilder text = new("""
            edge-dicom: a DICOM gateway with the REST API of Orthanc.

            Usage: edge-dicom [OPTIONS] COMMAND [OPERANDS]
                   edge-dicom [OPTIONS] PATH            as Orthanc: serve with this configuration

            Commands:

            """);
        int width = commands.Max(static command => Usage(command).Length);
        foreach (Command command in commands)
        {
            text.Append($"  {Usage(command).PadRight(width)}  {command.Summary}\n");
        }

        AppendOptions(text, "Options", ArgumentParser.General);
        return text.Append("\nExit codes: 0 success, 1 failure, 2 wrong command line.\nedge-dicom COMMAND --help tells more of a command.\n").ToString();
    }

    /// <summary>The help of one command.</summary>
    public static string Of(Command command)
    {
        StringBuilder text = new($"Usage: edge-dicom [OPTIONS] {Usage(command)}\n\n{command.Summary}\n");
        if (command.Details.Length > 0)
        {
            text.Append($"\n{command.Details}\n");
        }

        if (command.Options.Count > 0)
        {
            AppendOptions(text, "Options of this command", command.Options);
        }

        return text.Append("\nGeneral options: edge-dicom --help\n").ToString();
    }

    private static void AppendOptions(StringBuilder text, string title, IReadOnlyList<CommandOption> options)
    {
        int width = options.Max(static option => Usage(option).Length);
        text.Append($"\n{title}:\n");
        foreach (CommandOption option in options)
        {
            text.Append($"  {Usage(option).PadRight(width)}  {option.Summary}".TrimEnd()).Append('\n');
        }
    }

    private static string Usage(Command command) => $"{command.Name} {command.Operands}".TrimEnd();

    private static string Usage(CommandOption option) => $"{option.Name} {option.Value}".TrimEnd();
}
