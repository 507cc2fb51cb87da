using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Server.Serving;

/// <summary>How commands reach the server that runs on this machine by the same configuration.</summary>
internal static class LocalServer
{
    /// <summary>An address at which it listens.</summary>
    public static Uri AddressOf(EdgeOptions options)
    {
        string[] addresses = options.Edge.HttpListenAddresses;
        IPAddress address = addresses.Length == 0 || addresses.Contains("*") ? IPAddress.Loopback : IPAddress.Parse(addresses[0]);
        if (address.Equals(IPAddress.Any))
        {
            address = IPAddress.Loopback;
        }
        else if (address.Equals(IPAddress.IPv6Any))
        {
            address = options.Security.RemoteAccessAllowed ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        }
        else if (!options.Security.RemoteAccessAllowed && !IPAddress.IsLoopback(address))
        {
            // What is not for other machines listens on loopback whatever the address.
            address = address.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        }

        string host = address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : address.ToString();
        return new Uri($"{(options.Security.SslEnabled ? "https" : "http")}://{host}:{options.Http.HttpPort}");
    }

    /// <summary>A handler that takes over HTTPS the very certificate that the server is configured with, whoever issued it and for whatever name.</summary>
    /// <exception cref="EdgeException">SslInitialization: a certificate cannot be read.</exception>
    public static SocketsHttpHandler Handler(SecurityOptions options, string? clientCertificate)
    {
        SocketsHttpHandler handler = new() { UseProxy = false, AllowAutoRedirect = false };
        if (!options.SslEnabled)
        {
            return handler;
        }

        try
        {
            X509Certificate2Collection certificates = [];
            certificates.ImportFromPemFile(options.SslCertificate);
            byte[] own = certificates.Count > 0 ? certificates[0].RawData : throw new EdgeException(ErrorCode.SslInitialization, $"SslCertificate {options.SslCertificate} holds no certificate");
            handler.SslOptions = new SslClientAuthenticationOptions
            {
                RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null && shown.GetRawCertData().AsSpan().SequenceEqual(own),
                ClientCertificates = clientCertificate is null ? null : [X509Certificate2.CreateFromPemFile(clientCertificate)],
            };
            return handler;
        }
        catch (Exception e) when (e is CryptographicException or IOException or ArgumentException or UnauthorizedAccessException)
        {
            handler.Dispose();
            throw new EdgeException(ErrorCode.SslInitialization, $"a certificate cannot be read: {e.Message}", e);
        }
    }
}
