using System.Net.Security;
using System.Net.Sockets;
using Edge.Dimse.Sockets;

namespace Edge.Dimse.Association;

/// <summary>Turns a connected socket into the stream that carries the PDUs. The stream owns the socket. Throws where a handshake fails.</summary>
public delegate ValueTask<Stream> Transport(Socket socket, CancellationToken cancellation);

/// <summary>The transports there are: TCP, and TLS (PS3.15 annex B) on either side.</summary>
public static class Transports
{
    public static readonly Transport Tcp = static (socket, _) => ValueTask.FromResult<Stream>(new PromptStream(socket));

    public static Transport TlsServer(SslServerAuthenticationOptions options) => async (socket, cancellation) =>
    {
        SslStream stream = new(new PromptStream(socket));
        await stream.AuthenticateAsServerAsync(options, cancellation).ConfigureAwait(false);
        return stream;
    };

    public static Transport TlsClient(SslClientAuthenticationOptions options) => async (socket, cancellation) =>
    {
        SslStream stream = new(new PromptStream(socket));
        await stream.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
        return stream;
    };
}
