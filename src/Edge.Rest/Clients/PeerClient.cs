using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Rest.Clients;

/// <summary>Speaks with one Orthanc peer over HTTP(S), on connections that are kept for its life.</summary>
public sealed class PeerClient : IPeerConnection
{
    /// <summary>The longest answer that is taken, in bytes.</summary>
    private const long LongestAnswer = 16 << 20;

    private readonly HttpClient _http;
    private readonly PeerOptions _peer;

    /// <param name="timeout">In seconds; 0 for the peer's, else <c>HttpTimeout</c>.</param>
    /// <exception cref="EdgeException">SslInitialization: a certificate cannot be read, or PKCS#11 is asked for.</exception>
    public PeerClient(PeerOptions peer, HttpClientOptions options, int timeout = 0)
    {
        _peer = peer;
        if (peer.Pkcs11)
        {
            throw new EdgeException(ErrorCode.SslInitialization, "Peers with keys in a PKCS#11 module are not supported");
        }

        int seconds = timeout > 0 ? timeout : peer.Timeout > 0 ? peer.Timeout : options.HttpTimeout > 0 ? options.HttpTimeout : 60;
        SocketsHttpHandler handler = new()
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.GZip,
            ConnectTimeout = TimeSpan.FromSeconds(seconds),
            UseProxy = options.HttpProxy.Length > 0,
            Proxy = options.HttpProxy.Length > 0 ? ProxyOf(options.HttpProxy) : null,
            SslOptions = TlsOf(peer, options),
        };
        _http = new HttpClient(handler) { BaseAddress = new Uri(peer.Url), Timeout = TimeSpan.FromSeconds(seconds), MaxResponseContentBufferSize = LongestAnswer };
        if (peer.Username.Length > 0)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{peer.Username}:{peer.Password}")));
        }

        foreach ((string name, string value) in peer.HttpHeaders)
        {
            _http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>GET; the body of the answer.</summary>
    /// <exception cref="EdgeException">NetworkProtocol: no connection, no answer in time, or another status than 200.</exception>
    public ValueTask<byte[]> GetAsync(string path, CancellationToken cancellation) => SendAsync(new HttpRequestMessage(HttpMethod.Get, path), cancellation);

    /// <summary>POST <c>instances</c>; the body of the answer.</summary>
    /// <param name="file">A DICOM file, from its position to its end.</param>
    /// <exception cref="EdgeException">NetworkProtocol, as above.</exception>
    public async ValueTask<byte[]> StoreAsync(Stream file, bool compress, CancellationToken cancellation)
    {
        using HttpContent content = compress ? new GzipContent(file) : new StreamContent(file, 128 * 1024);
        return await StoreAsync(content, compress, cancellation).ConfigureAwait(false);
    }

    private ValueTask<byte[]> StoreAsync(HttpContent content, bool compress, CancellationToken cancellation)
    {
        content.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
        if (compress)
        {
            content.Headers.ContentEncoding.Add("gzip");
        }

        return SendAsync(new HttpRequestMessage(HttpMethod.Post, "instances") { Content = content }, cancellation);
    }

    public async ValueTask<long> StoreInstanceAsync(Stream file, string instance, bool compress, CancellationToken cancellation = default)
    {
        using GzipContent? compressed = compress ? new GzipContent(file) : null;
        using HttpContent content = compressed ?? (HttpContent)new StreamContent(file, 128 * 1024);
        long plain = file.Length - file.Position;
        await StoreAsync(content, compress, cancellation).ConfigureAwait(false);
        return compressed?.Written ?? plain;
    }

    /// <summary>POST <c>instances</c>; the status and the body of the answer, whatever they are.</summary>
    /// <exception cref="EdgeException">NetworkProtocol: no connection, or no answer in time.</exception>
    public async ValueTask<(HttpStatusCode Status, byte[] Body)> TryStoreAsync(Stream file, CancellationToken cancellation)
    {
        using StreamContent content = new(file, 128 * 1024);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
        using HttpRequestMessage request = new(HttpMethod.Post, "instances") { Content = content };
        return await AnswerAsync(request, cancellation).ConfigureAwait(false);
    }

    private async ValueTask<byte[]> SendAsync(HttpRequestMessage message, CancellationToken cancellation)
    {
        using HttpRequestMessage request = message;
        (HttpStatusCode status, byte[] body) = await AnswerAsync(request, cancellation).ConfigureAwait(false);
        return status == HttpStatusCode.OK
            ? body
            : throw new EdgeException(ErrorCode.NetworkProtocol, $"The peer at {_peer.Url} answered {request.Method} {request.RequestUri} with status {(int)status}");
    }

    private async ValueTask<(HttpStatusCode Status, byte[] Body)> AnswerAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using HttpResponseMessage answer = await _http.SendAsync(request, cancellation).ConfigureAwait(false);
            return (answer.StatusCode, answer.StatusCode == HttpStatusCode.OK ? await answer.Content.ReadAsByteArrayAsync(cancellation).ConfigureAwait(false) : []);
        }
        catch (HttpRequestException e)
        {
            throw new EdgeException(ErrorCode.NetworkProtocol, $"The peer at {_peer.Url} cannot be reached: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new EdgeException(ErrorCode.NetworkProtocol, $"The peer at {_peer.Url} did not answer within {_http.Timeout.TotalSeconds:0} s", e);
        }
    }

    private static SslClientAuthenticationOptions TlsOf(PeerOptions peer, HttpClientOptions options)
    {
        SslClientAuthenticationOptions tls = new();
        try
        {
            if (peer.CertificateFile.Length > 0)
            {
                X509Certificate2 own = peer.CertificateKeyPassword.Length > 0
                    ? X509Certificate2.CreateFromEncryptedPemFile(peer.CertificateFile, peer.CertificateKeyPassword, peer.CertificateKeyFile)
                    : X509Certificate2.CreateFromPemFile(peer.CertificateFile, peer.CertificateKeyFile);
                tls.ClientCertificates = [own];
            }

            if (!string.IsNullOrEmpty(options.HttpsCACertificates))
            {
                X509ChainPolicy policy = new() { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
                policy.CustomTrustStore.ImportFromPemFile(options.HttpsCACertificates);
                tls.CertificateChainPolicy = policy;
            }
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SslInitialization, $"A certificate for the peer at {peer.Url} cannot be read: {e.Message}", e);
        }

        if (!options.HttpsVerifyPeers)
        {
#pragma warning disable CA5359 // asked for by an option that warns of it
            tls.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        return tls;
    }

    private static WebProxy ProxyOf(string text)
    {
        int at = text.LastIndexOf('@');
        WebProxy proxy = new(text[(at + 1)..].Contains("://", StringComparison.Ordinal) ? text[(at + 1)..] : "http://" + text[(at + 1)..]);
        if (at > 0)
        {
            string[] credentials = text[..at].Split(':', 2);
            proxy.Credentials = new NetworkCredential(credentials[0], credentials.Length > 1 ? credentials[1] : "");
        }

        return proxy;
    }

    /// <summary>Compresses while it is sent; the length is not known before.</summary>
    private sealed class GzipContent(Stream source) : HttpContent
    {
        /// <summary>Compressed bytes sent so far.</summary>
        public long Written { get; private set; }

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await using CountedStream counted = new(stream);
            GZipStream gzip = new(counted, CompressionLevel.Fastest, leaveOpen: true);
            await using (gzip.ConfigureAwait(false))
            {
                await source.CopyToAsync(gzip).ConfigureAwait(false);
            }

            Written = counted.Written;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
    /// <summary>Passes on what is written, and counts it.</summary>
    private sealed class CountedStream(Stream target) : Stream
    {
        public long Written { get; private set; }

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Write(byte[] buffer, int offset, int count)
        {
            target.Write(buffer, offset, count);
            Written += count;
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await target.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
            Written += buffer.Length;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush() => target.Flush();

        public override Task FlushAsync(CancellationToken cancellationToken) => target.FlushAsync(cancellationToken);

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
