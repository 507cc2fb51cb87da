using System.Net;

namespace Edge.Rest.Hosting;

/// <summary>What the HTTP server is told at its start. Names in brackets are Orthanc's options.</summary>
public sealed class RestOptions
{
    /// <summary>The addresses to listen on; port 0 takes a free one (see <see cref="RestServer.EndPoints"/>).</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; set; } = [new IPEndPoint(IPAddress.Any, 8042)];

    /// <summary>[RemoteAccessAllowed] When false, every address of <see cref="EndPoints"/> is replaced by its loopback address, and a peer that is not loopback is refused with 401.</summary>
    public bool RemoteAccessAllowed { get; set; }

    /// <summary>[AuthenticationEnabled] Whether HTTP Basic credentials are demanded.</summary>
    public bool AuthenticationEnabled { get; set; }

    /// <summary>[HttpDescribeErrors] Whether failures have a JSON body.</summary>
    public bool DescribeErrors { get; set; } = true;

    /// <summary>[HttpCompressionEnabled] Whether answers of 2048 bytes and more are compressed for clients that accept it.</summary>
    public bool CompressionEnabled { get; set; }

    /// <summary>[KeepAlive]</summary>
    public bool KeepAlive { get; set; } = true;

    /// <summary>[KeepAliveTimeout] Seconds announced to clients; the connection is closed a little later than announced.</summary>
    public int KeepAliveTimeout { get; set; } = 1;

    /// <summary>[HttpRequestTimeout] Seconds for the headers of a request, and the grace before <see cref="MinimumBodyRate"/> counts.</summary>
    public int RequestTimeout { get; set; } = 30;

    /// <summary>[TcpNoDelay]</summary>
    public bool NoDelay { get; set; } = true;

    /// <summary>Bytes per second below which a request body is refused with 408, and an answer that is not taken is cut off.</summary>
    public double MinimumBodyRate { get; set; } = 512;

    /// <summary>Connections served at a time; a further one is closed at once.</summary>
    public int MaximumConnections { get; set; } = 4096;

    /// <summary>Bytes of one connection's input that are read ahead of the handler.</summary>
    public int ReadAheadBytes { get; set; } = 128 * 1024;

    /// <summary>Bytes that the headers of one request may take.</summary>
    public int MaximumHeaderBytes { get; set; } = 32 * 1024;

    /// <summary>Bytes that a gzip-encoded body may inflate to.</summary>
    public long MaximumInflatedBytes { get; set; } = 16L << 30;

    /// <summary>Bytes of a body that is read as text or JSON, unless the handler says otherwise.</summary>
    public int MaximumTextBytes { get; set; } = 64 << 20;

    /// <summary>How long a request waits for room in the byte budget before it is refused with 503.</summary>
    public TimeSpan BudgetPatience { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long running requests may go on after a stop was asked for.</summary>
    public TimeSpan StopPatience { get; set; } = TimeSpan.FromSeconds(5);
}
