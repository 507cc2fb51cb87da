using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Edge.TestKit.Server;

/// <summary>The published native binary, run on free loopback ports over a folder of its own.</summary>
public sealed class EdgeServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder;
    private readonly bool _ownsFolder;
    private readonly JsonObject _configuration;
    private readonly Dictionary<string, string> _environment = [];
    private readonly StringBuilder _log = new();
    private Process? _process;

    /// <param name="configure">Changes the configuration before the first start.</param>
    /// <param name="folder">A folder to work in; the caller's to delete. Null for one of its own.</param>
    public EdgeServer(Action<JsonObject>? configure = null, TemporaryFolder? folder = null)
    {
        _ownsFolder = folder is null;
        _folder = folder ?? new TemporaryFolder("edge-server-");
        RestPort = FreePort.Next();
        DicomPort = FreePort.Next();
        _configuration = new JsonObject
        {
            ["Name"] = "test",
            ["HttpPort"] = RestPort,
            ["DicomPort"] = DicomPort,
            ["StorageDirectory"] = _folder.Combine("storage"),
            ["IndexDirectory"] = _folder.Combine("storage"),
            ["StableAge"] = 1,
        };
        configure?.Invoke(_configuration);
        RestPort = _configuration["HttpPort"]!.GetValue<int>();
        DicomPort = _configuration["DicomPort"]!.GetValue<int>();
        Http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None })
        {
            BaseAddress = new Uri($"http://127.0.0.1:{RestPort}"),
            Timeout = TimeSpan.FromMinutes(3),
        };
    }

    public int RestPort { get; }

    public int DicomPort { get; }

    public string StorageFolder => _configuration["StorageDirectory"]!.GetValue<string>();

    public HttpClient Http { get; }

    public IDictionary<string, string> Environment => _environment;

    public bool IsRunning => _process is { HasExited: false };

    public int ExitCode => _process!.ExitCode;

    public int ProcessId => _process!.Id;

    /// <summary>What the server has written to its standard output and error.</summary>
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

    /// <summary>Changes the configuration of the next start.</summary>
    public void Configure(Action<JsonObject> configure) => configure(_configuration);

    public static async Task<EdgeServer> StartNewAsync(Action<JsonObject>? configure = null, TemporaryFolder? folder = null)
    {
        EdgeServer server = new(configure, folder);
        try
        {
            await server.StartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the process and waits until it answers, two minutes at most.</summary>
    public async Task StartAsync()
    {
        Launch();
        Stopwatch clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using HttpResponseMessage answer = await Http.GetAsync("/system");
                return;
            }
            catch (HttpRequestException) when (clock.Elapsed < TimeSpan.FromMinutes(2) && IsRunning)
            {
                await Task.Delay(5);
            }
            catch (HttpRequestException e)
            {
                throw new InvalidOperationException($"the server did not start:\n{Log}", e);
            }
        }
    }

    /// <summary>Starts the process without waiting for it to answer.</summary>
    public void Launch()
    {
        string path = _folder.Combine("edge-dicom.json");
        File.WriteAllText(path, _configuration.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        ProcessStartInfo start = new(RepositoryPaths.Binary, ["--config", path, "serve"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = _folder.Path,
        };
        foreach ((string name, string value) in _environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += Collect;
        _process.ErrorDataReceived += Collect;
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Asks for a graceful stop and waits for it.</summary>
    public async Task StopAsync()
    {
        if (_process is null)
        {
            return;
        }

        if (!_process.HasExited)
        {
            using Process signal = Process.Start("kill", ["-TERM", _process.Id.ToString()]);
            await signal.WaitForExitAsync();
        }

        await WaitForExitAsync(TimeSpan.FromMinutes(2));
    }

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await WaitForExitAsync(TimeSpan.FromMinutes(2));
    }

    public async Task WaitForExitAsync(TimeSpan limit)
    {
        using CancellationTokenSource timeout = new(limit);
        await _process!.WaitForExitAsync(timeout.Token);
    }

    public async Task<JsonNode> GetJsonAsync(string path)
    {
        using HttpResponseMessage answer = await Http.GetAsync(path);
        string text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"GET {path}: {(int)answer.StatusCode} {text}\n{Log}");
        }

        return JsonNode.Parse(text)!;
    }

    public async Task<JsonNode> PostJsonAsync(string path, JsonNode body)
    {
        using HttpResponseMessage answer = await Http.PostAsync(path, new StringContent(body.ToJsonString()));
        string text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"POST {path}: {(int)answer.StatusCode} {text}\n{Log}");
        }

        return JsonNode.Parse(text)!;
    }

    /// <summary>POST /instances of one file; the answer's object.</summary>
    public async Task<JsonNode> UploadAsync(ReadOnlyMemory<byte> file)
    {
        using HttpResponseMessage answer = await Http.PostAsync("/instances", new ReadOnlyMemoryContent(file));
        string text = await answer.Content.ReadAsStringAsync();
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            throw new InvalidOperationException($"POST /instances: {(int)answer.StatusCode} {text}\n{Log}");
        }

        return JsonNode.Parse(text)!;
    }

    public async ValueTask DisposeAsync()
    {
        if (IsRunning)
        {
            await KillAsync();
        }

        _process?.Dispose();
        Http.Dispose();
        if (_ownsFolder)
        {
            _folder.Dispose();
        }
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
