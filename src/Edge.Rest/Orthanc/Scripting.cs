using Edge.Core.Errors;
using Edge.Engine;
using Edge.Engine.Scripting;
using Edge.Rest.Hosting;

namespace Edge.Rest.Orthanc;

/// <summary>POST /tools/execute-script.</summary>
public sealed class Scripting(EdgeEngine engine)
{
    public Route[] Routes() =>
    [
        new("POST", "/tools/execute-script", ExecuteAsync, "Execute Lua script"),
    ];

    private async ValueTask ExecuteAsync(RestRequest request)
    {
        if (!engine.Options.Scripting.ExecuteLuaEnabled)
        {
            await request.Empty(403).ConfigureAwait(false);
            return;
        }

        string script = await request.ReadTextAsync().ConfigureAwait(false);
        LuaResult result = await engine.Scripts.Main.ExecuteAsync(System.Text.Encoding.UTF8.GetBytes(script), request.Aborted).ConfigureAwait(false);
        if (result.Error is { } error)
        {
            throw new EdgeException(error, result.Details);
        }

        await request.Text(result.Output).ConfigureAwait(false);
    }
}
