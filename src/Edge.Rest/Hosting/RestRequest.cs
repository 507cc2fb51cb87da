using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <summary>Who sent a request.</summary>
public enum RequestOrigin
{
    /// <summary>Over HTTP.</summary>
    RestApi,

    /// <summary>A script, through the in-process invoker.</summary>
    Lua,
}

/// <summary>
/// One request and its answer. Valid until the handler's task ends; it is reused for the next request of the
/// connection, so handlers keep no reference to it, to its body or to its parameters' spans.
/// Exactly one answering method is called and its task awaited (or returned).
/// </summary>
public sealed partial class RestRequest : IDisposable
{
    private readonly RestPipeline _pipeline;
    private IFeatureCollection _features = null!;
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;
    private IHttpResponseBodyFeature _responseBody = null!;
    private IPAddress? _remoteAddress;
    private string? _remoteIp;
    private RouteMatch _match;

    internal RestRequest(RestPipeline pipeline)
    {
        _pipeline = pipeline;
    }

    /// <summary>The method after overrides: <c>GET</c>, <c>POST</c>, <c>PUT</c>, <c>DELETE</c>; any verb on routes of <see cref="Route.AnyMethod"/>.</summary>
    public string Method { get; internal set; } = "";

    /// <summary>The path as sent, without the query.</summary>
    public string Path => _path ??= PathLength == Target.Length ? Target : Target[..PathLength];

    /// <summary>The route that answers, null before matching.</summary>
    public Route? Route => _match.Endpoint?.Route;

    /// <summary>Who sent the request.</summary>
    public RequestOrigin Origin { get; internal set; }

    /// <summary>The peer's address; loopback for in-process requests. IPv4 addresses mapped to IPv6 are given as IPv4.</summary>
    public IPAddress RemoteAddress => _remoteAddress ??= Unmap(_features.Get<IHttpConnectionFeature>()?.RemoteIpAddress ?? IPAddress.Loopback);

    /// <summary>The peer's address as text, as stored in the metadata <c>RemoteIP</c>.</summary>
    public string RemoteIp => _remoteIp ??= RemoteAddress.ToString();

    /// <summary>The user name given with HTTP Basic authentication, also where authentication is off; empty without.</summary>
    public string Username { get; internal set; } = "";

    /// <summary>Whether an in-process caller asked for built-in routes only.</summary>
    public bool BuiltinOnly { get; internal set; }

    /// <summary>Cancelled when the client has gone or the server gives up waiting at its stop.</summary>
    public CancellationToken Aborted { get; private set; }

    /// <summary>The request headers.</summary>
    public IHeaderDictionary Headers => _request.Headers;

    /// <summary>The status of the answer; meaningful once it has begun to leave.</summary>
    public int AnswerStatus => _response.StatusCode;

    /// <summary>Whether the answer has begun to leave: no status can be set any more.</summary>
    public bool HasAnswered { get; private set; }

    internal string Target { get; private set; } = "";

    internal int PathLength { get; private set; }

    internal ref RouteMatch Match => ref _match;

    internal RestPipeline Pipeline => _pipeline;

    internal bool ResponseStarted => _response.HasStarted;

    private string? _path;

    /// <summary>The decoded value of the path parameter at <paramref name="index"/>, in the order of the route's path.</summary>
    public string Param(int index) => _match.Parameter(index).ToString();

    /// <summary>The same without a copy; valid during the request.</summary>
    public ReadOnlySpan<char> ParamSpan(int index) => _match.Parameter(index);

    /// <summary>The decoded value of the path parameter <c>{name}</c>.</summary>
    /// <exception cref="ArgumentException">The route has no such parameter.</exception>
    public string Param(string name)
    {
        int index = Array.IndexOf(_match.Endpoint?.Names ?? [], name);
        return index >= 0 ? Param(index) : throw new ArgumentException($"the route has no parameter {name}");
    }

    /// <summary>The first value of a request header, or null.</summary>
    public string? Header(string name) => _request.Headers.TryGetValue(name, out StringValues values) && values.Count > 0 ? values[0] : null;

    /// <summary>Gives back the memory that the request holds.</summary>
    public void Dispose() => Reset();

    internal void Begin(IFeatureCollection features)
    {
        _features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Aborted = features.Get<IHttpRequestLifetimeFeature>()?.RequestAborted ?? CancellationToken.None;
        Method = _request.Method;
        SetTarget(_request.RawTarget);
    }

    /// <summary>Drops the connection: for failures after the answer has begun.</summary>
    internal void Abort() => _features.Get<IHttpRequestLifetimeFeature>()?.Abort();

    internal bool HasBody
    {
        get
        {
            IHttpRequestBodyDetectionFeature? detection = _features.Get<IHttpRequestBodyDetectionFeature>();
            return detection?.CanHaveBody ?? _request.Headers.ContentLength is > 0;
        }
    }

    internal void Reset()
    {
        ResetBody();
        ResetAnswer();
        _query = null;
        _path = null;
        _match = default;
        _remoteAddress = null;
        _remoteIp = null;
        Username = "";
        Origin = RequestOrigin.RestApi;
        BuiltinOnly = false;
        HasAnswered = false;
        Aborted = default;
        Target = "";
    }

    private void SetTarget(string target)
    {
        // The absolute form ("GET http://host/path") names the path after the authority; the asterisk form has none.
        if (target.Length > 0 && target[0] != '/')
        {
            int authority = target.IndexOf("://", StringComparison.Ordinal);
            int slash = authority < 0 ? -1 : target.IndexOf('/', authority + 3);
            target = slash < 0 ? "/" : target[slash..];
        }

        Target = target;
        int query = target.IndexOf('?');
        PathLength = query < 0 ? target.Length : query;
    }

    private static IPAddress Unmap(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
}
