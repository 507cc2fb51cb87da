using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Core.Memory;
using Edge.Core.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <summary>What happens to every request, from a socket or in-process: access, matching, handler, failure.</summary>
public sealed class RestPipeline
{
    private static readonly string[] VerbNames = ["GET", "POST", "PUT", "DELETE"];
    private static readonly StringValues KeepAliveWord = "keep-alive";
    private readonly StringValues _keepAliveValue;
    private readonly RecentExtreme? _duration;
    private readonly RecentExtreme? _active;
    private int _activeCount;

    /// <param name="metrics">Where <c>orthanc_rest_api_duration_ms</c> and <c>orthanc_rest_api_active_requests</c> are registered; null for no metrics.</param>
    public RestPipeline(RestOptions options, RouteMatcher routes, ByteBudget budget, IRestLog log, AccessControl? access = null, IRequestFilter? filter = null, MetricsRegistry? metrics = null)
    {
        Options = options;
        Routes = routes;
        Budget = budget;
        Log = log;
        Access = access;
        Filter = filter;
        _keepAliveValue = $"timeout={options.KeepAliveTimeout}";
        _duration = metrics?.RecentMaximum("orthanc_rest_api_duration_ms");
        _active = metrics?.RecentMaximum("orthanc_rest_api_active_requests");
    }

    public RestOptions Options { get; }

    public RouteMatcher Routes { get; }

    public ByteBudget Budget { get; }

    public IRestLog Log { get; }

    /// <summary>Requests being served now.</summary>
    public int ActiveRequests => Volatile.Read(ref _activeCount);

    /// <summary>Told of each request over HTTP when it is answered, refused ones included; must not wait.</summary>
    public Action<RestRequest>? Answered { get; init; }

    internal AccessControl? Access { get; }

    internal IRequestFilter? Filter { get; }

    /// <summary>Serves a request. Never throws.</summary>
    internal async ValueTask ServeAsync(RestRequest request)
    {
        long start = Stopwatch.GetTimestamp();
        _active?.Record(Interlocked.Increment(ref _activeCount));
        try
        {
            await AnswerAsync(request).ConfigureAwait(false);
            if (!request.HasAnswered)
            {
                await request.Decline().ConfigureAwait(false);
            }
        }
        catch (Exception failure)
        {
            await FailureAnswer.WriteAsync(request, failure).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _activeCount);
            _duration?.RecordSince(start);
            if (request.Origin == RequestOrigin.RestApi)
            {
                Answered?.Invoke(request);
            }
        }
    }

    /// <summary><c>Connection</c> and <c>Keep-Alive</c> as Orthanc sends them, and <c>nosniff</c>.</summary>
    internal void SetConnectionHeaders(IHeaderDictionary request, IHeaderDictionary answer)
    {
        answer.XContentTypeOptions = "nosniff";
        if (!Options.KeepAlive)
        {
            answer.Connection = "close";
        }
        else if (answer.Connection.Count == 0 && !AsksForClose(request.Connection))
        {
            answer.Connection = KeepAliveWord;
            answer.KeepAlive = _keepAliveValue;
        }
    }

    private static bool AsksForClose(StringValues connection) =>
        connection.Count > 0 && connection.ToString().Contains("close", StringComparison.OrdinalIgnoreCase);

    private async ValueTask AnswerAsync(RestRequest request)
    {
        request.MatchRoute(out Verb verb);
        if (request.Origin == RequestOrigin.RestApi && Access is not null)
        {
            bool own = request.Route?.ChecksCredentialsItself == true;
            if (!await Access.AllowAsync(request, own).ConfigureAwait(false))
            {
                await Access.RefuseAsync(request).ConfigureAwait(false);
                return;
            }

            if (Filter is not null && !await Filter.AllowAsync(request).ConfigureAwait(false))
            {
                await request.Empty(403).ConfigureAwait(false);
                return;
            }
        }

        if (Log.IsEnabled(RestLogLevel.Trace))
        {
            Log.Write(RestLogLevel.Trace, $"{request.Method} {request.Path} from {request.RemoteIp}");
        }

        switch (request.Match.Kind)
        {
            case MatchKind.Found:
                if (request.HasBody)
                {
                    // What the server reads ahead of the handler is charged before the handler runs.
                    await request.ChargeAsync(Math.Min(request.ContentLength ?? Options.ReadAheadBytes, Options.ReadAheadBytes)).ConfigureAwait(false);
                }

                await request.Match.Endpoint!.Route.Handler(request).ConfigureAwait(false);
                return;
            case MatchKind.Directory:
                await request.Json(request.Match.Node!.Children, WriteNames).ConfigureAwait(false);
                return;
            case MatchKind.OtherMethod:
                request.AnswerHeaders.Allow = AllowedMethods(request.Match.AllowedVerbs);
                await request.Empty(405).ConfigureAwait(false);
                return;
            case MatchKind.Malformed:
                throw new EdgeException(ErrorCode.UriSyntax);
            case MatchKind.Unknown when verb == Verb.Any:
                await AnswerForeignVerbAsync(request).ConfigureAwait(false);
                return;
            default:
                throw new EdgeException(ErrorCode.UnknownResource);
        }
    }

    /// <summary>Orthanc takes these verbs for WebDAV, which has nothing outside its own subtree; others are no HTTP to it.</summary>
    private static ValueTask AnswerForeignVerbAsync(RestRequest request) => request.Method switch
    {
        "HEAD" or "OPTIONS" or "PROPFIND" or "PROPPATCH" or "MKCOL" or "LOCK" or "UNLOCK" or "COPY" or "MOVE" => request.Empty(404),
        _ => request.Text("The HTTP method is not supported\n", status: 400),
    };

    private static void WriteNames(System.Text.Json.Utf8JsonWriter json, string[] names)
    {
        json.WriteStartArray();
        foreach (string name in names)
        {
            json.WriteStringValue(name);
        }

        json.WriteEndArray();
    }

    private static string AllowedMethods(byte verbs) => string.Join(',', VerbNames.Where((_, i) => (verbs & (1 << i)) != 0));
}
