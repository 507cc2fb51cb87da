using Edge.Core.Errors;
using Edge.Server.Commands;
using Edge.Store.Format;

namespace Edge.Server.Serving;

/// <summary><c>extract</c>: reads one stored file by itself, without server, index or configuration.</summary>
internal static class ExtractCommand
{
    public static Command Create() => new("extract", "STORED [TARGET]", "read one file of the storage area, without server or index", Run)
    {
        Details = "Writes the data as it was received to TARGET, or to standard output. Every block is verified; a damaged one is an error that names it.",
    };

    private static Task<int> Run(CommandContext context)
    {
        string stored = context.Arguments.Operands[0];
        using StorageFile file = StorageFile.Open(stored);
        if (context.Arguments.Operands.Count > 1)
        {
            string target = context.Arguments.Operands[1];
            if (File.Exists(target))
            {
                throw new EdgeException(ErrorCode.CannotWriteFile, $"{target} exists already");
            }

            using FileStream output = new(target, FileMode.CreateNew, FileAccess.Write);
            file.CopyTo(output);
        }
        else
        {
            using Stream output = Console.OpenStandardOutput();
            file.CopyTo(output);
        }

        return Task.FromResult(ExitCode.Success);
    }
}
