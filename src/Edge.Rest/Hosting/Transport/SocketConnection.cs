using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Edge.Core.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Rest.Hosting.Transport;

/// <summary>
/// One accepted connection: a loop that reads the socket into a pipe, one that writes the other pipe to the socket. Both continue
/// on the thread that noticed the event. While nothing comes, no buffer is held.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext, IMemoryPoolFeature, IWatched
{
    private static long _last;

    private readonly Socket _socket;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly EventSet _events;
    private readonly ReadySignal _readable = new();
    private readonly ReadySignal _writable = new();
    private readonly MemoryHandle[] _pins = new MemoryHandle[LinuxSocket.MostPieces];
    private readonly Lock _gate = new();
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private Exception? _reason;
    private ulong _key;
    private bool _shut;
    private volatile bool _ended;

    /// <param name="socket">In non-blocking mode.</param>
    /// <param name="readAhead">Bytes received and not yet taken at which the socket is left alone.</param>
    public SocketConnection(Socket socket, BlockPool pool, EventThreads events, int readAhead)
    {
        _socket = socket;
        _events = events.Next();
        MemoryPool = pool;
        ConnectionId = Interlocked.Increment(ref _last).ToString("x8", System.Globalization.CultureInfo.InvariantCulture);
        LocalEndPoint = socket.LocalEndPoint;
        RemoteEndPoint = socket.RemoteEndPoint;
        ConnectionClosed = _closed.Token;
        _input = new Pipe(new PipeOptions(pool, PipeScheduler.Inline, PipeScheduler.Inline, readAhead, readAhead / 2, BlockPool.Small, useSynchronizationContext: false));
        _output = new Pipe(new PipeOptions(pool, PipeScheduler.Inline, PipeScheduler.Inline, BlockPool.Large, BlockPool.Large / 2, BlockPool.Medium, useSynchronizationContext: false));
        Transport = new Duplex(_input.Reader, _output.Writer);
        Features.Set<IMemoryPoolFeature>(this);
    }

    public MemoryPool<byte> MemoryPool { get; }

    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be watched.</exception>
    public void Start()
    {
        _key = _events.Watch(_socket.SafeHandle, this);
        _receiving = ReceiveAsync();
        _sending = SendAsync();
    }

    public override void Abort(ConnectionAbortedException abortReason)
    {
        Shut(abortReason);
        _output.Reader.CancelPendingRead();
    }

    public override async ValueTask DisposeAsync()
    {
        await _input.Reader.CompleteAsync().ConfigureAwait(false);
        await _output.Writer.CompleteAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        await _receiving.ConfigureAwait(false);
        _closed.Dispose();
    }

    /// <summary>From one of the threads of <see cref="EventThreads"/>: what waits runs here, request and answer included.</summary>
    public void Changed(SocketChanges changes)
    {
        if (changes.HasFlag(SocketChanges.Ended))
        {
            _ended = true;
        }

        // First what frees memory.
        if (changes.HasFlag(SocketChanges.Writable))
        {
            _writable.Raise();
        }

        if (changes.HasFlag(SocketChanges.Readable))
        {
            _readable.Raise();
        }
    }

    private async Task ReceiveAsync()
    {
        PipeWriter writer = _input.Writer;
        Exception? error = null;
        bool isEmpty = true;
        bool inLarge = false;
        try
        {
            while (true)
            {
                if (isEmpty)
                {
                    await _readable.WaitAsync().ConfigureAwait(false);
                }

                int read = Receive(inLarge, out bool isFull);
                if (read == 0)
                {
                    break;
                }

                if (read < 0)
                {
                    isEmpty = true;
                    continue;
                }

                // A full block: more is there already, so it is fetched in larger pieces. Less than that was all there is, and what comes
                // later is reported; the end, once reported, is not reported again.
                inLarge = isFull;
                isEmpty = !isFull && !_ended;
                FlushResult flushed = await writer.FlushAsync().ConfigureAwait(false);
                if (flushed.IsCompleted || flushed.IsCanceled)
                {
                    break;
                }
            }
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown)
        {
            error = new ConnectionResetException(e.Message, e);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = new ConnectionAbortedException(e.Message, e);
        }

        await writer.CompleteAsync(_reason ?? error).ConfigureAwait(false);

        // Not here: what is told of it may take its time.
        ThreadPool.UnsafeQueueUserWorkItem(static closed => Cancel(closed), _closed, preferLocal: false);
    }

    private async Task SendAsync()
    {
        PipeReader reader = _output.Reader;
        Exception? error = null;
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync().ConfigureAwait(false);
                if (result.IsCanceled)
                {
                    break;
                }

                ReadOnlySequence<byte> bytes = result.Buffer;
                SequencePosition end = bytes.End;
                while (!bytes.IsEmpty)
                {
                    int sent = Send(bytes);
                    if (sent < 0)
                    {
                        await _writable.WaitAsync().ConfigureAwait(false);
                    }
                    else
                    {
                        bytes = bytes.Slice(sent);
                    }
                }

                reader.AdvanceTo(end);
                if (result.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            error = new ConnectionResetException(e.Message, e);
        }

        // A client that goes away is no fault: who writes is told that nobody reads (IsCompleted), with no exception thrown at him.
        Shut(error);
        await reader.CompleteAsync().ConfigureAwait(false);
        _input.Writer.CancelPendingFlush();
    }

    /// <returns>As <see cref="LinuxSocket.Receive"/>.</returns>
    private int Receive(bool inLarge, out bool isFull)
    {
        PipeWriter writer = _input.Writer;
        int read;
        if (inLarge)
        {
            Memory<byte> block = writer.GetMemory(BlockPool.Large);
            read = LinuxSocket.Receive(_socket.SafeHandle, block.Span);
            isFull = read == block.Length;
            writer.Advance(Math.Max(read, 0));
            return read;
        }

        // By way of the stack, so that a connection on which nothing comes has taken no block.
        Span<byte> first = stackalloc byte[BlockPool.Small];
        read = LinuxSocket.Receive(_socket.SafeHandle, first);
        isFull = read == first.Length;
        if (read > 0)
        {
            writer.Write(first[..read]);
        }

        return read;
    }

    /// <returns>As <see cref="LinuxSocket.Send(SafeSocketHandle, ReadOnlySpan{byte})"/>.</returns>
    private unsafe int Send(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            return LinuxSocket.Send(_socket.SafeHandle, bytes.FirstSpan);
        }

        Span<LinuxSocket.Piece> pieces = stackalloc LinuxSocket.Piece[LinuxSocket.MostPieces];
        int count = 0;
        try
        {
            foreach (ReadOnlyMemory<byte> segment in bytes)
            {
                _pins[count] = segment.Pin();
                pieces[count] = new LinuxSocket.Piece { Start = (byte*)_pins[count].Pointer, Length = (nuint)segment.Length };
                if (++count == pieces.Length)
                {
                    break;
                }
            }

            return LinuxSocket.Send(_socket.SafeHandle, pieces[..count]);
        }
        finally
        {
            foreach (ref MemoryHandle pin in _pins.AsSpan(0, count))
            {
                pin.Dispose();
            }
        }
    }

    /// <summary>Ends both directions. The first reason counts.</summary>
    private void Shut(Exception? reason)
    {
        lock (_gate)
        {
            if (_shut)
            {
                return;
            }

            _shut = true;
            _reason = reason ?? new ConnectionAbortedException("The connection was ended by the server");
            try
            {
                _socket.Shutdown(SocketShutdown.Both);
            }
            catch (SocketException)
            {
                // The other side was first.
            }

            _socket.Dispose();
        }

        // What waits is told, elsewhere: the caller may hold locks.
        _events.Forget(_key);
        ThreadPool.UnsafeQueueUserWorkItem(static connection => connection.Changed(SocketChanges.Readable | SocketChanges.Writable | SocketChanges.Ended), this, preferLocal: false);
    }

    private static void Cancel(CancellationTokenSource closed)
    {
        try
        {
            closed.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The connection was disposed of in the meantime: nobody listens any more.
        }
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
