namespace Edge.Core.Options;

/// <summary>Where the state of the server may be asked for, and when it calls itself unable to accept.</summary>
[OptionGroup("Edge: health and metrics", Section = "Edge.Health")]
public sealed class HealthOptions
{
    /// <summary>A port of its own for /health/live, /health/ready and /metrics, for load balancers and monitoring; 0 = none. The REST port serves /health/live and /health/ready in any case, under its own rules of access.</summary>
    [Option(Min = 0, Max = 65535)]
    public int Port { get; set; }

    /// <summary>The addresses of that port; * = all.</summary>
    [Option(Format = OptionFormat.IpAddress)]
    public string[] ListenAddresses { get; set; } = ["127.0.0.1"];

    /// <summary>Whether other machines may use that port.</summary>
    [Option]
    public bool RemoteAccessAllowed { get; set; }

    /// <summary>Whether that port demands a user of RegisteredUsers. What it tells holds no patient data.</summary>
    [Option]
    public bool AuthenticationEnabled { get; set; }

    /// <summary>With less free space than this where files or index lie, the server is not ready.</summary>
    [Option(Min = 0, Unit = "MB")]
    public int MinimumFreeMB { get; set; } = 512;
}
