using System.Net.Sockets;

namespace Edge.Rest.Hosting;

/// <summary>
/// Shows that the server still answers. Once a second the thread pool is asked for a beat; a watchdog looks at
/// <see cref="Age"/>, and now and then at <see cref="ProbeAsync"/>, which goes through a socket of its own.
/// </summary>
public sealed class Heartbeat
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private readonly RestServer _server;
    private readonly CancellationTokenSource _stop = new();
    private Task _beating = Task.CompletedTask;
    private long _last = Environment.TickCount64;

    internal Heartbeat(RestServer server)
    {
        _server = server;
    }

    /// <summary>The time since the thread pool last ran a beat; a healthy server stays below two seconds.</summary>
    public TimeSpan Age => TimeSpan.FromMilliseconds(Environment.TickCount64 - Volatile.Read(ref _last));

    /// <summary>Sends a request to the server's own port and reads the status line.</summary>
    /// <returns>Whether an answer came before <paramref name="patience"/> ran out. TLS servers are probed by connecting alone.</returns>
    public async Task<bool> ProbeAsync(TimeSpan patience)
    {
        if (_server.EndPoints is not [var endPoint, ..])
        {
            return false;
        }

        using CancellationTokenSource limit = new(patience);
        try
        {
            System.Net.IPEndPoint target = endPoint.Address.Equals(System.Net.IPAddress.Any) ? new(System.Net.IPAddress.Loopback, endPoint.Port)
                : endPoint.Address.Equals(System.Net.IPAddress.IPv6Any) ? new(System.Net.IPAddress.IPv6Loopback, endPoint.Port) : endPoint;
            using Socket socket = new(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, limit.Token).ConfigureAwait(false);
            if (_server.IsSecure)
            {
                return true;
            }

            await socket.SendAsync("OPTIONS * HTTP/1.0\r\n\r\n"u8.ToArray(), limit.Token).ConfigureAwait(false);
            byte[] answer = new byte[16];
            return await socket.ReceiveAsync(answer, limit.Token).ConfigureAwait(false) > 0;
        }
        catch (Exception failure) when (failure is SocketException or OperationCanceledException)
        {
            return false;
        }
    }

    internal void Start() => _beating = BeatAsync();

    internal async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beating.ConfigureAwait(false);
    }

    private async Task BeatAsync()
    {
        try
        {
            using PeriodicTimer timer = new(Period);
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                Volatile.Write(ref _last, Environment.TickCount64);
            }
        }
        catch (OperationCanceledException)
        {
            // stopped
        }
    }
}
