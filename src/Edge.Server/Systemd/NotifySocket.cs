using System.Net.Sockets;
using System.Text;
using Edge.Core.Logging;

namespace Edge.Server.Systemd;

/// <summary>
/// Tells systemd how the service is (sd_notify(3)): one datagram to the socket that <c>NOTIFY_SOCKET</c> names. Without one nothing is sent.
/// A socket that takes nothing is no reason to stop: the failure is logged once.
/// </summary>
public sealed class NotifySocket : IDisposable
{
    private readonly Socket? _socket;
    private readonly UnixDomainSocketEndPoint? _target;
    private int _hasFailed;

    /// <param name="address">A path, or <c>@name</c> in the abstract namespace; null or empty for none.</param>
    public NotifySocket(string? address)
    {
        if (string.IsNullOrEmpty(address) || (address[0] != '/' && address[0] != '@'))
        {
            return;
        }

        _target = new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address);
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
    }

    public static NotifySocket ForProcess() => new(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>Whether anybody listens.</summary>
    public bool IsConnected => _socket is not null;

    /// <summary>The server really serves.</summary>
    public void Ready(string status) => Send($"READY=1\nSTATUS={OneLine(status)}");

    public void Stopping(string status) => Send($"STOPPING=1\nSTATUS={OneLine(status)}");

    public void Status(string status) => Send($"STATUS={OneLine(status)}");

    public void Pet() => Send("WATCHDOG=1");

    /// <summary>Asks for more time to start or stop.</summary>
    public void Extend(TimeSpan time) => Send($"EXTEND_TIMEOUT_USEC={(long)time.TotalMicroseconds}");

    public void Dispose() => _socket?.Dispose();

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");

    private void Send(string message)
    {
        try
        {
            _socket?.SendTo(Encoding.UTF8.GetBytes(message), _target!);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            if (Interlocked.Exchange(ref _hasFailed, 1) == 0)
            {
                Log.Generic.Warning($"systemd's notify socket takes nothing: {e.Message}");
            }
        }
    }
}
