using System.Net.Sockets;

namespace Edge.Dimse.Association;

/// <summary>
/// A network stream whose receipts are acknowledged at once. A sender with Nagle's algorithm (DCMTK's tools, most modalities) holds the
/// last piece of an image back until what it sent before is acknowledged; a kernel that delays acknowledgements lets it wait up to 40 ms.
/// </summary>
internal sealed class PromptStream : NetworkStream
{
    /// <summary>Linux: <c>IPPROTO_TCP</c> and <c>TCP_QUICKACK</c> of tcp(7).</summary>
    private const int ProtocolTcp = 6;
    private const int QuickAcknowledgement = 12;

    private static readonly byte[] On = [1, 0, 0, 0];

    public PromptStream(Socket socket)
        : base(socket, ownsSocket: true) => AcknowledgeAtOnce();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);

        // The kernel falls back to delaying by itself: the option is set anew for what comes next.
        AcknowledgeAtOnce();
        return read;
    }

    private void AcknowledgeAtOnce()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        try
        {
            Socket.SetRawSocketOption(ProtocolTcp, QuickAcknowledgement, On);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended; whoever reads learns it from the read.
        }
    }
}
