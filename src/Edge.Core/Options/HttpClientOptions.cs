namespace Edge.Core.Options;

/// <summary>The Orthanc servers this server talks to, and how.</summary>
[OptionGroup("Peers and HTTP client")]
public sealed class HttpClientOptions
{
    /// <summary>The known Orthanc servers, by name: [ url ], [ url, user, password ] or an object.</summary>
    [Option(Reader = "PeerMap", Secret = true, Example = "{ \"centre\": { \"Url\": \"https://centre.example/\", \"Username\": \"edge\", \"Password\": \"${file:/etc/edge-dicom/centre.password}\" } }")]
    public Dictionary<string, PeerOptions> OrthancPeers { get; set; } = [];

    /// <summary>Keep peers in the index, where the REST API changes them; OrthancPeers is then ignored.</summary>
    [Option]
    public bool OrthancPeersInDatabase { get; set; }

    /// <summary>The HTTP proxy to use, as host:port or user:password@host:port.</summary>
    [Option]
    public string HttpProxy { get; set; } = "";

    /// <summary>Log every outgoing request.</summary>
    [Option]
    public bool HttpVerbose { get; set; }

    /// <summary>How long to wait for an HTTP server; 0 = 60 s.</summary>
    [Option(Min = 0, Unit = "s")]
    public int HttpTimeout { get; set; } = 60;

    /// <summary>Check the certificates of HTTPS servers. Never switch this off outside of a test.</summary>
    [Option]
    public bool HttpsVerifyPeers { get; set; } = true;

    /// <summary>The trusted authorities, in one PEM file; by default those of the system.</summary>
    [Option(Format = OptionFormat.File)]
    public string? HttpsCACertificates { get; set; }
}
