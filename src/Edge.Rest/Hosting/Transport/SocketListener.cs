using Edge.Core.Sockets;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;

namespace Edge.Rest.Hosting.Transport;

/// <summary>
/// TCP for Kestrel in place of its own transport, which reads bodies in pieces of at most 4 KB and hands every piece to another
/// thread: <c>docs/decisions/0032-http-transport.md</c>.
/// </summary>
internal sealed class SocketTransport(RestOptions options, EventThreads events, IRestLog log) : IConnectionListenerFactory
{
    private const int Backlog = 512;

    private readonly BlockPool _pool = new();

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket socket = new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (endpoint is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endpoint);
            socket.Listen(Backlog);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new ValueTask<IConnectionListener>(new SocketListener(socket, _pool, events, options, log));
    }
}

/// <summary>One listening socket.</summary>
internal sealed class SocketListener(Socket socket, BlockPool pool, EventThreads events, RestOptions options, IRestLog log) : IConnectionListener
{
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);

    public EndPoint EndPoint { get; } = socket.LocalEndPoint!;

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            try
            {
                Socket accepted = await socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (TryServe(accepted) is { } connection)
                {
                    return connection;
                }
            }
            catch (ObjectDisposedException)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                return null;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
            {
                // The client waits in the backlog until something is closed; to try again at once would only burn time.
                log.Write(RestLogLevel.Warning, $"No connection can be accepted: {e.SocketErrorCode}");
                await Task.Delay(Breath, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // The client went away before it was accepted.
            }
        }
    }

    private SocketConnection? TryServe(Socket accepted)
    {
        try
        {
            accepted.NoDelay = options.NoDelay;
            accepted.Blocking = false;
            SocketConnection connection = new(accepted, pool, events, options.ReadAheadBytes);
            connection.Start();
            return connection;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            accepted.Dispose(); // Gone already (SocketException), or not to be watched.
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync();
}
