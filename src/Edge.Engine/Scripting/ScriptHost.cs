using System.Text;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Metrics;
using Edge.Core.Options;

namespace Edge.Engine.Scripting;

/// <summary>
/// The scripts of the server (<c>LuaScripts</c>), in two contexts as Orthanc has them: the main one, in which <c>/tools/execute-script</c> and
/// events run one after the other, and one for filters, which something waits for. An idle server without scripts opens neither.
/// </summary>
public sealed class ScriptHost : IAsyncDisposable
{
    private readonly string[] _paths;
    private readonly Counter? _errors;
    private volatile HashSet<string> _events = [];
    private volatile HashSet<string> _filters = [];

    /// <param name="open">Makes a context with all functions; true for the one of filters, which are waited for.</param>
    public ScriptHost(ScriptingOptions options, Func<bool, LuaContext> open, MetricsRegistry? metrics = null)
    {
        _paths = options.LuaScripts;
        _errors = metrics?.Counter("edge_lua_errors_total");
        Main = new ScriptRunner(() => open(false), lua => _events = Defined(lua, ScriptCallbacks.Events));
        Filters = new ScriptRunner(() => open(true), lua => _filters = Defined(lua, ScriptCallbacks.Filters));
    }

    /// <summary>The context of events and of <c>/tools/execute-script</c>.</summary>
    public ScriptRunner Main { get; }

    /// <summary>The context of filters.</summary>
    public ScriptRunner Filters { get; }

    /// <summary>Whether the scripts handle an event. Costs a look into a set.</summary>
    public bool Handles(string callback) => _events.Contains(callback);

    /// <summary>Whether the scripts have a filter.</summary>
    public bool HasFilter(string callback) => _filters.Contains(callback);

    /// <summary>Loads <c>LuaScripts</c> in their order and calls <c>Initialize</c>.</summary>
    /// <exception cref="EdgeException">InexistentFile; CannotExecuteLua with the file and the line. A server whose filters cannot be loaded must not serve.</exception>
    public async Task StartAsync()
    {
        if (_paths.Length == 0)
        {
            return;
        }

        foreach (string path in _paths)
        {
            byte[] script;
            try
            {
                script = await File.ReadAllBytesAsync(path).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new EdgeException(ErrorCode.InexistentFile, $"The Lua script {path} cannot be read: {e.Message}", e);
            }

            string name = "@" + Path.GetFileName(path); // Lua's mark of a file name, for messages
            foreach (ScriptRunner runner in new[] { Main, Filters })
            {
                LuaResult loaded = await runner.RunAsync(lua => lua.Execute(script, name)).ConfigureAwait(false);
                LogOutput(loaded, isShown: runner == Main);
                if (loaded.Error is { } error)
                {
                    throw new EdgeException(error, $"The Lua script {path} fails: {loaded.Details}");
                }
            }
        }

        await CallIfDefinedAsync(ScriptCallbacks.Initialize).ConfigureAwait(false);
    }

    /// <summary>Calls <c>Finalize</c>, ends the contexts.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_paths.Length > 0)
        {
            try
            {
                await CallIfDefinedAsync(ScriptCallbacks.Finalize).ConfigureAwait(false);
            }
            catch (EdgeException e)
            {
                Log.Lua.Error("Finalize could not be called", e);
            }
        }

        await Main.DisposeAsync().ConfigureAwait(false);
        await Filters.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>Calls a filter when its turn comes, and reads what it returns.</summary>
    /// <exception cref="EdgeException">CannotExecuteLua: it failed, or too many wait. Who asks must then take the safe way.</exception>
    public async ValueTask<T> FilterAsync<T>(string callback, Action<LuaWriter> arguments, ReadLuaResult<T> read, CancellationToken cancellation = default)
    {
        T answer = default!;
        LuaResult result = await Filters.RunAsync(
            lua => lua.Call(callback, arguments, results => answer = read(results)),
            cancellation).ConfigureAwait(false);
        Note(callback, result);
        return result.Error is { } error ? throw new EdgeException(error, $"{callback}: {result.Details}") : answer;
    }

    /// <summary>Logs what a callback printed and how it failed.</summary>
    internal void Note(string callback, LuaResult result)
    {
        LogOutput(result, isShown: true);
        if (!result.Succeeded)
        {
            _errors?.Add();
            Log.Lua.Error($"{callback} failed: {result.Details}{(result.Traceback is null ? "" : "\n" + result.Traceback)}");
        }
    }

    private async Task CallIfDefinedAsync(string callback)
    {
        LuaResult result = await Main.RunAsync(lua => lua.HasFunction(callback) ? lua.Call(callback, static _ => { }) : new LuaResult("")).ConfigureAwait(false);
        Note(callback, result);
    }

    /// <summary>As in Orthanc, what scripts print goes to the log.</summary>
    private static void LogOutput(LuaResult result, bool isShown)
    {
        if (isShown && result.Output.Length > 0)
        {
            foreach (string line in result.Output.TrimEnd('\n').Split('\n'))
            {
                Log.Lua.Info($"Lua says: {line}");
            }
        }
    }

    private static HashSet<string> Defined(LuaContext lua, string[] names)
    {
        HashSet<string> defined = new(StringComparer.Ordinal);
        foreach (string name in names)
        {
            if (lua.HasFunction(name))
            {
                defined.Add(name);
            }
        }

        return defined;
    }
}

/// <summary>Reads what a filter returned.</summary>
public delegate T ReadLuaResult<out T>(LuaArguments results);
