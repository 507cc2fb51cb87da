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
    /// <summary>From any of the threads, and sometimes from two at once.</summary>
    void Changed(SocketChanges changes);
}

/// <summary>The sets of connections that are waited for, one per processor: connections are shared out among them.</summary>
public sealed class EventThreads : IDisposable
{
    private const int MostSets = 8;

    private readonly EventSet[] _sets = new EventSet[Math.Clamp(Environment.ProcessorCount, 1, MostSets)];
    private uint _next;

    /// <param name="name">What the threads are called. They start when there is something to watch.</param>
    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    public EventThreads(string name)
    {
        for (int i = 0; i < _sets.Length; i++)
        {
            _sets[i] = new EventSet(name);
        }
    }

    /// <summary>The set whose turn it is to take a connection.</summary>
    public EventSet Next() => _sets[(Interlocked.Increment(ref _next) - 1) % (uint)_sets.Length];

    public void Dispose() => Array.ForEach(_sets, static set => set.Dispose());
}

/// <summary>
/// Waits until connections become readable or writable (epoll(7), edge-triggered). One thread waits, takes one event, and serves it up to its next wait, request
/// and answer included: a small request costs one wait, one <c>recv</c> and one <c>send</c>, and no change of thread. While events come, a second thread looks
/// on; where the first is kept for long, it waits in its place, and the first joins the others when it is done. Were they all to wait
/// for events at once, each event would wake one that sleeps, although the one at work would have been there in a moment.
/// </summary>
public sealed unsafe class EventSet : IDisposable
{
    private const ulong StopKey = 0;
    private const uint In = 0x001;
    private const uint Out = 0x004;
    private const uint Error = 0x008;
    private const uint HangUp = 0x010;
    private const uint PeerShut = 0x2000;
    private const uint EdgeTriggered = 1u << 31;
    private const int MostThreads = 8;

    // As struct epoll_event is laid out: packed on x86-64 alone.
    private static readonly int KeyOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;

    /// <summary>Who is found at the same event after this time is taken to be kept.</summary>
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentDictionary<ulong, IWatched> _watched = new();

    // A monitor and not a semaphore, which would spin.
    private readonly object _gate = new();
    private readonly string _name;
    private readonly int _descriptor;
    private int _wakeUp = -1;
    private int _threads;
    private int _resting;
    private int _called;
    private ulong _lastKey = StopKey;
    private volatile bool _isWatched;
    private volatile bool _stopped;

    /// <summary>Odd while an event is served; goes up at its beginning and its end, or where another thread takes over.</summary>
    private int _turn;

    /// <exception cref="Win32Exception">The kernel gives no descriptor.</exception>
    internal EventSet(string name)
    {
        _name = name;
        _descriptor = LinuxSocket.EpollCreate(LinuxSocket.CloseOnExec);
        if (_descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Reports each change of a descriptor from now on, until it is closed; sometimes from two threads at once.</summary>
    /// <returns>The key for <see cref="Forget"/>.</returns>
    /// <exception cref="Win32Exception">The kernel refuses.</exception>
    public ulong Watch(SafeHandle descriptor, IWatched watched)
    {
        ulong key = Interlocked.Increment(ref _lastKey);
        _watched[key] = watched;
        byte* entry = stackalloc byte[LinuxSocket.EventBytes];
        Write(entry, In | Out | PeerShut | EdgeTriggered, key);
        if (LinuxSocket.EpollControl(_descriptor, LinuxSocket.Add, descriptor, entry) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            Forget(key);
            throw new Win32Exception(error);
        }

        if (Volatile.Read(ref _threads) == 0)
        {
            lock (_gate)
            {
                if (_threads == 0 && !_stopped)
                {
                    StartThread(leads: true);
                }
            }
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
                LinuxSocket.Close(_descriptor);
                return;
            }

            // Readable for good, and not edge-triggered: whoever waits sees it.
            _wakeUp = LinuxSocket.EventDescriptor(1, LinuxSocket.CloseOnExec);
            byte* entry = stackalloc byte[LinuxSocket.EventBytes];
            Write(entry, In, StopKey);
            _ = LinuxSocket.EpollControl(_descriptor, LinuxSocket.Add, _wakeUp, entry);
            Monitor.PulseAll(_gate);
        }
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

    /// <summary>Waits for events and serves them until another thread has taken over. False: the end.</summary>
    private bool Lead()
    {
        byte* entry = stackalloc byte[LinuxSocket.EventBytes];
        while (true)
        {
            // One at a time: what is not taken yet is there for whoever takes over.
            if (LinuxSocket.EpollWait(_descriptor, entry, 1, -1) != 1)
            {
                continue; // a signal came
            }

            ulong key = *(ulong*)(entry + KeyOffset);
            if (key == StopKey)
            {
                return false;
            }

            int turn = Interlocked.Increment(ref _turn);
            if (!_isWatched)
            {
                CallWatcher();
            }

            if (_watched.TryGetValue(key, out IWatched? watched))
            {
                watched.Changed(ChangesOf(*(uint*)entry));
            }

            if (Interlocked.CompareExchange(ref _turn, turn + 1, turn) != turn)
            {
                return true;
            }
        }
    }

    /// <summary>Looks on while events are served. True: takes over. False: nothing has come for a while, or the end.</summary>
    private bool LookOn()
    {
        int seen = Volatile.Read(ref _turn);
        while (!_stopped)
        {
            Thread.Sleep(Look);
            int turn = Volatile.Read(ref _turn);
            if (turn != seen)
            {
                seen = turn;
                continue;
            }

            if ((turn & 1) != 0)
            {
                if (Interlocked.CompareExchange(ref _turn, turn + 1, turn) == turn)
                {
                    _isWatched = false;
                    return true;
                }

                continue;
            }

            _isWatched = false;
            if (Interlocked.CompareExchange(ref _turn, turn, turn) == turn)
            {
                return false;
            }

            // An event has come in between: it has called another to look on, or found itself watched.
            if (!TryWatch())
            {
                return false;
            }
        }

        return false;
    }

    private bool TryWatch()
    {
        lock (_gate)
        {
            return !_isWatched && (_isWatched = true);
        }
    }

    private void CallWatcher()
    {
        lock (_gate)
        {
            if (_isWatched || _stopped)
            {
                return;
            }

            if (_resting > _called)
            {
                _called++;
                _isWatched = true;
                Monitor.Pulse(_gate);
            }
            else if (_threads < MostThreads)
            {
                _isWatched = true;
                StartThread(leads: false);
            }
        }
    }

    private void StartThread(bool leads)
    {
        _threads++;
        new Thread(() => Serve(leads)) { IsBackground = true, Name = _name }.UnsafeStart();
    }

    private void Serve(bool leads)
    {
        while (!_stopped)
        {
            if (leads)
            {
                if (!Lead())
                {
                    break;
                }

                // Where there was nobody left to look on, it does.
                leads = false;
                if (TryWatch())
                {
                    continue;
                }
            }
            else if (LookOn())
            {
                leads = true;
                continue;
            }

            if (!Rest())
            {
                break;
            }
        }

        lock (_gate)
        {
            if (--_threads == 0)
            {
                LinuxSocket.Close(_wakeUp);
                LinuxSocket.Close(_descriptor);
            }
        }
    }

    /// <summary>Until called to look on. False: the end.</summary>
    private bool Rest()
    {
        lock (_gate)
        {
            _resting++;
            while (_called == 0 && !_stopped)
            {
                Monitor.Wait(_gate);
            }

            _resting--;
            _called = Math.Max(0, _called - 1);
            return !_stopped;
        }
    }
}
