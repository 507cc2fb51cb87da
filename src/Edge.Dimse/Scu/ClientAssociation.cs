using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scu;

/// <summary>
/// An association that this side asked for. Operations wait for each other: one is outstanding at a time. Disposing without
/// release aborts. All methods throw the subclasses of <see cref="DimseException"/>; after one of them, <see cref="ContextRefusedException"/>
/// excepted, the association is over. Cancelling an operation aborts the association too, for its response would be in the way of the next.
/// </summary>
public sealed class ClientAssociation : IAsyncDisposable
{
    private readonly DimseAssociation _association;
    private readonly TimeSpan _releaseTimeout;
    private readonly Task _running;

    internal ClientAssociation(DimseAssociation association, TimeSpan releaseTimeout)
    {
        _association = association;
        _releaseTimeout = releaseTimeout;
        _running = association.RunAsync();
    }

    public NegotiatedAssociation Association => _association.Negotiated;

    /// <summary>False once it was released, aborted or lost.</summary>
    public bool IsOpen => !_association.Layer.Ended.IsCompleted;

    /// <summary>Why it is over; null while it is open, and after a release.</summary>
    public DimseException? Fault => _association.Layer.Fault;

    /// <summary>C-ECHO.</summary>
    /// <exception cref="ContextRefusedException">Verification was not accepted.</exception>
    public async ValueTask<DimseStatus> EchoAsync(CancellationToken cancellation = default)
    {
        PresentationContext context = Association.FindContext(DicomUids.Verification) ?? throw new ContextRefusedException(DicomUids.Verification, null);
        CommandSet command = new() { Field = CommandField.CEchoRequest, AffectedSopClassUid = DicomUids.Verification };
        return (await _association.InvokeAsync(context, command, null, cancellation).ConfigureAwait(false)).Status;
    }

    /// <summary>C-STORE in a context that the caller found.</summary>
    public async ValueTask<DimseStatus> StoreAsync(StoreOperation operation, CancellationToken cancellation = default) =>
        (await _association.StoreAsync(operation, cancellation).ConfigureAwait(false)).Status;

    /// <summary>C-STORE in the accepted context of the SOP class and transfer syntax.</summary>
    /// <exception cref="ContextRefusedException">There is none; nothing was sent, the association goes on.</exception>
    public ValueTask<DimseStatus> StoreAsync(string sopClassUid, string sopInstanceUid, string transferSyntax, DataSetSource dataSet, CancellationToken cancellation = default)
    {
        PresentationContext context = Association.FindContext(sopClassUid, transferSyntax) ?? throw new ContextRefusedException(sopClassUid, transferSyntax);
        return StoreAsync(new StoreOperation { Context = context, SopClassUid = sopClassUid, SopInstanceUid = sopInstanceUid, DataSet = dataSet }, cancellation);
    }

    /// <summary>Any operation with one response: N-services.</summary>
    /// <param name="command">Without message id and data set flag: they are set here.</param>
    public ValueTask<DimseResponse> InvokeAsync(PresentationContext context, CommandSet command, DataSetSource? dataSet = null, CancellationToken cancellation = default) =>
        _association.InvokeAsync(context, command, dataSet, cancellation);

    /// <summary>
    /// Any operation with pending responses (C-FIND, C-GET, C-MOVE): yields each response, the final one last. Leaving the
    /// enumeration early sends C-CANCEL and reads the rest.
    /// </summary>
    /// <param name="command">Without message id and data set flag: they are set here.</param>
    public IAsyncEnumerable<DimseResponse> StreamAsync(PresentationContext context, CommandSet command, DataSetSource? dataSet = null, CancellationToken cancellation = default) =>
        _association.StreamAsync(context, command, dataSet, cancellation);

    /// <summary>A-RELEASE. Returns when the peer has confirmed; aborts when it does not in time. Does nothing where it is over already.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (await _association.Layer.RequestReleaseAsync(_releaseTimeout).ConfigureAwait(false))
        {
            await _association.Layer.Ended.ConfigureAwait(false);
        }
    }

    /// <summary>A-ABORT.</summary>
    public async ValueTask AbortAsync() => await _association.AbortAsync("by the application").ConfigureAwait(false);

    /// <summary>Aborts where it was not released. Returns when the connection is closed.</summary>
    public async ValueTask DisposeAsync()
    {
        if (IsOpen)
        {
            await AbortAsync().ConfigureAwait(false);
        }

        await _running.ConfigureAwait(false);
    }
}
