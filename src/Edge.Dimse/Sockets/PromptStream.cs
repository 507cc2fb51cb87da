using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Dimse.Sockets;

/// <summary>
/// A connected socket as a stream: what waits for it goes on on a thread of an <see cref="EventLoop"/>, and its receipts are acknowledged at once. A
/// sender with Nagle's algorithm (DCMTK's tools, most modalities) holds the last piece of an image back until what it sent before is acknowledged; a
/// kernel that delays acknowledgements lets it wait up to 40 ms.
/// </summary>
/// <remarks>One read and one write at a time. Linux alone.</remarks>
internal sealed partial class PromptStream : Stream
{
    /// <summary><c>IPPROTO_TCP</c> and <c>TCP_QUICKACK</c> of tcp(7).</summary>
    private const int ProtocolTcp = 6;
    private const int QuickAcknowledgement = 12;

    /// <summary><c>MSG_DONTWAIT</c>, <c>MSG_NOSIGNAL</c>.</summary>
    private const int Flags = 0x40 | 0x4000;

    /// <summary><c>MSG_PEEK</c>.</summary>
    private const int Peek = 0x2;

    private const int Interrupted = 4;
    private const int TryAgain = 11;

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly Readiness _readable = new();
    private readonly Readiness _writable = new();
    private readonly EventLoop _loop = EventLoop.Next();
    private readonly long _key;
    private volatile bool _ended;
    private bool _drained;
    private int _disposed;

    /// <param name="socket">Connected, and never used asynchronously. Owned from here on.</param>
    public PromptStream(Socket socket)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        AcknowledgeAtOnce();
        _key = _loop.Watch(this, _handle);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Whether a read may find something now.</summary>
    public bool MayHaveMore => !_drained || _ended || _readable.HasOccurred;

    /// <summary>From the loop: something has changed since the last event.</summary>
    public void OnEvents(bool readable, bool writable, bool ended)
    {
        if (ended)
        {
            _ended = true;
        }

        if (writable)
        {
            _writable.Signal();
        }

        if (readable)
        {
            _readable.Signal();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            // What was read in part is read to the end, and the next event tells of more: no call to be told that there is nothing.
            if (_drained && !_ended)
            {
                _drained = false; // who is cancelled may have taken the event with it
                await WaitAsync(_readable, cancellationToken).ConfigureAwait(false);
            }

            int read = Receive(buffer.Span);
            _drained = read < buffer.Length; // without room nothing was read
            if (read >= 0)
            {
                // The kernel falls back to delaying by itself: the option is set anew for what comes next.
                AcknowledgeAtOnce();
                return read;
            }

            if (_ended)
            {
                await WaitAsync(_readable, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            int sent = Send(buffer.Span);
            if (sent < 0)
            {
                await WaitAsync(_writable, cancellationToken).ConfigureAwait(false);
                continue;
            }

            buffer = buffer[sent..];
        }
    }

    /// <summary>Writes pieces of two arrays, as the list has them.</summary>
    public async ValueTask WriteAsync(byte[] first, byte[] second, List<ArraySegment<byte>> pieces)
    {
        int at = 0;
        while (at < pieces.Count)
        {
            nint sent = Send(first, second, CollectionsMarshal.AsSpan(pieces)[at..]);
            if (sent < 0)
            {
                await WaitAsync(_writable, CancellationToken.None).ConfigureAwait(false);
                continue;
            }

            for (; at < pieces.Count && sent >= pieces[at].Count; at++)
            {
                sent -= pieces[at].Count;
            }

            if (sent > 0)
            {
                pieces[at] = pieces[at][(int)sent..];
            }
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Waiting for a socket blocks: use ReadAsync");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Waiting for a socket blocks: use WriteAsync");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _loop.Remove(_key);
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The peer has gone before.
            }

            _socket.Dispose();

            // Who waits finds the socket closed; not on the thread that closes it, which may hold locks.
            ThreadPool.UnsafeQueueUserWorkItem(
                static stream =>
                {
                    stream._readable.Signal();
                    stream._writable.Signal();
                },
                this,
                preferLocal: false);
        }

        base.Dispose(disposing);
    }

    private static ValueTask WaitAsync(Readiness readiness, CancellationToken cancellation) =>
        cancellation.CanBeCanceled ? WaitCancellableAsync(readiness, cancellation) : readiness.WaitAsync();

    private static async ValueTask WaitCancellableAsync(Readiness readiness, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(static one => ((Readiness)one!).Signal(), readiness))
        {
            await readiness.WaitAsync().ConfigureAwait(false);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Bytes read, 0 at the end; -1 where nothing is there yet. Without room for any: 0 where there is something, or the end.</summary>
    private unsafe int Receive(Span<byte> buffer)
    {
        byte one;
        fixed (byte* start = buffer)
        {
            nint read;
            while ((read = buffer.IsEmpty ? Receive(_handle, &one, 1, Flags | Peek) : Receive(_handle, start, (nuint)buffer.Length, Flags)) < 0 && Error() == Interrupted)
            {
            }

            return (int)Math.Min(Checked(read), buffer.Length);
        }
    }

    /// <summary>Bytes sent; -1 where the peer has to take some first.</summary>
    private unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            nint sent;
            while ((sent = Send(_handle, start, (nuint)bytes.Length, Flags)) < 0 && Error() == Interrupted)
            {
            }

            return (int)Checked(sent);
        }
    }

    private unsafe nint Send(byte[] first, byte[] second, ReadOnlySpan<ArraySegment<byte>> pieces)
    {
        IoVector* vectors = stackalloc IoVector[pieces.Length];
        fixed (byte* one = first, two = second)
        {
            for (int i = 0; i < pieces.Length; i++)
            {
                vectors[i] = new IoVector { Start = (ReferenceEquals(pieces[i].Array, first) ? one : two) + pieces[i].Offset, Length = (nuint)pieces[i].Count };
            }

            Message message = new() { Vectors = vectors, Count = (nuint)pieces.Length };
            nint sent;
            while ((sent = SendMessage(_handle, &message, Flags)) < 0 && Error() == Interrupted)
            {
            }

            return Checked(sent);
        }
    }

    private static int Error() => Marshal.GetLastPInvokeError();

    /// <summary>The result of a call; -1 where it is to be tried again after an event.</summary>
    /// <exception cref="IOException">Any other error.</exception>
    private static nint Checked(nint result) =>
        result >= 0 ? result : Error() == TryAgain ? -1 : throw new IOException(Marshal.GetPInvokeErrorMessage(Error()));

    private unsafe void AcknowledgeAtOnce()
    {
        int on = 1;
        _ = SetOption(_handle, ProtocolTcp, QuickAcknowledgement, &on, sizeof(int)); // where the connection has ended, the next read says so
    }

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    private static unsafe partial nint Receive(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static unsafe partial nint Send(SafeSocketHandle socket, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static unsafe partial nint SendMessage(SafeSocketHandle socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static unsafe partial int SetOption(SafeSocketHandle socket, int level, int option, int* value, uint length);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct IoVector
    {
        public byte* Start;
        public nuint Length;
    }

    /// <summary><c>struct msghdr</c> of Linux with 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private unsafe struct Message
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint Count;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }
}
