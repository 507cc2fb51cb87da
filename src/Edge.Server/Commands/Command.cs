namespace Edge.Server.Commands;

/// <summary>A verb of the command line.</summary>
/// <param name="Name">The verb.</param>
/// <param name="Operands">Its operands for the usage line: <c>FOLDER</c>, <c>[FILE]</c>; empty for none.</param>
/// <param name="Summary">One line for the list of commands.</param>
/// <param name="Run">Does it; returns an <see cref="ExitCode"/>.</param>
public sealed record Command(string Name, string Operands, string Summary, Func<CommandContext, Task<int>> Run)
{
    /// <summary>What <c>--help</c> says below the usage line.</summary>
    public string Details { get; init; } = "";

    /// <summary>Options of its own, besides the general ones.</summary>
    public IReadOnlyList<CommandOption> Options { get; init; } = [];

    /// <summary>The least number of operands: those not in brackets.</summary>
    public int LeastOperands => Operands.Split(' ', StringSplitOptions.RemoveEmptyEntries).Count(static operand => !operand.StartsWith('['));

    /// <summary>The greatest number of operands; an operand that ends in <c>...</c> or <c>...]</c> may be repeated.</summary>
    public int MostOperands => Operands.Contains("...", StringComparison.Ordinal)
        ? int.MaxValue
        : Operands.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length;
}

/// <summary>An option of a command.</summary>
/// <param name="Name">With its dashes: <c>--dry-run</c>.</param>
/// <param name="Value">What its value is called in the usage, empty for a switch.</param>
/// <param name="Summary">One line.</param>
public sealed record CommandOption(string Name, string Value, string Summary);

/// <summary>What a command is run with.</summary>
/// <param name="Arguments">The parsed command line.</param>
/// <param name="Input">Standard input.</param>
/// <param name="Output">Standard output: results.</param>
/// <param name="Error">Standard error: what is wrong.</param>
public sealed record CommandContext(CommandArguments Arguments, TextReader Input, TextWriter Output, TextWriter Error);

/// <summary>The exit codes of the program.</summary>
public static class ExitCode
{
    public const int Success = 0;

    /// <summary>It was tried and failed.</summary>
    public const int Failure = 1;

    /// <summary>The command line is wrong; nothing was tried.</summary>
    public const int Usage = 2;
}

/// <summary>The command line is wrong.</summary>
public sealed class UsageException(string message) : Exception(message);
