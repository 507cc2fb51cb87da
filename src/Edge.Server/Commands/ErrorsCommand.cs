using Edge.Core.Errors;

namespace Edge.Server.Commands;

/// <summary><c>errors</c>: the codes that clients find in <c>OrthancStatus</c>.</summary>
internal static class ErrorsCommand
{
    public static Command Create() => new("errors", "", "list the error codes of the REST API", Run)
    {
        Details = "Columns: code (OrthancStatus), name, HTTP status, DIMSE status, text.",
    };

    private static Task<int> Run(CommandContext context)
    {
        foreach (ErrorDescription error in ErrorTable.All)
        {
            context.Output.WriteLine($"{(int)error.Code,5}  {error.Code,-36} {error.HttpStatus}  0x{error.DimseStatus:X4}  {error.Message}");
        }

        return Task.FromResult(ExitCode.Success);
    }
}
