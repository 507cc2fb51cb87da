using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Engine.Scripting;

/// <summary>
/// One Lua 5.4 state. Globals live on between scripts. Used by one thread at a time, which should not be one of the
/// pool's: a script may take as long as its limits allow (see <see cref="ScriptRunner"/>).
/// </summary>
public sealed unsafe class LuaContext : IDisposable
{
    private const string ChunkName = "line";
    private readonly LuaLimits _limits;
    private readonly Action<Exception>? _unexpected;
    private readonly List<LuaFunction> _functions = [];
    private readonly LuaWriter _results = new();
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly GCHandle _self;
    private nint _lua;
    private bool _running;

    /// <param name="sandbox">Without <c>io</c>, <c>os</c>, <c>package</c>, <c>debug</c>, and the functions that read files.</param>
    /// <param name="unexpected">Takes exceptions of host functions that are no <see cref="EdgeException"/>, for the log; scripts see no details of them.</param>
    /// <exception cref="EdgeException">2030 where the state cannot be made.</exception>
    public LuaContext(LuaLimits limits, bool sandbox, Action<Exception>? unexpected = null)
    {
        _limits = limits;
        _unexpected = unexpected;
        _self = GCHandle.Alloc(this, GCHandleType.Weak);
        _lua = LuaNative.Open(GCHandle.ToIntPtr(_self), &OnCall, &OnPrint, checked((nuint)limits.MemoryBytes), sandbox ? 1 : 0);
        if (_lua == 0)
        {
            _self.Free();
            throw new EdgeException(ErrorCode.CannotCreateLua);
        }
    }

    /// <summary>Bytes that the state holds now.</summary>
    public long MemoryBytes => (long)LuaNative.Memory(Handle);

    /// <summary>How long a call of the running script may wait: past the end of its time, by more than timers are early, so that the script is over when it returns.</summary>
    public TimeSpan LongestWait => TimeLeft + TimeSpan.FromMilliseconds(20);

    /// <summary>What is left of the running script's time.</summary>
    public TimeSpan TimeLeft => TimeSpan.FromMilliseconds(LuaNative.TimeLeft(Handle));

    private nint Handle => _lua != 0 ? _lua : throw new ObjectDisposedException(nameof(LuaContext));

    /// <summary>Makes a function of the host a global function; the last registration of a name wins.</summary>
    public void Register(string name, LuaFunction function)
    {
        _functions.Add(function);
        fixed (byte* text = Terminated(name))
        {
            if (LuaNative.Register(Handle, text, _functions.Count - 1) != LuaNative.Done)
            {
                throw new EdgeException(ErrorCode.CannotCreateLua, $"the Lua function {name} cannot be registered");
            }
        }
    }

    /// <summary>Runs a script.</summary>
    /// <param name="script">UTF-8 text.</param>
    /// <param name="chunkName">How error messages name it.</param>
    /// <returns>What was printed, and the error where there was one; a script cannot make this throw.</returns>
    public LuaResult Execute(ReadOnlySpan<byte> script, string chunkName = ChunkName)
    {
        Begin();
        try
        {
            int status;
            fixed (byte* name = Terminated(chunkName))
            fixed (byte* code = script.IsEmpty ? " "u8 : script)
            {
                status = LuaNative.Run(Handle, name, code, (nuint)Math.Max(script.Length, 1), (ulong)_limits.Instructions, (ulong)_limits.WallTime.TotalMilliseconds);
            }

            return Outcome(status);
        }
        finally
        {
            _running = false;
        }
    }

    /// <summary>Runs a script given as text.</summary>
    public LuaResult Execute(string script) => Execute(Encoding.UTF8.GetBytes(script));

    /// <summary>Whether a global function of that name is defined.</summary>
    public bool HasFunction(string name)
    {
        fixed (byte* text = Terminated(name))
        {
            return LuaNative.Has(Handle, text) != 0;
        }
    }

