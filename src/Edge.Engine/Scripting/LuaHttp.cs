using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Text;
using Edge.Core.Logging;
using Edge.Core.Options;

namespace Edge.Engine.Scripting;

/// <summary>
/// Orthanc's HTTP client for scripts: <c>HttpGet(url, headers)</c>, <c>HttpPost/HttpPut(url, body, headers)</c>, <c>HttpDelete(url, headers)</c>,
/// <c>SetHttpCredentials(user, password)</c>, <c>SetHttpTimeout(seconds)</c>. The body of a 2xx answer, or nil. One per context.
/// </summary>
internal sealed class LuaHttp
{
    /// <summary>The longest answer that a script may take, in bytes.</summary>
    private const long LongestAnswer = 64 << 20;

    private readonly LuaContext _lua;
    private readonly HttpClientOptions _options;
    private HttpClient? _http;
    private AuthenticationHeaderValue? _credentials;
    private TimeSpan _timeout;

    private LuaHttp(LuaContext lua, HttpClientOptions options)
    {
        _lua = lua;
        _options = options;
        _timeout = TimeSpan.FromSeconds(options.HttpTimeout > 0 ? options.HttpTimeout : 60);
    }

    /// <summary>Registers the functions in a context.</summary>
    public static void Register(LuaContext lua, HttpClientOptions options)
    {
        LuaHttp client = new(lua, options);
        lua.Register("HttpGet", (arguments, results) => client.Call(HttpMethod.Get, arguments, hasBody: false, results));
        lua.Register("HttpDelete", (arguments, results) => client.Call(HttpMethod.Delete, arguments, hasBody: false, results));
        lua.Register("HttpPost", (arguments, results) => client.Call(HttpMethod.Post, arguments, hasBody: true, results));
        lua.Register("HttpPut", (arguments, results) => client.Call(HttpMethod.Put, arguments, hasBody: true, results));
        lua.Register("SetHttpCredentials", (arguments, _) => client._credentials = arguments.Text(0) is { Length: > 0 } user
            ? new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{arguments.Text(1)}")))
            : null);
        lua.Register("SetHttpTimeout", (arguments, _) => client._timeout = TimeSpan.FromSeconds(Math.Clamp(arguments.Integer(0) ?? 0, 1, 86400)));
    }

    private void Call(HttpMethod method, LuaArguments arguments, bool hasBody, LuaWriter results)
    {
        if (!Uri.TryCreate(arguments.Text(0), UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("http" or "https"))
        {
            results.Nil();
            return;
        }

        using HttpRequestMessage request = new(method, uri);
        request.Headers.Authorization = _credentials;
        if (hasBody)
        {
            request.Content = new ByteArrayContent(arguments.RawText(1).ToArray());
        }

        foreach ((string name, string value) in arguments.Map(hasBody ? 2 : 1))
        {
            if (!request.Headers.TryAddWithoutValidation(name, value))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, value);
            }
        }

        TimeSpan left = _lua.LongestWait;
        using CancellationTokenSource limit = new(left < _timeout ? left : _timeout);
        byte[]? body = null;
        try
        {
            // Scripts run on a thread of their own (ScriptRunner): it may wait, the pool's may not.
            using HttpResponseMessage answer = (_http ??= Create()).SendAsync(request, limit.Token).GetAwaiter().GetResult();
            body = answer.IsSuccessStatusCode ? answer.Content.ReadAsByteArrayAsync(limit.Token).GetAwaiter().GetResult() : null;
            if (body is null)
            {
                Log.Lua.Info($"{method} {uri.Host}: status {(int)answer.StatusCode}");
            }
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            Log.Lua.Warning($"{method} to {uri.Host} for a script has failed: {e.Message}");
        }

        if (body is null)
        {
            results.Nil();
        }
        else
        {
            results.Bytes(body);
        }
    }

    private HttpClient Create()
    {
        SocketsHttpHandler handler = new() { UseProxy = _options.HttpProxy.Length > 0, PooledConnectionLifetime = TimeSpan.FromMinutes(5) };
        if (_options.HttpProxy.Length > 0)
        {
            handler.Proxy = new WebProxy(_options.HttpProxy.Contains("://", StringComparison.Ordinal) ? _options.HttpProxy : "http://" + _options.HttpProxy);
        }

        if (!_options.HttpsVerifyPeers)
        {
#pragma warning disable CA5359 // asked for by an option that warns of it
            handler.SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true };
#pragma warning restore CA5359
        }

        return new HttpClient(handler) { MaxResponseContentBufferSize = LongestAnswer, Timeout = Timeout.InfiniteTimeSpan };
    }
}
