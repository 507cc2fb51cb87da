namespace Edge.Store.Sqlite;

/// <summary>Something for the writer thread. It may run again after a rollback, so it keeps no state of a failed run.</summary>
internal abstract class WriteRequest
{
    /// <summary>Makes room or keeps books: where the disk is full it may use the space reserve.</summary>
    public abstract bool IsUrgent { get; }

    /// <summary>Runs in the transaction. False: a bulk request has more to do, in a later transaction.</summary>
    public abstract bool Run(WriteSession session, long deadline);

    /// <summary>Forgets the last run: it was rolled back, and comes again.</summary>
    public virtual void Rewind()
    {
    }

    /// <summary>The transaction is durable.</summary>
    public abstract void Complete();

    public abstract void Fail(Exception error);

    /// <summary>The caller has given up before it began.</summary>
    public abstract bool TryCancel();
}

/// <summary>A request of one transaction.</summary>
internal sealed class WriteRequest<TState, T>(TState state, Func<WriteSession, TState, T> body, bool urgent, CancellationToken cancellation) : WriteRequest
{
    private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Task => _done.Task;

    public override bool IsUrgent => urgent;

    public override bool Run(WriteSession session, long deadline)
    {
        _result = body(session, state);
        return true;
    }

    public override void Complete() => _done.TrySetResult(_result);

    public override void Fail(Exception error) => _done.TrySetException(error);

    public override bool TryCancel() => cancellation.IsCancellationRequested && _done.TrySetCanceled(cancellation);
}

/// <summary>A request that takes several transactions (deletion, recycling): <paramref name="slice"/> works until the deadline (a <c>Stopwatch</c> time) and tells whether it is done.</summary>
internal sealed class BulkRequest<TState>(TState state, Func<WriteSession, TState, long, bool> slice, Action<TState>? rewind, CancellationToken cancellation) : WriteRequest
{
    private readonly TaskCompletionSource<TState> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TState> Task => _done.Task;

    public override bool IsUrgent => true;

    public override bool Run(WriteSession session, long deadline) => slice(session, state, deadline);

    public override void Rewind() => rewind?.Invoke(state);

    public override void Complete() => _done.TrySetResult(state);

    public override void Fail(Exception error) => _done.TrySetException(error);

    public override bool TryCancel() => cancellation.IsCancellationRequested && _done.TrySetCanceled(cancellation);
}
