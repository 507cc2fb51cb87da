using System.Globalization;
using Edge.Core.Auditing;
using Edge.Rest.Hosting;

namespace Edge.Rest.Gateway;

/// <summary>What requests over HTTP leave in the audit log: who did what to which path. Queries and bodies are left out, for they may name patients.</summary>
public static class RestAudit
{
    /// <summary>Routes that tell of the server alone.</summary>
    private static readonly string[] Silent =
    [
        "/health", "/metrics", "/system", "/app", "/statistics", "/tools/metrics", "/tools/now", "/tools/log-level", "/changes", "/plugins", "/edge/forwarding",
    ];

    private static readonly string[] Queries = ["/tools/find", "/tools/count-resources", "/tools/lookup", "/tools/bulk-content"];

    /// <summary>For <see cref="RestPipeline.Answered"/>.</summary>
    public static Action<RestRequest> To(AuditLog log) => request =>
    {
        if (ActionOf(request.Method, request.Route?.Path, request.AnswerStatus) is { } action)
        {
            log.Write(new AuditEntry(action, request.Username, request.RemoteIp, request.Method, request.Path, "", request.AnswerStatus.ToString(CultureInfo.InvariantCulture)));
        }
    };

    /// <summary>What a request does; null for what is not audited.</summary>
    public static AuditAction? ActionOf(string method, string? route, int status)
    {
        bool isRefused = status is 401 or 403;
        if (route is null && !isRefused)
        {
            return null;
        }

        if (method is "GET" or "HEAD" && !isRefused && (route == "/" || Array.Exists(Silent, prefix => IsBelow(route!, prefix))))
        {
            return null;
        }

        return method switch
        {
            "GET" or "HEAD" or "PROPFIND" or "OPTIONS" => AuditAction.Read,
            "DELETE" => AuditAction.Delete,
            "POST" when route is not null && (Array.Exists(Queries, route.StartsWith) || route.EndsWith("/query", StringComparison.Ordinal)) => AuditAction.Query,
            "POST" when route == "/tools/bulk-delete" => AuditAction.Delete,
            "POST" when route is not null && (route.EndsWith("/store", StringComparison.Ordinal) || route.EndsWith("/store-straight", StringComparison.Ordinal) || route.EndsWith("/move", StringComparison.Ordinal)) => AuditAction.Send,
            "POST" when route == "/instances" => AuditAction.Receive,
            _ => AuditAction.Change,
        };
    }

    private static bool IsBelow(string route, string prefix) => route.StartsWith(prefix, StringComparison.Ordinal) && (route.Length == prefix.Length || route[prefix.Length] is '/' or '-');
}
