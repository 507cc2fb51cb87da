using Edge.Core.Options;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using Edge.Engine.Ingest;
using Edge.Services.Scp;

namespace Edge.Services.Scu;

/// <summary>Takes in what a modality stores here as sub-operations of our C-GET.</summary>
public sealed class GetReceiver(IngestPipeline ingest, ModalityOptions modality) : IDimseHandler
{
    private readonly Lock _gate = new();
    private List<string> _received = [];

    public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended)
    {
        IngestOrigin origin = new(OriginKind.DicomProtocol, modality.Host, modality.Aet, request.Association.CallingAeTitle);
        return ValueTask.FromResult<IObjectSink?>(new StoreSink(
            ingest,
            origin,
            request.Command.AffectedSopClassUid ?? "",
            request.Command.AffectedSopInstanceUid ?? "",
            request.Context.TransferSyntax,
            ended)
        {
            Stored = Note,
        });
    }

    public ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended) => ValueTask.FromResult<DimseResponse?>(null);

    /// <summary>The public ids of what arrived since the last call.</summary>
    public IReadOnlyList<string> TakeReceived()
    {
        lock (_gate)
        {
            List<string> taken = _received;
            _received = [];
            return taken;
        }
    }

    private void Note(IngestResult result)
    {
        lock (_gate)
        {
            _received.Add(result.Identifiers.Instance);
        }
    }
}
