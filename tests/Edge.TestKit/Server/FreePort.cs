using System.Net;
using System.Net.Sockets;

namespace Edge.TestKit.Server;

/// <summary>Ports of the loopback interface that nobody listens on.</summary>
public static class FreePort
{
    public static int Next()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
