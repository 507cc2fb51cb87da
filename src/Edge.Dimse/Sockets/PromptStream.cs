using Edge.Core.Sockets;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Edge.Dimse.Sockets;

/// <summary>
/// A connected socket as a stream: what waits for it goes on on the thread of <see cref="EventThreads"/> that noticed it, and its receipts are acknowledged at once. A
/// sender with Nagle's algorithm (DCMTK's tools, most modalities) holds the last piece of an image back until what it sent before is acknowledged; a
/// kernel that delays acknowledgements lets it wait up to 40 ms.
/// </summary>
/// <remarks>One read and one write at a time. Linux alone.</remarks>
internal sealed class PromptStream : Stream, IWatched
{
    private static readonly EventThreads Events = new("dimse");

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly ReadySignal _readable = new();
    private readonly ReadySignal _writable = new();
    private readonly EventSet _set = Events.Next();
    private readonly ulong _key;
    private volatile bool _ended;
    private bool _drained;
    private int _disposed;

    /// <param name="socket">Connected, and never used asynchronously. Owned from here on.</param>
    public PromptStream(Socket socket)
    {
        _socket = socket;
        _handle = socket.SafeHandle;
        LinuxSocket.AcknowledgeAtOnce(_handle);
        _key = _set.Watch(_handle, this);
    }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Whether a read finds bytes now.</summary>
    public bool HasBytes
    {
        get
        {
            try
            {
                return (!_drained || _readable.IsRaised) && _socket.Available > 0;
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return false; // it has ended, and a read says how
            }
        }
    }

    /// <inheritdoc/>
    public void Changed(SocketChanges changes)
    {
        if (changes.HasFlag(SocketChanges.Ended))
        {
            _ended = true;
        }

        if (changes.HasFlag(SocketChanges.Writable))
        {
            _writable.Raise();
        }

        if (changes.HasFlag(SocketChanges.Readable))
        {
            _readable.Raise();
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
                LinuxSocket.AcknowledgeAtOnce(_handle);
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
            int sent = Send(first, second, CollectionsMarshal.AsSpan(pieces)[at..]);
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
            _set.Forget(_key);
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
                static stream => stream.Changed(SocketChanges.Readable | SocketChanges.Writable),
                this,
                preferLocal: false);
        }

        base.Dispose(disposing);
    }

    private static ValueTask WaitAsync(ReadySignal signal, CancellationToken cancellation) =>
        cancellation.CanBeCanceled ? WaitCancellableAsync(signal, cancellation) : signal.WaitAsync();

    private static async ValueTask WaitCancellableAsync(ReadySignal signal, CancellationToken cancellation)
    {
        using (cancellation.UnsafeRegister(static one => ((ReadySignal)one!).Raise(), signal))
        {
            await signal.WaitAsync().ConfigureAwait(false);
        }

        cancellation.ThrowIfCancellationRequested();
    }

    /// <exception cref="IOException">The connection failed.</exception>
    private int Receive(Span<byte> buffer)
    {
        try
        {
            return LinuxSocket.Receive(_handle, buffer);
        }
        catch (SocketException failed)
        {
            throw Failed(failed);
        }
    }

    /// <exception cref="IOException">The connection failed.</exception>
    private int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return LinuxSocket.Send(_handle, bytes);
        }
        catch (SocketException failed)
        {
            throw Failed(failed);
        }
    }

    /// <exception cref="IOException">The connection failed.</exception>
    private unsafe int Send(byte[] first, byte[] second, ReadOnlySpan<ArraySegment<byte>> segments)
    {
        LinuxSocket.Piece* pieces = stackalloc LinuxSocket.Piece[segments.Length];
        fixed (byte* one = first, two = second)
        {
            for (int i = 0; i < segments.Length; i++)
            {
                pieces[i] = new LinuxSocket.Piece { Start = (ReferenceEquals(segments[i].Array, first) ? one : two) + segments[i].Offset, Length = (nuint)segments[i].Count };
            }

            try
            {
                return LinuxSocket.Send(_handle, new ReadOnlySpan<LinuxSocket.Piece>(pieces, segments.Length));
            }
            catch (SocketException failed)
            {
                throw Failed(failed);
            }
        }
    }

    /// <summary>As streams of the framework say it.</summary>
    private static IOException Failed(SocketException why) => new(why.Message, why);
}
