namespace Edge.Core.Options;

/// <summary>DICOM over TLS, as server and as client (PS3.15 annex B).</summary>
[OptionGroup("DICOM over TLS")]
public sealed class DicomTlsOptions
{
    /// <summary>Demand TLS of every association with the DICOM server.</summary>
    [Option]
    public bool DicomTlsEnabled { get; set; }

    /// <summary>The certificate of this server, a PEM file; also shown to modalities with UseDicomTls.</summary>
    [Option(Format = OptionFormat.File)]
    public string? DicomTlsCertificate { get; set; }

    /// <summary>The private key of that certificate, a PEM file.</summary>
    [Option(Format = OptionFormat.File)]
    public string? DicomTlsPrivateKey { get; set; }

    /// <summary>The certificates, or authorities, that are trusted, in one PEM file.</summary>
    [Option(Format = OptionFormat.File)]
    public string? DicomTlsTrustedCertificates { get; set; }

    /// <summary>Demand a trusted certificate of the other side.</summary>
    [Option]
    public bool DicomTlsRemoteCertificateRequired { get; set; } = true;

    /// <summary>Oldest TLS version accepted: 0 = the BCP 195 profile, 3 = TLS 1.2, 4 = TLS 1.3. Older ones (1 and 2) are raised to TLS 1.2.</summary>
    [Option(Min = 0, Max = 4, Since = "1.12.4")]
    public int DicomTlsMinimumProtocolVersion { get; set; }

    /// <summary>Names of the accepted cipher suites; by default those of the system.</summary>
    [Option(Since = "1.12.4")]
    public string[] DicomTlsCiphersAccepted { get; set; } = [];
}
