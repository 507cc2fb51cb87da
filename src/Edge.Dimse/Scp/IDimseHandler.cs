using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scp;

/// <summary>
/// Port: performs the operations that peers invoke. One instance serves all associations of a server at the same time.
/// From each method an <see cref="AbortAssociationException"/> aborts the association, an <c>EdgeException</c> becomes the
/// DIMSE status of the error table, any other exception 0110H. The <c>ended</c> tokens fire when the association has ended.
/// </summary>
public interface IDimseHandler
{
    /// <summary>C-ECHO.</summary>
    ValueTask<DimseStatus> EchoAsync(IncomingRequest request, CancellationToken ended) => ValueTask.FromResult(DimseStatus.Success);

    /// <summary>C-STORE: where the data set goes. Null refuses: 0122H, the data set is read and dropped.</summary>
    ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended);

    /// <summary>
    /// All other requests, with their data set. The result is the final response; pending ones go through <paramref name="responder"/>.
    /// Null is "no such service": 0122H for C-services, 0211H for N-services. The connection is read meanwhile, so C-CANCEL and the
    /// responses of sub-operations arrive; the next request of the peer waits until this one is answered.
    /// </summary>
    ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended);
}

/// <summary>A request from the peer.</summary>
/// <param name="Command">The command set.</param>
/// <param name="Context">The presentation context, which gives the transfer syntax.</param>
/// <param name="Association">The association.</param>
/// <param name="DataSet">
/// Identifier, modification list, action information…; empty where there is none, and for C-STORE. Valid until the handler
/// returns: copy what has to live longer.
/// </param>
public sealed record IncomingRequest(CommandSet Command, PresentationContext Context, NegotiatedAssociation Association, ReadOnlyMemory<byte> DataSet);

/// <summary>Where the data set of one C-STORE goes. Calls never overlap; exactly one of Complete and Abort ends it.</summary>
public interface IObjectSink
{
    /// <summary>
    /// Takes the next bytes, straight from the receive buffer: they are valid until the result completes. A sink that can take
    /// them at once returns a completed task; one that must wait (disk) returns a pending one and the socket is not read meanwhile.
    /// </summary>
    ValueTask WriteAsync(ReadOnlyMemory<byte> fragment);

    /// <summary>The data set is whole. Returns when it is durable, or why it is not kept.</summary>
    ValueTask<DimseStatus> CompleteAsync();

    /// <summary>The data set will not be completed (association ended, or an earlier call failed): drop it. Must not throw.</summary>
    ValueTask AbortAsync();
}

/// <summary>The way back to the invoker of a running operation.</summary>
public interface IResponder
{
    /// <summary>The peer sent C-CANCEL for this operation. Expected: stop, answer with <see cref="DimseStatus.Cancel"/>.</summary>
    CancellationToken CancelRequested { get; }

    /// <summary>Sends a response that is not the last; its status is pending. Returns when the transport has taken it.</summary>
    ValueTask SendPendingAsync(DimseResponse response);

    /// <summary>As <see cref="SendPendingAsync"/>, but a small response may wait to leave together with what follows: call <see cref="FlushAsync"/> before waiting for anything. What is sent later takes it along.</summary>
    ValueTask HoldPendingAsync(DimseResponse response);

    /// <summary>Sends what is held.</summary>
    ValueTask FlushAsync();

    /// <summary>C-GET: invokes a C-STORE sub-operation on this association and waits for its response.</summary>
    /// <exception cref="DimseException">The association failed.</exception>
    ValueTask<DimseResponse> StoreAsync(StoreOperation operation);

    /// <summary>Invokes any other operation on this association and waits for its response, e.g. N-EVENT-REPORT.</summary>
    /// <param name="command">Without message id and data set flag: they are set here.</param>
    ValueTask<DimseResponse> InvokeAsync(PresentationContext context, CommandSet command, DataSetSource? dataSet = null);
}
