using System.Net;
using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scp;

/// <summary>How a <see cref="DicomServer"/> listens and what it grants to its peers.</summary>
public sealed record DicomServerOptions
{
    /// <summary>Port 0 takes a free one.</summary>
    public IPEndPoint ListenOn { get; init; } = new(IPAddress.IPv6Any, 4242);

    /// <summary>P-DATA-TF PDUs that peers may send, 4096 to 131072 bytes.</summary>
    public int MaximumPduLength { get; init; } = PduLimits.Default;

    /// <summary>Associations served at the same time.</summary>
    public int MaximumAssociations { get; init; } = 64;

    /// <summary>Connections that may wait for a free association; more stay in the kernel's queue.</summary>
    public int MaximumWaiting { get; init; } = 128;

    /// <summary>A connection that waited as long is rejected: transient, local limit exceeded.</summary>
    public TimeSpan WaitTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>ARTIM (PS3.8 9.1.5): for the A-ASSOCIATE-RQ to arrive, a TLS handshake included, and for the peer to close at the end.</summary>
    public TimeSpan ArtimTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary><c>DicomScpTimeout</c>: without progress as long the association is aborted; zero is for ever.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a peer may refuse to take what is sent; zero is for ever.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The longest data set of a request other than C-STORE, in bytes; more is refused (out of resources).</summary>
    public int MaximumIdentifierLength { get; init; } = 4 << 20;

    /// <summary>Every buffer of network data is charged to it; when it is used up, sockets are not read. Share it with the HTTP server.</summary>
    public ByteBudget Budget { get; init; } = new(32L << 20);

    /// <summary>TCP, or <see cref="Transports.TlsServer"/>.</summary>
    public Transport Transport { get; init; } = Transports.Tcp;

    public IDimseLog Log { get; init; } = SilentLog.Instance;

    public DimseMetrics Metrics { get; init; } = new();
}
