using System.Text;
using Edge.Core.Security;

namespace Edge.Server.Commands;

/// <summary><c>hash-password</c>: what to write into <c>RegisteredUsers</c> instead of the password.</summary>
internal static class HashPasswordCommand
{
    public static Command Create() => new("hash-password", "", "hash a password for RegisteredUsers", Run)
    {
        Details = "Asks for the password, or reads one line from standard input if that is no terminal. It is no operand, for others can read those.",
    };

    private static Task<int> Run(CommandContext context)
    {
        bool isTerminal = ReferenceEquals(context.Input, Console.In) && !Console.IsInputRedirected;
        string? password = isTerminal ? Ask(context.Error, "Password: ") : context.Input.ReadLine();
        if (string.IsNullOrEmpty(password))
        {
            context.Error.WriteLine("edge-dicom: the password is empty");
            return Task.FromResult(ExitCode.Failure);
        }

        if (isTerminal && Ask(context.Error, "Again: ") != password)
        {
            context.Error.WriteLine("edge-dicom: the passwords differ");
            return Task.FromResult(ExitCode.Failure);
        }

        context.Output.WriteLine(PasswordHash.Create(password));
        return Task.FromResult(ExitCode.Success);
    }

    // The prompt goes to standard error, so that the hash alone can be redirected.
    private static string Ask(TextWriter prompt, string question)
    {
        prompt.Write(question);
        StringBuilder typed = new();
        while (Console.ReadKey(true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key == ConsoleKey.Backspace)
            {
                typed.Length = Math.Max(0, typed.Length - 1);
            }
            else if (!char.IsControl(key.KeyChar))
            {
                typed.Append(key.KeyChar);
            }
        }

        prompt.WriteLine();
        return typed.ToString();
    }
}
