using Edge.Dimse.Messages;
using Edge.Dimse.Scp;

namespace Edge.Benchmarks.Dimse;

/// <summary>Takes what a C-GET sends back, counts it and drops it.</summary>
internal sealed class DroppingHandler : IDimseHandler, IObjectSink
{
    private int _stored;

    public int Stored => _stored;

    public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended) => ValueTask.FromResult<IObjectSink?>(this);

    public ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended) => ValueTask.FromResult<DimseResponse?>(null);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => ValueTask.CompletedTask;

    public ValueTask<DimseStatus> CompleteAsync()
    {
        Interlocked.Increment(ref _stored);
        return ValueTask.FromResult(DimseStatus.Success);
    }

    public ValueTask AbortAsync() => ValueTask.CompletedTask;
}
