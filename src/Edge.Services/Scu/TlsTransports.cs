using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dimse.Association;

namespace Edge.Services.Scu;

/// <summary>TLS of DICOM associations (PS3.15 annex B) on either side, by the options.</summary>
public static class TlsTransports
{
    /// <summary>The side that listens.</summary>
    /// <exception cref="EdgeException">SslInitialization: a certificate or key is missing or cannot be read.</exception>
    public static Transport Server(DicomTlsOptions options)
    {
        X509Certificate2 own = Own(options) ?? throw new EdgeException(ErrorCode.SslInitialization, "DicomTlsEnabled needs DicomTlsCertificate and DicomTlsPrivateKey");
        X509Certificate2Collection? trusted = Trusted(options);
        if (options.DicomTlsRemoteCertificateRequired && trusted is null)
        {
            throw new EdgeException(ErrorCode.SslInitialization, "DicomTlsRemoteCertificateRequired needs DicomTlsTrustedCertificates");
        }

        return Transports.TlsServer(new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(own, trusted, offline: true),
            ClientCertificateRequired = options.DicomTlsRemoteCertificateRequired,
            EnabledSslProtocols = Protocols(options),
            CipherSuitesPolicy = Ciphers(options),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                !options.DicomTlsRemoteCertificateRequired || (certificate is X509Certificate2 shown && IsTrusted(shown, trusted!)),
        });
    }

    /// <summary>The side that connects: shows our certificate where there is one, checks that of the peer against those trusted.</summary>
    /// <remarks>The name in the certificate is not compared with the host: certificates of DICOM systems seldom carry it, and trust is given to each of them.</remarks>
    /// <exception cref="EdgeException">SslInitialization: a certificate or key cannot be read, or none is trusted.</exception>
    public static Transport Client(DicomTlsOptions options)
    {
        X509Certificate2? own = Own(options);
        X509Certificate2Collection? trusted = Trusted(options);
        if (options.DicomTlsRemoteCertificateRequired && trusted is null)
        {
            throw new EdgeException(ErrorCode.SslInitialization, "UseDicomTls needs DicomTlsTrustedCertificates");
        }

        return Transports.TlsClient(new SslClientAuthenticationOptions
        {
            TargetHost = "",
            ClientCertificateContext = own is null ? null : SslStreamCertificateContext.Create(own, trusted, offline: true),
            EnabledSslProtocols = Protocols(options),
            CipherSuitesPolicy = Ciphers(options),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            RemoteCertificateValidationCallback = (_, certificate, _, _) =>
                !options.DicomTlsRemoteCertificateRequired || (certificate is X509Certificate2 shown && IsTrusted(shown, trusted!)),
        });
    }

    /// <summary>Whether a certificate is one of those trusted, or issued by one of them.</summary>
    private static bool IsTrusted(X509Certificate2 shown, X509Certificate2Collection trusted)
    {
        using X509Chain chain = new();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(trusted);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        return chain.Build(shown);
    }

    private static X509Certificate2? Own(DicomTlsOptions options)
    {
        if (string.IsNullOrEmpty(options.DicomTlsCertificate) || string.IsNullOrEmpty(options.DicomTlsPrivateKey))
        {
            return null;
        }

        try
        {
            return X509Certificate2.CreateFromPemFile(options.DicomTlsCertificate, options.DicomTlsPrivateKey);
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SslInitialization, $"DicomTlsCertificate or DicomTlsPrivateKey cannot be read: {e.Message}", e);
        }
    }

    private static X509Certificate2Collection? Trusted(DicomTlsOptions options)
    {
        if (string.IsNullOrEmpty(options.DicomTlsTrustedCertificates))
        {
            return null;
        }

        try
        {
            X509Certificate2Collection trusted = [];
            trusted.ImportFromPemFile(options.DicomTlsTrustedCertificates);
            return trusted;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new EdgeException(ErrorCode.SslInitialization, $"DicomTlsTrustedCertificates cannot be read: {e.Message}", e);
        }
    }

    private static SslProtocols Protocols(DicomTlsOptions options) =>
        options.DicomTlsMinimumProtocolVersion == 4 ? SslProtocols.Tls13 : SslProtocols.Tls12 | SslProtocols.Tls13;

    private static CipherSuitesPolicy? Ciphers(DicomTlsOptions options)
    {
        if (options.DicomTlsCiphersAccepted.Length == 0 || !OperatingSystem.IsLinux())
        {
            return null;
        }

        List<TlsCipherSuite> suites = [];
        foreach (string name in options.DicomTlsCiphersAccepted)
        {
            suites.Add(Enum.TryParse(name, out TlsCipherSuite suite)
                ? suite
                : throw new EdgeException(ErrorCode.SslInitialization, $"DicomTlsCiphersAccepted: unknown cipher suite \"{name}\""));
        }

        return new CipherSuitesPolicy(suites);
    }
}
