using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;

namespace Edge.Rest.Hosting;

/// <summary>HTTPS as a wrapper around connections: Kestrel's own needs the container that this server does without.</summary>
public static class TlsConnection
{
    /// <summary>Wraps connections in TLS.</summary>
    /// <param name="options">Certificate, protocols and client certificates; asked for each connection, so that a renewed certificate is taken without a restart.</param>
    /// <param name="handshakeTimeout">After which a silent client is dropped.</param>
    public static Func<ConnectionDelegate, ConnectionDelegate> Middleware(Func<SslServerAuthenticationOptions> options, TimeSpan handshakeTimeout, IRestLog log) =>
        next => connection => ServeAsync(next, connection, options, handshakeTimeout, log);

    private static async Task ServeAsync(ConnectionDelegate next, ConnectionContext connection, Func<SslServerAuthenticationOptions> options, TimeSpan handshakeTimeout, IRestLog log)
    {
        IDuplexPipe plain = connection.Transport;
        SslStream tls = new(new DuplexStream(plain.Input.AsStream(leaveOpen: true), plain.Output.AsStream(leaveOpen: true)), leaveInnerStreamOpen: false);
        await using (tls.ConfigureAwait(false))
        {
            using (CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(connection.ConnectionClosed))
            {
                limit.CancelAfter(handshakeTimeout);
                try
                {
                    await tls.AuthenticateAsServerAsync(options(), limit.Token).ConfigureAwait(false);
                }
                catch (Exception failure) when (failure is IOException or AuthenticationException or OperationCanceledException or InvalidOperationException)
                {
                    log.Write(RestLogLevel.Info, $"TLS handshake failed: {failure.Message}");
                    return;
                }
            }

            StreamPipeReaderOptions readerOptions = new(MemoryPool<byte>.Shared, bufferSize: 16 * 1024, minimumReadSize: 4096, leaveOpen: true);
            PipeReader input = PipeReader.Create(tls, readerOptions);
            PipeWriter output = PipeWriter.Create(tls, new StreamPipeWriterOptions(leaveOpen: true));
            connection.Transport = new Pipes(input, output);
            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                connection.Transport = plain;
                await input.CompleteAsync().ConfigureAwait(false);
                await CompleteAsync(output, log).ConfigureAwait(false);
            }
        }
    }

    private static async ValueTask CompleteAsync(PipeWriter output, IRestLog log)
    {
        try
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            log.Write(RestLogLevel.Info, $"TLS connection broke: {failure.Message}");
        }
    }

    private sealed record Pipes(PipeReader Input, PipeWriter Output) : IDuplexPipe;

    /// <summary>The two directions of a connection as one stream.</summary>
    private sealed class DuplexStream(Stream input, Stream output) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => input.ReadAsync(buffer, cancellationToken);

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => input.ReadAsync(buffer, offset, count, cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => input.Read(buffer, offset, count);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => output.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => output.WriteAsync(buffer, offset, count, cancellationToken);

        public override void Write(byte[] buffer, int offset, int count) => output.Write(buffer, offset, count);

        public override void Flush() => output.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => output.FlushAsync(cancellationToken);

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
