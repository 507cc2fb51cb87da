namespace Edge.Server.Commands;

/// <summary>The commands that need no engine.</summary>
public static class BuiltInCommands
{
    /// <param name="libraries">The libraries linked into the program, for <c>version</c>.</param>
    public static IReadOnlyList<Command> All(IReadOnlyList<LinkedLibrary> libraries) =>
    [
        CheckConfigCommand.Create(),
        HashPasswordCommand.Create(),
        VersionCommand.Create(libraries),
        ErrorsCommand.Create(),
    ];
}
