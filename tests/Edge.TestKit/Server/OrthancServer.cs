using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Edge.TestKit.Server;

/// <summary>
/// Debian's Orthanc on free ports over a folder of its own. EDGE_ORTHANC_PRELOAD may name a library that keeps it on the loopback
/// interface: it listens on all by itself.
/// </summary>
public sealed class OrthancServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new("edge-orthanc-");
    private readonly StringBuilder _log = new();
    private readonly JsonObject _configuration;
    private Process? _process;

    /// <param name="configure">Changes the configuration before the start.</param>
    public OrthancServer(Action<JsonObject>? configure = null)
    {
        RestPort = FreePort.Next();
        DicomPort = FreePort.Next();
        _configuration = new JsonObject
        {
            ["StorageDirectory"] = _folder.Combine("storage"),
            ["IndexDirectory"] = _folder.Combine("storage"),
            ["HttpPort"] = RestPort,
            ["DicomPort"] = DicomPort,
            ["RemoteAccessAllowed"] = false,
            ["AuthenticationEnabled"] = false,
        };
        configure?.Invoke(_configuration);
        Http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None }) { BaseAddress = new Uri($"http://127.0.0.1:{RestPort}"), Timeout = TimeSpan.FromMinutes(5) };
    }

    /// <summary>Where its program is; null where it is not installed.</summary>
    public static string? Program { get; } =
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(static folder => Path.Combine(folder, "Orthanc")).FirstOrDefault(File.Exists);

    public int RestPort { get; }

    public int DicomPort { get; }

    public HttpClient Http { get; }

    public int ProcessId => _process!.Id;

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

    /// <summary>Starts the process and waits until it answers, 60 seconds at most.</summary>
    /// <param name="withoutDelay">With TCP_NODELAY=1, which removes its Nagle delay of about 45 ms per message.</param>
    public async Task StartAsync(bool withoutDelay = false)
    {
        string path = _folder.Combine("orthanc.json");
        await File.WriteAllTextAsync(path, _configuration.ToJsonString());
        ProcessStartInfo start = new(Program ?? throw new InvalidOperationException("Orthanc is not installed"), [path]) { RedirectStandardError = true, RedirectStandardOutput = true };
        if (Environment.GetEnvironmentVariable("EDGE_ORTHANC_PRELOAD") is { Length: > 0 } shim)
        {
            start.Environment["LD_PRELOAD"] = shim;
        }

        if (withoutDelay)
        {
            start.Environment["TCP_NODELAY"] = "1";
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync("/system");
                return;
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromSeconds(60) && !_process.HasExited)
            {
                await Task.Delay(20);
            }
            catch (HttpRequestException e)
            {
                throw new InvalidOperationException($"Orthanc did not start:\n{Log}", e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process?.Dispose();
        Http.Dispose();
        _folder.Dispose();
    }

    private void Collect(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is not null)
        {
            lock (_log)
            {
                _log.AppendLine(line.Data);
            }
        }
    }
}
