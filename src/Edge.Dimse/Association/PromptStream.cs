using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Edge.Dimse.Association;

/// <summary>
/// A network stream whose receipts are acknowledged at once. A sender with Nagle's algorithm (DCMTK's tools, most modalities) holds the
/// last piece of an image back until what it sent before is acknowledged; a kernel that delays acknowledgements lets it wait up to 40 ms.
/// </summary>
/// <remarks>
/// DIMSE is a conversation: each side waits for the other, and two changes of thread for each answer cost more than most answers. So where the
/// last answer came within <see cref="Moment"/>, the thread that would wait for the next one in the kernel's event queue waits for it here, as long
/// at most, and one stream of the process at a time (docs/decisions/0044-short-waits.md).
/// </remarks>
internal sealed class PromptStream : NetworkStream
{
    /// <summary>Linux: <c>IPPROTO_TCP</c> and <c>TCP_QUICKACK</c> of tcp(7).</summary>
    private const int ProtocolTcp = 6;
    private const int QuickAcknowledgement = 12;

    /// <summary>The shortest time for which the kernel waits with poll(2).</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    private static readonly byte[] On = [1, 0, 0, 0];

    /// <summary>1 while a thread of the pool waits here.</summary>
    private static int waiting;

    private bool _answersAtOnce;

    public PromptStream(Socket socket)
        : base(socket, ownsSocket: true) => AcknowledgeAtOnce();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        long begun = Stopwatch.GetTimestamp();
        if (_answersAtOnce)
        {
            WaitAMoment();
        }

        int read = await base.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        _answersAtOnce = Stopwatch.GetElapsedTime(begun) < Moment;

        // The kernel falls back to delaying by itself: the option is set anew for what comes next.
        AcknowledgeAtOnce();
        return read;
    }

    private void WaitAMoment()
    {
        if (Interlocked.CompareExchange(ref waiting, 1, 0) != 0)
        {
            return;
        }

        try
        {
            Socket.Poll(Moment, SelectMode.SelectRead);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended; whoever reads learns it from the read.
        }
        finally
        {
            Volatile.Write(ref waiting, 0);
        }
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
