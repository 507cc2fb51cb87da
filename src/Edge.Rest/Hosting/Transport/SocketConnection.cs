using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace Edge.Rest.Hosting.Transport;

/// <summary>
/// One accepted connection: a loop that reads the socket into a pipe, one that writes the other pipe to the socket. Both continue
/// where the event was noticed, without a change of thread. While nothing comes, no buffer is held.
/// </summary>
internal sealed class SocketConnection : DefaultConnectionContext, IMemoryPoolFeature
{
    private static long _last;

    private readonly Socket _socket;
    private readonly Pipe _input;
    private readonly Pipe _output;
    private readonly CancellationTokenSource _closed = new();
    private readonly List<ArraySegment<byte>> _segments = [];
    private readonly Lock _gate = new();
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private Exception? _reason;
    private bool _shut;

    /// <param name="readAhead">Bytes received and not yet taken at which the socket is left alone.</param>
    public SocketConnection(Socket socket, BlockPool pool, int readAhead)
    {
        _socket = socket;
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

    public void Start()
    {
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

    private async Task ReceiveAsync()
    {
        PipeWriter writer = _input.Writer;
        Exception? error = null;
        int wanted = BlockPool.Small;
        try
        {
            while (true)
            {
                if (wanted == BlockPool.Small)
                {
                    await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None).ConfigureAwait(false);
                }

                Memory<byte> block = writer.GetMemory(wanted);
                int read = await _socket.ReceiveAsync(block, SocketFlags.None).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                // A full block: more is there already, so it is fetched in larger pieces.
                wanted = read == block.Length ? BlockPool.Large : BlockPool.Small;
                writer.Advance(read);
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
                if (bytes.IsSingleSegment && !bytes.IsEmpty)
                {
                    await _socket.SendAsync(bytes.First, SocketFlags.None).ConfigureAwait(false);
                }
                else if (!bytes.IsEmpty)
                {
                    _segments.Clear();
                    foreach (ReadOnlyMemory<byte> segment in bytes)
                    {
                        _segments.Add(MemoryMarshal.TryGetArray(segment, out ArraySegment<byte> array) ? array : new ArraySegment<byte>(segment.ToArray()));
                    }

                    await _socket.SendAsync(_segments, SocketFlags.None).ConfigureAwait(false);
                }

                reader.AdvanceTo(bytes.End);
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
