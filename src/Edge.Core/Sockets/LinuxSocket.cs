using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Core.Sockets;

/// <summary>Sockets by calls of the kernel, without waiting: recv(2), sendmsg(2), and what <see cref="EventThreads"/> needs of epoll(7).</summary>
public static unsafe partial class LinuxSocket
{
    internal const int Add = 1;
    internal const int CloseOnExec = 0x80000;

    /// <summary>Bytes of a struct epoll_event, padding included.</summary>
    internal const int EventBytes = 16;

    /// <summary>Pieces that one call sends at most.</summary>
    public const int MostPieces = 16;

    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int Peek = 0x2;
    private const int DoNotWait = 0x40;
    private const int NoSignal = 0x4000;

    /// <summary>IPPROTO_TCP and TCP_QUICKACK of tcp(7).</summary>
    private const int ProtocolTcp = 6;
    private const int QuickAcknowledgement = 12;

    /// <returns>Bytes received; 0 where the peer sends no more, or something is there and no room for any; -1 where nothing is there.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public static int Receive(SafeSocketHandle socket, Span<byte> buffer)
    {
        byte one;
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint count = buffer.IsEmpty ? Recv(socket, &one, 1, DoNotWait | Peek) : Recv(socket, bytes, (nuint)buffer.Length, DoNotWait);
                if (count >= 0)
                {
                    return (int)Math.Min(count, buffer.Length);
                }

                if (!MayRepeat())
                {
                    return -1;
                }
            }
        }
    }

    /// <returns>Bytes sent, maybe less than all; -1 where none can be taken now.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            Piece piece = new() { Start = first, Length = (nuint)bytes.Length };
            return Send(socket, new ReadOnlySpan<Piece>(ref piece));
        }
    }

    /// <summary>The same for several pieces.</summary>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<Piece> pieces)
    {
        fixed (Piece* first = pieces)
        {
            Message message = new() { Pieces = first, Count = (nuint)pieces.Length };
            while (true)
            {
                nint count = SendMessage(socket, &message, DoNotWait | NoSignal);
                if (count >= 0)
                {
                    return (int)count;
                }

                if (!MayRepeat())
                {
                    return -1;
                }
            }
        }
    }

    /// <summary>Lets the kernel acknowledge what it receives without delay, until it falls back to delaying by itself.</summary>
    public static void AcknowledgeAtOnce(SafeSocketHandle socket)
    {
        int on = 1;
        _ = SetOption(socket, ProtocolTcp, QuickAcknowledgement, &on, sizeof(int)); // where the connection has ended, the next read says so
    }

    /// <summary>After a failed call: whether it was only interrupted; false where it would block.</summary>
    private static bool MayRepeat() => Marshal.GetLastPInvokeError() switch
    {
        Interrupted => true,
        WouldBlock => false,
        _ => throw new SocketException(),
    };

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static partial nint Recv(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(SafeSocketHandle socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(SafeSocketHandle socket, int level, int option, int* value, uint length);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    internal static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int set, int operation, SafeHandle descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    internal static partial int EpollControl(int set, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    internal static partial int EpollWait(int set, byte* entries, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    internal static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int descriptor);

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Piece
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary>struct msghdr, as on 64-bit Linux.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message
    {
        public void* Name;
        public uint NameLength;
        public Piece* Pieces;
        public nuint Count;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
