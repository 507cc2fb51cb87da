using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Edge.Contract.Tests.Interop;

/// <summary>A server of another maker that runs while a test needs it.</summary>
internal sealed class RunningTool : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();

    private RunningTool(Process process)
    {
        _process = process;
        process.OutputDataReceived += Note;
        process.ErrorDataReceived += Note;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Starts it and waits until its port takes connections, two minutes at most.</summary>
    public static async Task<RunningTool> StartAsync(int port, string name, params IEnumerable<string> arguments)
    {
        RunningTool tool = new(Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!);
        for (int attempt = 0; attempt < 2400; attempt++)
        {
            try
            {
                using TcpClient probe = new();
                await probe.ConnectAsync("127.0.0.1", port);
                return tool;
            }
            catch (SocketException)
            {
                await Task.Delay(50);
            }
        }

        string log = tool.Log;
        await tool.DisposeAsync();
        throw new InvalidOperationException($"{name} did not start: {log}");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
        _process.Dispose();
    }

    private void Note(object sender, DataReceivedEventArgs line)
    {
        lock (_log)
        {
            _log.AppendLine(line.Data);
        }
    }
}
