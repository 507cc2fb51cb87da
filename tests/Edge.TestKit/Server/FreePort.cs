using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Edge.TestKit.Server;

/// <summary>
/// Ports of the loopback interface that nobody listens on, and that nobody takes between the look and the use: they lie below the
/// range from which the kernel serves outgoing connections, no two processes of the tests own the same ones (a locked file for each block),
/// and none is given twice.
/// </summary>
public static class FreePort
{
    private const int First = 20_000;
    private const int Block = 128;
    private static readonly Lock Gate = new();
    private static readonly List<FileStream> Owned = [];
    private static readonly int End = FirstOfKernel();
    private static int _next;
    private static int _left;

    /// <exception cref="InvalidOperationException">All are taken.</exception>
    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                if (_left == 0)
                {
                    TakeBlock();
                }

                _left--;
                if (IsFree(++_next))
                {
                    return _next;
                }
            }
        }
    }

    private static bool IsFree(int port)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static void TakeBlock()
    {
        string folder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "edge-test-ports")).FullName;
        int count = (End - First) / Block;
        for (int i = 0; i < count; i++)
        {
            // Each process begins elsewhere: a block that another has just left is the last to be taken again.
            int first = First + ((Environment.ProcessId + Owned.Count + i) % count * Block);
            try
            {
                Owned.Add(new FileStream(Path.Combine(folder, first.ToString(CultureInfo.InvariantCulture)), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                (_next, _left) = (first - 1, Block);
                return;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Another process of the tests has it, or another user left it.
            }
        }

        throw new InvalidOperationException($"no block of ports from {First} to {End} is free");
    }

    /// <summary>The first port that an outgoing connection may get.</summary>
    private static int FirstOfKernel()
    {
        const int Usual = 32_768;
        const string Setting = "/proc/sys/net/ipv4/ip_local_port_range";
        int first = File.Exists(Setting) ? int.Parse(File.ReadAllText(Setting).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture) : Usual;
        return first >= First + (4 * Block) ? first : Usual;
    }
}
