using Edge.Core.Logging;
using Edge.Core.Memory;
using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Dimse;
using Edge.Dimse.Messages;
using Edge.Dimse.Scp;
using DicomServerOptions = Edge.Core.Options.DicomServerOptions;
using Edge.Engine;
using Edge.Engine.Content;
using Edge.Engine.Ingest;
using Edge.Engine.Query;
using Edge.Engine.Remote;
using Edge.Engine.Scripting;

namespace Edge.Services.Scp;

/// <summary>The operations that peers may invoke: who may, and which service performs them.</summary>
public sealed class DicomServices : IDimseHandler
{
    private readonly DicomServerOptions _options;
    private readonly IngestPipeline _pipeline;
    private readonly KnownPeers _peers;
    private readonly bool _mayRecode;
    private readonly FindService _find;
    private readonly MoveService _move;
    private readonly GetService _get;
    private readonly WorklistService _worklist;
    private readonly CommitmentService _commitment;

    /// <param name="budget">What is in memory to be sent is charged to it.</param>
    public DicomServices(EdgeEngine engine, ByteBudget budget)
    {
        _options = engine.Options.Dicom;
        _pipeline = engine.Ingest;
        _peers = new KnownPeers(_options, engine.Settings);
        _mayRecode = engine.Options.Transcoding.TranscodeDicomProtocol;
        OutgoingInstances outgoing = new(engine.Index, engine.Attachments);
        RetrieveLookup lookup = new(engine.Index);
        _find = new FindService(new DicomFind(engine.Queries, engine.Files, engine.MainTags, engine.Settings, engine.Options), engine.Settings, new QueryFilters(engine.Scripts));
        _move = new MoveService(_options, engine.Settings, _peers, lookup, outgoing, engine.Sender, engine.Jobs);
        _commitment = new CommitmentService(engine.Commitments, _peers, engine.Jobs);
        _worklist = new WorklistService(new WorklistFolder(engine.Options.Worklists, engine.Options.Indexing, engine.Settings), engine.Settings, new QueryFilters(engine.Scripts));
        _get = new GetService(engine.Settings, lookup, outgoing, new OutgoingStoreFilter(engine.Scripts, engine.Files, engine.Settings), engine.Transcoder, budget);
    }

    public ValueTask<DimseStatus> EchoAsync(IncomingRequest request, CancellationToken ended)
    {
        Require(request, "C-ECHO", _options.DicomAlwaysAllowEcho, nameof(_options.DicomAlwaysAllowEcho), static entry => entry.AllowEcho, nameof(ModalityOptions.AllowEcho));
        return ValueTask.FromResult(DimseStatus.Success);
    }

    public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended)
    {
        Require(request, "C-STORE", _options.DicomAlwaysAllowStore, nameof(_options.DicomAlwaysAllowStore), static entry => entry.AllowStore, nameof(ModalityOptions.AllowStore));
        IngestOrigin origin = new(
            OriginKind.DicomProtocol,
            request.Association.PeerAddress is { } peer ? KnownPeers.TextOf(peer.Address) : "",
            request.Association.CallingAeTitle,
            request.Association.CalledAeTitle);
        IObjectSink sink = new StoreSink(
            _pipeline,
            origin,
            request.Command.AffectedSopClassUid ?? "",
            request.Command.AffectedSopInstanceUid ?? "",
            request.Context.TransferSyntax,
            ended);
        return ValueTask.FromResult<IObjectSink?>(sink);
    }

    public async ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended)
    {
        SopClassKind kind = UidRegistry.Find(request.Context.AbstractSyntax)?.Kind ?? SopClassKind.Other;
        switch (request.Command.Field, kind)
        {
            case (CommandField.CFindRequest, SopClassKind.Find):
                Require(request, "C-FIND", _options.DicomAlwaysAllowFind, nameof(_options.DicomAlwaysAllowFind), static entry => entry.AllowFind, nameof(ModalityOptions.AllowFind));
                return await _find.FindAsync(request, responder, ManufacturerOf(request), ended).ConfigureAwait(false);
            case (CommandField.CFindRequest, SopClassKind.Worklist):
                Require(request, "C-FIND of worklists", _options.DicomAlwaysAllowFindWorklist, nameof(_options.DicomAlwaysAllowFindWorklist), static entry => entry.AllowFindWorklist, nameof(ModalityOptions.AllowFindWorklist));
                return await _worklist.FindAsync(request, responder, ManufacturerOf(request), ended).ConfigureAwait(false);
            case (CommandField.CMoveRequest, SopClassKind.Move):
                Require(request, "C-MOVE", _options.DicomAlwaysAllowMove, nameof(_options.DicomAlwaysAllowMove), static entry => entry.AllowMove, nameof(ModalityOptions.AllowMove));
                return await _move.MoveAsync(request, responder, ended).ConfigureAwait(false);
            case (CommandField.CGetRequest, SopClassKind.Get):
                Require(request, "C-GET", _options.DicomAlwaysAllowGet, nameof(_options.DicomAlwaysAllowGet), static entry => entry.AllowGet, nameof(ModalityOptions.AllowGet));
                bool mayRecode = _mayRecode && _peers.Entries(request.Association.CallingAeTitle).All(static entry => entry.AllowTranscoding);
                return await _get.GetAsync(request, responder, mayRecode, ended).ConfigureAwait(false);
            case (CommandField.NActionRequest, SopClassKind.StorageCommitment):
                Require(request, "N-ACTION", false, "", static entry => entry.AllowNAction, nameof(ModalityOptions.AllowNAction));
                return await _commitment.RequestAsync(request).ConfigureAwait(false);
            case (CommandField.NEventReportRequest, SopClassKind.StorageCommitment):
                Require(request, "N-EVENT-REPORT", false, "", static entry => entry.AllowEventReport, nameof(ModalityOptions.AllowEventReport));
                return _commitment.Receive(request);
            default:
                return null;
        }
    }

    private ModalityManufacturer ManufacturerOf(IncomingRequest request) => _peers.Entries(request.Association.CallingAeTitle).Select(static entry => entry.Manufacturer).FirstOrDefault();

    /// <summary>Orthanc aborts the association of a peer that invokes what it may not.</summary>
    private void Require(IncomingRequest request, string operation, bool always, string alwaysName, Func<ModalityOptions, bool> flag, string flagName)
    {
        string calling = request.Association.CallingAeTitle;
        if (!_peers.IsAllowed(always, flag, calling, request.Association.PeerAddress?.Address))
        {
            Log.Dicom.Warning($"{operation} of \"{calling}\" at {KnownPeers.TextOf(request)} is refused: {_peers.WhyRefused(alwaysName, flagName, calling, request.Association.PeerAddress?.Address)}");
            throw new AbortAssociationException($"{operation} is not allowed for {calling}");
        }
    }
}
