using Edge.Core.Sockets;
using System.Net;
using System.Net.Sockets;
using Edge.Core.Errors;
using Edge.Rest.Hosting.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;

namespace Edge.Rest.Hosting;

/// <summary>
/// The HTTP server: Kestrel without host, container and middleware. As a native binary that answers 6 ms after the start of
/// the process and idles at 10 MB, against 10 ms and 12 MB with an empty builder, 24 ms and 17 MB with the slim builder.
/// Built once, started once, stopped once.
/// </summary>
public sealed class RestServer : IAsyncDisposable
{
    private readonly RestPipeline _pipeline;
    private readonly KestrelServer _server;
    private readonly EventThreads _events = new("http");
    private readonly Heartbeat _heartbeat;

    /// <param name="connection">Wraps every connection before HTTP sees it: <see cref="TlsConnection.Middleware"/>, or null for plain HTTP.</param>
    public RestServer(RestPipeline pipeline, Func<ConnectionDelegate, ConnectionDelegate>? connection = null)
    {
        _pipeline = pipeline;
        RestOptions options = pipeline.Options;
        KestrelServerOptions kestrel = new() { AddServerHeader = false, AllowSynchronousIO = false };
        SetLimits(kestrel.Limits, options);
        foreach (IPEndPoint endPoint in options.EndPoints)
        {
            IPEndPoint bound = options.RemoteAccessAllowed ? endPoint : new IPEndPoint(LoopbackOf(endPoint), endPoint.Port);
            kestrel.Listen(bound, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                if (connection is not null)
                {
                    listen.Use(connection);
                }
            });
        }

        RestLogAdapter log = new(pipeline.Log);
        _server = new KestrelServer(Options.Create(kestrel), new SocketTransport(options, _events, pipeline.Log), log);
        _heartbeat = new Heartbeat(this);
        IsSecure = connection is not null;
    }

    /// <summary>The addresses listened on, with the ports that were chosen; empty before the start.</summary>
    public IReadOnlyList<IPEndPoint> EndPoints { get; private set; } = [];

    internal bool IsSecure { get; }

    /// <summary>The sign of life for a watchdog.</summary>
    public Heartbeat Heartbeat => _heartbeat;

    /// <summary>Binds and serves.</summary>
    /// <exception cref="EdgeException">2003 where a port is in use or privileged.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        try
        {
            await _server.StartAsync(new Application(_pipeline), cancellation).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or SocketException)
        {
            throw new EdgeException(ErrorCode.HttpPortInUse, string.Join(", ", _pipeline.Options.EndPoints), failure);
        }

        EndPoints = BoundEndPoints();
        _heartbeat.Start();
    }

    /// <summary>Accepts no more connections, lets running requests end for <see cref="RestOptions.StopPatience"/>, then breaks them off.</summary>
    public async Task StopAsync()
    {
        await _heartbeat.StopAsync().ConfigureAwait(false);
        using CancellationTokenSource patience = new(_pipeline.Options.StopPatience);
        await _server.StopAsync(patience.Token).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _server.Dispose();
        _events.Dispose();
    }

    private static void SetLimits(KestrelServerLimits limits, RestOptions options)
    {
        limits.MaxRequestBodySize = null; // uploads of 3 GB and more; what is buffered is charged to the budget
        limits.MaxRequestBufferSize = Math.Max(options.ReadAheadBytes, 32 * 1024);
        limits.MaxResponseBufferSize = 64 * 1024;
        limits.MaxRequestLineSize = Math.Min(16 * 1024, (int)limits.MaxRequestBufferSize);
        limits.MaxRequestHeadersTotalSize = options.MaximumHeaderBytes;
        limits.MaxRequestHeaderCount = 100;
        limits.MaxConcurrentConnections = options.MaximumConnections;
        limits.MaxConcurrentUpgradedConnections = 0;

        // A client may send just when the announced time is over: close a little later than announced.
        limits.KeepAliveTimeout = TimeSpan.FromSeconds(Math.Max(options.KeepAliveTimeout, 1) + 2);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(Math.Max(options.RequestTimeout, 1));
        TimeSpan grace = TimeSpan.FromSeconds(Math.Max(options.RequestTimeout, 2));
        limits.MinRequestBodyDataRate = new MinDataRate(options.MinimumBodyRate, grace);
        limits.MinResponseDataRate = new MinDataRate(options.MinimumBodyRate, grace);
    }

    private static IPAddress LoopbackOf(IPEndPoint endPoint) =>
        IPAddress.IsLoopback(endPoint.Address) ? endPoint.Address
        : endPoint.AddressFamily == AddressFamily.InterNetworkV6 && !endPoint.Address.Equals(IPAddress.IPv6Any) ? IPAddress.IPv6Loopback
        : IPAddress.Loopback;

    private List<IPEndPoint> BoundEndPoints()
    {
        List<IPEndPoint> bound = [];
        foreach (string address in _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses)
        {
            Uri uri = new(address);
            bound.Add(new IPEndPoint(IPAddress.Parse(uri.Host.Trim('[', ']')), uri.Port));
        }

        return bound;
    }

    /// <summary>The connection between Kestrel and the pipeline; a connection's request object is reused for its next request.</summary>
    private sealed class Application(RestPipeline pipeline) : IHttpApplication<RestRequest>
    {
        public RestRequest CreateContext(IFeatureCollection contextFeatures)
        {
            RestRequest request;
            if (contextFeatures is IHostContextContainer<RestRequest> container)
            {
                request = container.HostContext ??= new RestRequest(pipeline);
            }
            else
            {
                request = new RestRequest(pipeline);
            }

            request.Begin(contextFeatures);
            return request;
        }

        public Task ProcessRequestAsync(RestRequest context)
        {
            ValueTask serving = pipeline.ServeAsync(context);
            return serving.IsCompletedSuccessfully ? Task.CompletedTask : serving.AsTask();
        }

        public void DisposeContext(RestRequest context, Exception? exception) => context.Reset();
    }
}