    /// <summary>Calls a global function of the scripts.</summary>
    /// <param name="write">Writes the arguments.</param>
    /// <param name="read">Reads the results.</param>
    /// <returns>What was printed, and the error where there was one; then <paramref name="read"/> is not called.</returns>
    public LuaResult Call(string function, Action<LuaWriter> write, ReadLuaResults? read = null)
    {
        Begin();
        try
        {
            LuaWriter arguments = new();
            write(arguments);
            int status;
            fixed (byte* name = Terminated(function))
            fixed (byte* bytes = arguments.Written)
            {
                status = LuaNative.Invoke(Handle, name, bytes, (nuint)arguments.Written.Length, (ulong)_limits.Instructions, (ulong)_limits.WallTime.TotalMilliseconds);
            }

            if (status == LuaNative.Done)
            {
                read?.Invoke(new LuaArguments(Result()));
            }

            return Outcome(status);
        }
        finally
        {
            _running = false;
        }
    }

    public void Dispose()
    {
        if (_lua != 0)
        {
            LuaNative.Close(_lua);
            _lua = 0;
            _self.Free();
        }

        GC.SuppressFinalize(this);
    }

    ~LuaContext()
    {
        Dispose();
    }

    private void Begin()
    {
        if (_running)
        {
            throw new EdgeException(ErrorCode.LuaAlreadyExecuted, "a script is running already");
        }

        _running = true;
        _output.ResetWrittenCount();
    }

    private LuaResult Outcome(int status)
    {
        string output = Encoding.UTF8.GetString(_output.WrittenSpan);
        if (_output.Capacity > 1 << 20)
        {
            _output.Clear();
        }

        if (status == LuaNative.Done)
        {
            return new LuaResult(output);
        }

        nuint length;
        byte* trace = LuaNative.Traceback(Handle, &length);
        ReadOnlySpan<byte> message = Result();
        string details = message.IsEmpty ? "not enough memory" : Encoding.UTF8.GetString(message);
        return new LuaResult(output, ErrorCode.CannotExecuteLua, details, length == 0 ? null : Encoding.UTF8.GetString(trace, (int)length));
    }

    private ReadOnlySpan<byte> Result()
    {
        nuint length;
        byte* bytes = LuaNative.Result(Handle, &length);
        return new ReadOnlySpan<byte>(bytes, (int)length);
    }

    private static byte[] Terminated(string text)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }

    /// <summary>Called by the shim between Lua frames: nothing may be thrown through it.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnCall(nint host, int id, byte* arguments, nuint length)
    {
        if (GCHandle.FromIntPtr(host).Target is not LuaContext context)
        {
            return 1;
        }

        LuaWriter results = context._results;
        results.Clear();
        try
        {
            context._functions[id](new LuaArguments(new ReadOnlySpan<byte>(arguments, (int)length)), results);
            return context.Reply(results.Written) ? 0 : context.ReplyError("not enough memory");
        }
        catch (EdgeException failure)
        {
            return context.ReplyError(failure.Message);
        }
        catch (Exception failure)
        {
            context.Report(failure);
            return context.ReplyError("the function failed unexpectedly");
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnPrint(nint host, byte* text, nuint length)
    {
        if (GCHandle.FromIntPtr(host).Target is not LuaContext context || context._output.WrittenCount + (long)length > context._limits.OutputBytes)
        {
            return 1;
        }

        try
        {
            context._output.Write(new ReadOnlySpan<byte>(text, (int)length));
            return 0;
        }
        catch (OutOfMemoryException)
        {
            return 1;
        }
    }

    private bool Reply(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* first = bytes)
        {
            return LuaNative.Reply(_lua, first, (nuint)bytes.Length) != 0;
        }
    }

    private int ReplyError(string message)
    {
        Reply(Encoding.UTF8.GetBytes(message));
        return 1;
    }

    private void Report(Exception failure)
    {
        try
        {
            _unexpected?.Invoke(failure);
        }
        catch (Exception)
        {
            // A log that fails must not unwind through Lua; the script's error stands.
        }
    }
}

/// <summary>Reads what a function of a script returned.</summary>
public delegate void ReadLuaResults(LuaArguments results);
