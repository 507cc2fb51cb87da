using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Engine.Scripting;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <summary><c>IncomingHttpRequestFilter</c> of the Lua scripts. A filter that fails lets nobody in. Requests of scripts themselves are not asked about.</summary>
public sealed class ScriptRequestFilter(ScriptHost scripts) : IRequestFilter
{
    private const string Callback = "IncomingHttpRequestFilter";

    public ValueTask<bool> AllowAsync(RestRequest request) =>
        request.Origin == RequestOrigin.Lua || !scripts.HasFilter(Callback) ? ValueTask.FromResult(true) : AskAsync(request);

    private async ValueTask<bool> AskAsync(RestRequest request)
    {
        try
        {
            return await scripts.FilterAsync(
                Callback,
                writer =>
                {
                    writer.Text(request.Method);
                    writer.Text(request.Path);
                    writer.Text(request.RemoteIp);
                    writer.Text(request.Username);
                    writer.BeginTable();
                    foreach (KeyValuePair<string, StringValues> header in request.Headers)
                    {
                        writer.Text(header.Key.ToLowerInvariant());
                        writer.Text(header.Value.ToString());
                    }

                    writer.EndTable();
                },
                static results => results.Boolean(0),
                request.Aborted).ConfigureAwait(false);
        }
        catch (EdgeException e)
        {
            Log.Lua.Error($"{request.Method} {request.Path} is refused, since the filter of requests failed", e);
            return false;
        }
    }
}
