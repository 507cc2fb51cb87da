using System.Diagnostics;

namespace Edge.TestKit.Server;

/// <summary>A command-line tool (DCMTK's, mostly) run to its end.</summary>
public sealed record ToolResult(int ExitCode, string Output, string Error);

public static class Tool
{
    /// <summary>Runs a tool for two minutes at most.</summary>
    public static Task<ToolResult> RunAsync(string name, params IEnumerable<string> arguments) => RunAsync(TimeSpan.FromMinutes(2), name, arguments);

    /// <exception cref="TimeoutException">It did not end in time; it is killed.</exception>
    public static async Task<ToolResult> RunAsync(TimeSpan limit, string name, IEnumerable<string> arguments)
    {
        ProcessStartInfo start = new(name, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        using Process process = Process.Start(start) ?? throw new InvalidOperationException($"{name} did not start");
        using CancellationTokenSource timeout = new(limit);
        Task<string> output = process.StandardOutput.ReadToEndAsync(timeout.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(timeout.Token);
        try
        {
            await process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{name} did not end within {limit}");
        }

        return new ToolResult(process.ExitCode, await output, await error);
    }
}
