using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Edge.Dimse.Sockets;

/// <summary>
/// A thread that waits for events of sockets with epoll(7) and goes on with what waits for them. DIMSE is a conversation of short messages: the
/// runtime's own loop hands each event to a thread of the pool, and that change of thread costs more than most answers
/// (docs/decisions/0044-event-loops.md). What goes on here must not block, as nowhere in the house.
/// </summary>
internal sealed unsafe partial class EventLoop
{
    private const int CloseOnExec = 0x80000;
    private const int Add = 1;
    private const int Events = 64;
    private const int Interrupted = 4;

    /// <summary>EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLET.</summary>
    private const uint Wanted = 0x1 | 0x4 | 0x2000 | 0x80000000;

    /// <summary>EPOLLIN, EPOLLERR, EPOLLHUP, EPOLLRDHUP.</summary>
    private const uint Readable = 0x1 | Ended;

    /// <summary>EPOLLOUT, EPOLLERR, EPOLLHUP.</summary>
    private const uint Writable = 0x4 | 0x8 | 0x10;

    /// <summary>EPOLLERR, EPOLLHUP, EPOLLRDHUP.</summary>
    private const uint Ended = 0x8 | 0x10 | 0x2000;

    // struct epoll_event is packed on x86-64 alone.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;

    private static readonly EventLoop[] All = [.. Enumerable.Range(0, Math.Clamp(Environment.ProcessorCount, 1, 4)).Select(static number => new EventLoop(number))];

    private static int last;

    private readonly ConcurrentDictionary<long, PromptStream> _streams = [];
    private readonly Lock _gate = new();
    private readonly int _number;
    private int _epoll = -1;
    private long _lastKey;

    private EventLoop(int number) => _number = number;

    /// <summary>The loops in turn.</summary>
    public static EventLoop Next() => All[(uint)Interlocked.Increment(ref last) % (uint)All.Length];

    /// <summary>Tells the stream of the events of its socket until it is removed, or the socket closed. The first call starts the thread.</summary>
    /// <returns>For <see cref="Remove"/>.</returns>
    public long Watch(PromptStream stream, SafeSocketHandle socket)
    {
        lock (_gate)
        {
            if (_epoll < 0)
            {
                _epoll = Require(EpollCreate(CloseOnExec));
                new Thread(Run) { IsBackground = true, Name = $"dimse-{_number}" }.Start();
            }
        }

        long key = Interlocked.Increment(ref _lastKey);
        _streams[key] = stream;
        Span<byte> wanted = stackalloc byte[EventSize];
        BinaryPrimitives.WriteUInt32LittleEndian(wanted, Wanted);
        BinaryPrimitives.WriteInt64LittleEndian(wanted[(EventSize - 8)..], key);
        bool held = false;
        try
        {
            socket.DangerousAddRef(ref held);
            fixed (byte* at = wanted)
            {
                Require(EpollControl(_epoll, Add, (int)socket.DangerousGetHandle(), at));
            }
        }
        catch
        {
            Remove(key);
            throw;
        }
        finally
        {
            if (held)
            {
                socket.DangerousRelease();
            }
        }

        return key;
    }

    public void Remove(long key) => _streams.TryRemove(key, out _);

    private static int Require(int result) => result >= 0 ? result : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));

    private void Run()
    {
        byte* events = stackalloc byte[EventSize * Events];
        while (true)
        {
            int count = EpollWait(_epoll, events, Events, -1);
            if (count < 0 && Marshal.GetLastPInvokeError() != Interrupted)
            {
                throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())); // the loop of a process that cannot go on
            }

            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<byte> occurred = new(events + (i * EventSize), EventSize);
                uint flags = BinaryPrimitives.ReadUInt32LittleEndian(occurred);
                if (_streams.TryGetValue(BinaryPrimitives.ReadInt64LittleEndian(occurred[(EventSize - 8)..]), out PromptStream? stream))
                {
                    stream.OnEvents((flags & Readable) != 0, (flags & Writable) != 0, (flags & Ended) != 0);
                }
            }
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int EpollControl(int epoll, int operation, int descriptor, byte* wanted);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int EpollWait(int epoll, byte* events, int most, int timeout);
}
