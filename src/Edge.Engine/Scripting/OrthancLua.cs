using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;

namespace Edge.Engine.Scripting;

/// <summary>
/// Orthanc's functions for scripts: <c>RestApiGet/Post/Put/Delete</c>, <c>ParseJson</c>, <c>DumpJson</c>,
/// <c>GetOrthancConfiguration</c>, <c>PrintRecursive</c>, <c>SetStableStatus</c>.
/// </summary>
public static class OrthancLua
{
    /// <summary>Each line shows the path of keys, the type and the value; tables nest at most 64 deep.</summary>
    private static ReadOnlySpan<byte> Prelude => """
        function PrintRecursive(value, prefix, depth)
          prefix = prefix or ''
          depth = depth or 0
          local function emit(...)
            if prefix == '' then print(...) else print(prefix, ...) end
          end
          if type(value) ~= 'table' then emit(type(value), value) return end
          emit('table')
          if depth >= 64 then return end
          for key, inner in pairs(value) do
            PrintRecursive(inner, prefix .. '\t[' .. tostring(key) .. ']', depth + 1)
          end
        end
        """u8;

    /// <summary>Registers the functions in a context.</summary>
    /// <param name="rest">Runs REST calls inside the process.</param>
    /// <param name="configuration">The configuration as JSON (UTF-8), as it was read from the files.</param>
    /// <param name="http">How the HTTP client of scripts connects; null for none.</param>
    /// <param name="setStable">Does what <c>SetStableStatus</c> asks for a resource, and says whether that changed anything; null for none.</param>
    public static void Register(LuaContext lua, IRestInvoker rest, Func<ReadOnlyMemory<byte>> configuration, HttpClientOptions? http = null, Func<string, bool, bool>? setStable = null)
    {
        lua.Register("RestApiGet", (arguments, results) => Invoke(lua, rest, "GET", arguments, hasBody: false, results));
        lua.Register("RestApiDelete", (arguments, results) => Invoke(lua, rest, "DELETE", arguments, hasBody: false, results));
        lua.Register("RestApiPost", (arguments, results) => Invoke(lua, rest, "POST", arguments, hasBody: true, results));
        lua.Register("RestApiPut", (arguments, results) => Invoke(lua, rest, "PUT", arguments, hasBody: true, results));
        lua.Register("DumpJson", static (arguments, results) => results.Bytes(arguments.Json(0, arguments.Boolean(1))));
        lua.Register("ParseJson", static (arguments, results) => Parse(arguments.RawText(0), results));
        lua.Register("GetOrthancConfiguration", (_, results) => results.Json(configuration().Span));
        if (http is not null)
        {
            LuaHttp.Register(lua, http);
        }

        if (setStable is not null)
        {
            lua.Register("SetStableStatus", (arguments, results) => results.Boolean(setStable(arguments.Text(0) ?? "", arguments.Boolean(1))));
        }

        LuaOperations.Register(lua);
        LuaResult prelude = lua.Execute(Prelude, "prelude");
        if (!prelude.Succeeded)
        {
            throw new EdgeException(ErrorCode.CannotCreateLua, prelude.Details);
        }
    }

    /// <summary>nil for text that is no JSON.</summary>
    private static void Parse(ReadOnlySpan<byte> text, LuaWriter results)
    {
        try
        {
            results.Json(text);
        }
        catch (JsonException)
        {
            results.Clear();
            results.Nil();
        }
    }

    /// <summary>The body of a successful answer as a string, or nil.</summary>
    private static void Invoke(LuaContext lua, IRestInvoker rest, string method, LuaArguments arguments, bool hasBody, LuaWriter results)
    {
        if (arguments.Text(0) is not { } uri)
        {
            results.Nil();
            return;
        }

        int next = hasBody ? 2 : 1;
        byte[] body = hasBody ? arguments.RawText(1).ToArray() : [];
        Dictionary<string, string> headers = arguments.Map(next + 1);
        using CancellationTokenSource limit = new(lua.LongestWait);
        try
        {
            // Scripts run on a thread of their own (ScriptRunner): it may wait, the pool's may not.
            RestReply reply = rest.InvokeAsync(method, uri, body, headers, arguments.Boolean(next), limit.Token).AsTask().GetAwaiter().GetResult();
            if (reply.Succeeded)
            {
                results.Bytes(reply.Body.Span);
                return;
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // The script's time is over: the shim ends it as soon as this call has returned.
        }

        results.Nil();
    }
}
