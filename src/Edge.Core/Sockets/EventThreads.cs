using System.Collections.Concurrent;
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Edge.Core.Sockets;

/// <summary>What has changed about a socket since the last event.</summary>
[Flags]
public enum SocketChanges
{
    None = 0,

    /// <summary>Something may be read, or the end.</summary>
    Readable = 1,

    /// <summary>Something may be written again, or nothing ever will.</summary>
    Writable = 2,

    /// <summary>The peer sends no more, or the connection failed: it is not reported a second time.</summary>
    Ended = 4,
}

/// <summary>What a socket's changes are reported to.</summary>
public interface IWatched
{
    /// <summary>From any of the threads, and from several at once.</summary>
    void Changed(SocketChanges changes);
}

/// <summary>
/// The threads that wait for connections to become readable or writable (epoll(7), edge-triggered). A thread takes one event and
/// serves it to its next wait, request and answer included, so that a small request costs one wait, one <c>recv</c> and one
/// <c>send</c> on one thread. All threads wait on the same set: what takes long keeps one of them, and the next event goes to another.
/// </summary>
public sealed unsafe class EventThreads : IDisposable
{
    private const ulong StopKey = 0;
    private const uint In = 0x001;
    private const uint Out = 0x004;
    private const uint Error = 0x008;
    private const uint HangUp = 0x010;
    private const uint PeerShut = 0x2000;
    private const uint EdgeTriggered = 1u << 31;

    // As struct epoll_event is laid out: packed on x86-64 alone.
    private static readonly int KeyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    private readonly ConcurrentDictionary<ulong, IWatched> _watched = new();
    private readonly int _most = Math.Max(4, 2 * Environment.ProcessorCount);
    private readonly Lock _gate = new();
    private readonly string _name;
    private readonly int _set;
    private int _wakeUp = -1;
    private int _threads;
    private int _waiting;
    private ulong _lastKey = StopKey;
    private bool _stopped;

    /// <param name="name">What the threads are called, before their number. They start when there is something to watch.</param>
    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    public EventThreads(string name)
    {
        _name = name;
        _set = LinuxSocket.EpollCreate(LinuxSocket.CloseOnExec);
        if (_set < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Reports each change of a descriptor from now on, from any of the threads and from several at once, until it is closed.</summary>
    /// <returns>The key for <see cref="Forget"/>.</returns>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public ulong Watch(SafeHandle descriptor, IWatched watched)
    {
        ulong key = Interlocked.Increment(ref _lastKey);
        _watched[key] = watched;
        if (!Control(descriptor, In | Out | PeerShut | EdgeTriggered, key))
        {
            int error = Marshal.GetLastPInvokeError();
            Forget(key);
            throw new Win32Exception(error);
        }

        if (Volatile.Read(ref _threads) == 0)
        {
            AddThread();
        }

        return key;
    }

    /// <summary>Nothing more is reported, but for what is being reported now.</summary>
    public void Forget(ulong key) => _watched.TryRemove(key, out _);

    /// <summary>Lets the threads end. Does not wait for them: the caller may be one of them.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_stopped)
            {
                return;
            }

            _stopped = true;
            if (_threads == 0)
            {
                LinuxSocket.Close(_set);
                return;
            }

            // Readable for good, and not edge-triggered: every thread sees it.
            _wakeUp = LinuxSocket.EventDescriptor(1, LinuxSocket.CloseOnExec);
            byte* entry = stackalloc byte[LinuxSocket.EventBytes];
            Write(entry, In, StopKey);
            _ = LinuxSocket.EpollControl(_set, LinuxSocket.Add, _wakeUp, entry);
        }
    }

    private bool Control(SafeHandle descriptor, uint events, ulong key)
    {
        byte* entry = stackalloc byte[LinuxSocket.EventBytes];
        Write(entry, events, key);
        return LinuxSocket.EpollControl(_set, LinuxSocket.Add, descriptor, entry) == 0;
    }

    private static void Write(byte* entry, uint events, ulong key)
    {
        *(uint*)entry = events;
        *(ulong*)(entry + KeyOffset) = key;
    }

    private static SocketChanges ChangesOf(uint events) =>
        ((events & (In | PeerShut | HangUp | Error)) != 0 ? SocketChanges.Readable : 0)
        | ((events & (Out | HangUp | Error)) != 0 ? SocketChanges.Writable : 0)
        | ((events & (PeerShut | HangUp | Error)) != 0 ? SocketChanges.Ended : 0);

    private void AddThread()
    {
        lock (_gate)
        {
            if (_stopped || _threads == _most || (_threads > 0 && Volatile.Read(ref _waiting) > 0))
            {
                return;
            }

            _threads++;
            new Thread(Serve) { IsBackground = true, Name = $"{_name}-{_threads}" }.Start();
        }
    }

    private void Serve()
    {
        byte* entry = stackalloc byte[LinuxSocket.EventBytes];
        while (true)
        {
            Interlocked.Increment(ref _waiting);
            int count = LinuxSocket.EpollWait(_set, entry, 1, -1);
            int others = Interlocked.Decrement(ref _waiting);
            if (count != 1)
            {
                continue; // a signal came
            }

            ulong key = *(ulong*)(entry + KeyOffset);
            if (key == StopKey)
            {
                break;
            }

            if (others == 0 && Volatile.Read(ref _threads) < _most)
            {
                AddThread();
            }

            if (_watched.TryGetValue(key, out IWatched? watched))
            {
                watched.Changed(ChangesOf(*(uint*)entry));
            }
        }

        lock (_gate)
        {
            if (--_threads == 0)
            {
                LinuxSocket.Close(_wakeUp);
                LinuxSocket.Close(_set);
            }
        }
    }
}
