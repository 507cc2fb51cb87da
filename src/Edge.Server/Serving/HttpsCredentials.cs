using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Options;

namespace Edge.Server.Serving;

/// <summary>What HTTPS is served with (<c>SslCertificate</c> and its like). Files that change are read again for the next connection; ones that cannot be read leave the former in force.</summary>
internal sealed class HttpsCredentials
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private readonly SecurityOptions _options;
    private readonly Lock _gate = new();
    private SslServerAuthenticationOptions _current;
    private DateTime _written;
    private long _looked = Environment.TickCount64;

    /// <exception cref="EdgeException">SslInitialization: a file or a cipher suite cannot be used.</exception>
    public HttpsCredentials(SecurityOptions options)
    {
        _options = options;
        _written = Written();
        _current = Load(options);
    }

    /// <summary>For the next connection.</summary>
    public SslServerAuthenticationOptions Current()
    {
        lock (_gate)
        {
            if (Environment.TickCount64 - _looked < LookEvery.TotalMilliseconds)
            {
                return _current;
            }

            _looked = Environment.TickCount64;
            DateTime written = Written();
            if (written != _written)
            {
                _written = written;
                try
                {
                    _current = Load(_options);
                    Log.Http.Warning("the certificates of HTTPS have changed and were read again");
                }
                catch (EdgeException e)
                {
                    Log.Http.Error("the changed certificates of HTTPS cannot be used, the former ones stay", e);
                }
            }

            return _current;
        }
    }

    private DateTime Written()
    {
        DateTime own = File.GetLastWriteTimeUtc(_options.SslCertificate);
        DateTime trusted = _options.SslVerifyPeers ? File.GetLastWriteTimeUtc(_options.SslTrustedClientCertificates) : own;
        return trusted > own ? trusted : own;
    }

    private static SslServerAuthenticationOptions Load(SecurityOptions options)
    {
        X509Certificate2Collection? trusted = options.SslVerifyPeers ? Trusted(options.SslTrustedClientCertificates) : null;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = Own(options.SslCertificate),
            EnabledSslProtocols = options.SslMinimumProtocolVersion >= 5 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13,
            CipherSuitesPolicy = Ciphers(options.SslCiphersAccepted),
            ClientCertificateRequired = trusted is not null,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = trusted is null ? null : (_, shown, _, _) => shown is not null && IsTrusted(shown, trusted),
        };
    }

    private static SslStreamCertificateContext Own(string file)
    {
        try
        {
            X509Certificate2 own = X509Certificate2.CreateFromPemFile(file);
            X509Certificate2Collection all = [];
            all.ImportFromPemFile(file);
            return SslStreamCertificateContext.Create(own, all, offline: true);
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SslInitialization, $"SslCertificate {file} cannot be read as a PEM file with certificate and private key: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection Trusted(string file)
    {
        try
        {
            X509Certificate2Collection trusted = [];
            trusted.ImportFromPemFile(file);
            return trusted.Count > 0 ? trusted : throw new EdgeException(ErrorCode.SslInitialization, $"SslTrustedClientCertificates {file} holds no certificate");
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SslInitialization, $"SslTrustedClientCertificates {file} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Whether a client's certificate is one of the trusted ones, or goes back to one.</summary>
    private static bool IsTrusted(X509Certificate shown, X509Certificate2Collection trusted)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        using X509Certificate2 certificate = new(shown);
        return chain.Build(certificate);
    }

    /// <summary>OpenSSL's list governs TLS 1.2 alone, so those of TLS 1.3 stay.</summary>
    private static CipherSuitesPolicy? Ciphers(string[] names)
    {
        if (names.Length == 0 || !OperatingSystem.IsLinux())
        {
            return null;
        }

        List<TlsCipherSuite> suites = [TlsCipherSuite.TLS_AES_256_GCM_SHA384, TlsCipherSuite.TLS_CHACHA20_POLY1305_SHA256, TlsCipherSuite.TLS_AES_128_GCM_SHA256];
        foreach (string name in names)
        {
            suites.Add(CipherNames.Find(name) ?? throw new EdgeException(ErrorCode.SslInitialization, $"SslCiphersAccepted: unknown cipher suite \"{name}\""));
        }

        return new CipherSuitesPolicy(suites.Distinct());
    }
}
