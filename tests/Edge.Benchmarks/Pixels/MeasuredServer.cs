using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace Edge.Benchmarks.Pixels;

/// <summary>A server on this machine with Orthanc's REST API, and the CPU time of its process.</summary>
internal sealed partial class MeasuredServer : IDisposable
{
    private readonly HttpClient _http;
    private readonly int _process;

    /// <exception cref="InvalidOperationException">Nothing listens there, or it is another user's.</exception>
    public MeasuredServer(Uri url)
    {
        Url = url;
        _process = ListenerOf(url.Port) ?? throw new InvalidOperationException($"no process of this user listens on port {url.Port}");
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxConnectionsPerServer = 16 }) { BaseAddress = url, Timeout = TimeSpan.FromMinutes(10) };
    }

    public Uri Url { get; }

    /// <summary>User and system time of the process since its start, threads that have ended included; exact, where the kernel's ticks are of 10 ms.</summary>
    public double CpuMilliseconds()
    {
        // The clock of another process (clock_getcpuclockid(3)): its id inverted, shifted by three, and CPUCLOCK_SCHED.
        return ClockGetTime((~_process << 3) | 2, out TimeSpec time) == 0
            ? (time.Seconds * 1e3) + (time.Nanoseconds / 1e6)
            : throw new InvalidOperationException($"the server at {Url} has ended");
    }

    /// <returns>The identifier of the instance.</returns>
    public async Task<string> UploadAsync(byte[] file)
    {
        using ByteArrayContent content = new(file);
        using HttpResponseMessage answer = await _http.PostAsync("instances", content);
        return (string)JsonNode.Parse(await Demand(answer).Content.ReadAsStringAsync())!["ID"]!;
    }

    public async Task DeleteAsync(string path)
    {
        using HttpResponseMessage answer = await _http.DeleteAsync(path);
        if (answer.StatusCode != HttpStatusCode.NotFound)
        {
            Demand(answer);
        }
    }

    public async Task<string> StudyOfAsync(string instance) => (string)JsonNode.Parse(await _http.GetStringAsync($"instances/{instance}/study"))!["ID"]!;

    /// <summary>Asks, and reads the whole answer.</summary>
    /// <returns>Its bytes.</returns>
    public async Task<long> AskAsync(string path, string? body)
    {
        using HttpRequestMessage request = new(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body is null ? null : new StringContent(body) };
        using HttpResponseMessage answer = Demand(await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead));
        await using Stream content = await answer.Content.ReadAsStreamAsync();
        byte[] buffer = new byte[1 << 18];
        long length = 0;
        int read;
        while ((read = await content.ReadAsync(buffer)) > 0)
        {
            length += read;
        }

        return length;
    }

    public void Dispose() => _http.Dispose();

    private static HttpResponseMessage Demand(HttpResponseMessage answer) => answer.IsSuccessStatusCode
        ? answer
        : throw new InvalidOperationException($"{answer.RequestMessage?.RequestUri} answered {(int)answer.StatusCode}");

    private static int? ListenerOf(int port)
    {
        string suffix = ":" + port.ToString("X4", CultureInfo.InvariantCulture);
        HashSet<string> sockets = [];
        foreach (string table in new[] { "/proc/net/tcp", "/proc/net/tcp6" })
        {
            foreach (string[] fields in File.ReadLines(table).Skip(1).Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))
            {
                if (fields[3] == "0A" && fields[1].EndsWith(suffix, StringComparison.Ordinal))
                {
                    sockets.Add($"socket:[{fields[9]}]");
                }
            }
        }

        foreach (string folder in Directory.EnumerateDirectories("/proc").Where(static path => int.TryParse(Path.GetFileName(path), out _)))
        {
            try
            {
                if (Directory.EnumerateFileSystemEntries(folder + "/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget is { } target && sockets.Contains(target)))
                {
                    return int.Parse(Path.GetFileName(folder), CultureInfo.InvariantCulture);
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                continue; // another user's, or gone
            }
        }

        return null;
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
