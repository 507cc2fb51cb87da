namespace Edge.Core.Options;

/// <summary>The HTTP server: REST API and web interface.</summary>
[OptionGroup("HTTP server")]
public sealed class HttpOptions
{
    /// <summary>Serve HTTP.</summary>
    [Option]
    public bool HttpServerEnabled { get; set; } = true;

    /// <summary>The port of the REST API.</summary>
    [Option(Min = 1, Max = 65535)]
    public int HttpPort { get; set; } = 8042;

    /// <summary>Serve the web interface, and redirect / to it.</summary>
    [Option]
    public bool OrthancExplorerEnabled { get; set; } = true;

    /// <summary>Say what went wrong in the body of error answers.</summary>
    [Option]
    public bool HttpDescribeErrors { get; set; } = true;

    /// <summary>Compress answers for clients that accept it. Costs processor time; of use on slow networks.</summary>
    [Option]
    public bool HttpCompressionEnabled { get; set; }

    /// <summary>Keep connections open between requests.</summary>
    [Option]
    public bool KeepAlive { get; set; } = true;

    /// <summary>How long an idle connection is kept open.</summary>
    [Option(Min = 0, Unit = "s")]
    public int KeepAliveTimeout { get; set; } = 1;

    /// <summary>Send small packets at once (TCP_NODELAY).</summary>
    [Option]
    public bool TcpNoDelay { get; set; } = true;

    /// <summary>Number of threads that serve requests. Accepted for compatibility: no thread waits for a request here, and 4096 connections are served at a time.</summary>
    [Option(Min = 1, Max = 10000)]
    public int HttpThreadsCount { get; set; } = 50;

    /// <summary>How long to wait for the next bytes of a request.</summary>
    [Option(Min = 0, Unit = "s")]
    public int HttpRequestTimeout { get; set; } = 30;

    /// <summary>Serve WebDAV at /webdav. Accepted for compatibility: WebDAV is not served (docs/decisions/0029).</summary>
    [Option]
    public bool WebDavEnabled { get; set; } = true;

    /// <summary>Let WebDAV clients delete. Accepted for compatibility: WebDAV is not served.</summary>
    [Option]
    public bool WebDavDeleteAllowed { get; set; }

    /// <summary>Let WebDAV clients upload. Accepted for compatibility: WebDAV is not served.</summary>
    [Option]
    public bool WebDavUploadAllowed { get; set; } = true;
}
