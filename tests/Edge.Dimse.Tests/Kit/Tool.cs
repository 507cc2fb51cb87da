using System.Diagnostics;
using System.Text;

namespace Edge.Dimse.Tests.Kit;

/// <summary>Runs a command line tool to its end, or keeps it running.</summary>
internal sealed class Tool : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();

    private Tool(string name, string[] arguments, string? workingDirectory)
    {
        ProcessStartInfo start = new(name) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = workingDirectory ?? "" };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["TCP_NODELAY"] = "1";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Output
    {
        get
        {
            lock (_output)
            {
                return _output.ToString();
            }
        }
    }

    /// <summary>Runs a tool; after a minute it is killed and the test fails.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(string name, params string[] arguments)
    {
        await using Tool tool = new(name, arguments, null);
        return (await tool.ExitAsync(), tool.Output);
    }

    public static Tool Start(string name, string? workingDirectory, params string[] arguments) => new(name, arguments, workingDirectory);

    public async Task<int> ExitAsync()
    {
        using CancellationTokenSource timeout = new(TimeSpan.FromSeconds(60));
        await _process.WaitForExitAsync(timeout.Token);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        lock (_output)
        {
            _output.AppendLine(line.Data);
        }
    }
}
