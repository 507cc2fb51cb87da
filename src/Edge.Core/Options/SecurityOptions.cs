namespace Edge.Core.Options;

/// <summary>Who may use the REST API, and how it is encrypted.</summary>
[OptionGroup("Access and encryption of the REST API")]
public sealed class SecurityOptions
{
    /// <summary>Serve clients on other machines. This server then demands RegisteredUsers, or that AuthenticationEnabled is false in so many words: it never makes up a user.</summary>
    [Option]
    public bool RemoteAccessAllowed { get; set; }

    /// <summary>Demand name and password. By default demanded exactly when RemoteAccessAllowed is true.</summary>
    [Option]
    public bool? AuthenticationEnabled { get; set; }

    /// <summary>User name to password. A password is plain text, a hash made by "edge-dicom hash-password", or "${file:PATH}".</summary>
    [Option(Reader = "UserMap", Secret = true, Example = "{ \"alice\": \"${file:/etc/edge-dicom/alice.password}\" }")]
    public Dictionary<string, string> RegisteredUsers { get; set; } = [];

    /// <summary>Serve HTTPS instead of HTTP.</summary>
    [Option]
    public bool SslEnabled { get; set; }

    /// <summary>Certificate, private key and the certificates between it and its authority, in one PEM file; one that is renewed is taken up without a restart.</summary>
    [Option(Format = OptionFormat.Path)]
    public string SslCertificate { get; set; } = "certificate.pem";

    /// <summary>Oldest TLS version accepted: 4 = TLS 1.2, 5 = TLS 1.3. Older ones (0 to 3) are raised to TLS 1.2.</summary>
    [Option(Min = 0, Max = 5)]
    public int SslMinimumProtocolVersion { get; set; } = 4;

    /// <summary>Names of the accepted cipher suites of TLS 1.2, as OpenSSL or IANA calls them; those of TLS 1.3 are accepted in any case. By default those of the system.</summary>
    [Option(Example = "[ \"ECDHE-RSA-AES256-GCM-SHA384\" ]")]
    public string[] SslCiphersAccepted { get; set; } = [];

    /// <summary>Demand a client certificate.</summary>
    [Option]
    public bool SslVerifyPeers { get; set; }

    /// <summary>The certificates, or authorities, of accepted clients, in one PEM file.</summary>
    [Option(Format = OptionFormat.Path)]
    public string SslTrustedClientCertificates { get; set; } = "trustedCertificates.pem";

    /// <summary>Whether requests must carry name and password, by the two options above.</summary>
    public bool IsAuthenticationDemanded => AuthenticationEnabled ?? RemoteAccessAllowed;
}
