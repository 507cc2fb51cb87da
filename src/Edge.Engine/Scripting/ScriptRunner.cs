using System.Threading.Channels;
using Edge.Core.Errors;

namespace Edge.Engine.Scripting;

/// <summary>
/// Runs scripts one after the other on a thread of its own, in one context whose globals live on, as Orthanc does. The
/// queue is bounded. A script that a script wants to execute by REST is refused instead of waiting for itself.
/// </summary>
public sealed class ScriptRunner : IAsyncDisposable
{
    private const int MaximumWaiting = 64;
    private const int StackBytes = 1 << 20;
    private static readonly AsyncLocal<ScriptRunner?> Running = new();
    private readonly Channel<Job> _queue = Channel.CreateBounded<Job>(new BoundedChannelOptions(MaximumWaiting) { SingleReader = true });
    private readonly Thread _thread;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<LuaContext> _open;
    private volatile bool _stopping;

    private readonly Action<LuaContext>? _after;

    /// <param name="open">Makes the context, on the runner's thread at its first use, so that an idle server holds none.</param>
    /// <param name="after">Looks at the context after each script, on the runner's thread, before its outcome is known.</param>
    public ScriptRunner(Func<LuaContext> open, Action<LuaContext>? after = null)
    {
        _open = open;
        _after = after;
        _thread = new Thread(Work, StackBytes) { IsBackground = true, Name = "lua" };
    }

    /// <summary>Whether the caller was started by a script of this runner.</summary>
    public bool IsRunningHere => Running.Value == this;

    /// <summary>Runs a script when its turn comes.</summary>
    /// <exception cref="EdgeException">6: called from a script of this runner, which would wait for itself; 503 where too many wait.</exception>
    public Task<LuaResult> ExecuteAsync(ReadOnlyMemory<byte> script, CancellationToken cancellation = default) =>
        IsRunningHere
            ? Task.FromException<LuaResult>(new EdgeException(ErrorCode.BadSequenceOfCalls, "A script cannot execute another script"))
            : RunAsync(lua => lua.Execute(script.Span), cancellation);

    /// <summary>
    /// Does something with the context when its turn comes: events that scripts caused themselves are queued too, so what
    /// such an event's task is must not be waited for by a request of a script. Filters need a runner of their own, as in Orthanc.
    /// </summary>
    /// <exception cref="EdgeException">503 where too many wait.</exception>
    public Task<LuaResult> RunAsync(Func<LuaContext, LuaResult> work, CancellationToken cancellation = default)
    {
        Job job = new(work, cancellation);
        Start();
        return _queue.Writer.TryWrite(job)
            ? job.Done.Task
            : Task.FromException<LuaResult>(new EdgeException(ErrorCode.CannotExecuteLua, "Too many scripts are waiting, or the server is stopping") { HttpStatus = 503 });
    }

    /// <summary>Lets the running script end, drops waiting ones, closes the context.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _queue.Writer.TryComplete();
        Start();
        await _ended.Task.ConfigureAwait(false);
    }

    private void Start()
    {
        lock (_queue)
        {
            if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
            {
                _thread.UnsafeStart();
            }
        }
    }

    private void Work()
    {
        Running.Value = this;
        LuaContext? lua = null;
        try
        {
            while (_queue.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
            {
                while (_queue.Reader.TryRead(out Job? job))
                {
                    Run(job, ref lua);
                }
            }
        }
        finally
        {
            lua?.Dispose();
            _ended.TrySetResult();
        }
    }

    private void Run(Job job, ref LuaContext? lua)
    {
        if (job.Cancellation.IsCancellationRequested || _stopping)
        {
            job.Done.TrySetCanceled(job.Cancellation);
            return;
        }

        try
        {
            lua ??= _open();
            LuaResult result = job.Work(lua);
            _after?.Invoke(lua);
            job.Done.TrySetResult(result);
        }
        catch (Exception failure)
        {
            job.Done.TrySetException(failure);
        }
    }

    private sealed class Job(Func<LuaContext, LuaResult> work, CancellationToken cancellation)
    {
        public Func<LuaContext, LuaResult> Work { get; } = work;

        public CancellationToken Cancellation { get; } = cancellation;

        public TaskCompletionSource<LuaResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
