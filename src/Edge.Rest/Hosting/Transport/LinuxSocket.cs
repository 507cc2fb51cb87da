using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Rest.Hosting.Transport;

/// <summary>The calls of the kernel that <see cref="SocketConnection"/> and <see cref="Readiness"/> make. Sockets are in non-blocking mode.</summary>
internal static unsafe partial class LinuxSocket
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint PeerShut = 0x2000;
    public const uint EdgeTriggered = 1u << 31;
    public const int Add = 1;
    public const int CloseOnExec = 0x80000;

    /// <summary>Bytes of a struct epoll_event, padding included.</summary>
    public const int EventBytes = 16;

    /// <summary>Pieces that one call sends at most.</summary>
    public const int MostPieces = 16;

    private const int Interrupted = 4;
    private const int WouldBlock = 11;
    private const int NoSignal = 0x4000;

    /// <returns>Bytes received; 0 where the peer sends no more; -1 where nothing is there.</returns>
    /// <exception cref="SocketException">The connection failed.</exception>
    /// <exception cref="ObjectDisposedException">It was closed.</exception>
    public static int Receive(SafeSocketHandle socket, Span<byte> buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                nint count = Recv(socket, bytes, (nuint)buffer.Length, 0);
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
                nint count = SendMessage(socket, &message, NoSignal);
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

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int set, int operation, SafeHandle descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int set, int operation, int descriptor, byte* entry);

    [LibraryImport("libc", EntryPoint = "epoll_wait")]
    public static partial int EpollWait(int set, byte* entries, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "eventfd")]
    public static partial int EventDescriptor(uint value, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

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
