using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Scp;

/// <summary>Takes a connection through transport, A-ASSOCIATE-RQ and policy to an established association.</summary>
internal sealed class AssociationAcceptor(DicomServerOptions options, UpperLayerSettings settings, IAssociationPolicy policy, IDimseHandler handler)
{
    /// <summary>SOP classes that one line of the log names.</summary>
    private const int MostNamed = 5;

    /// <summary>The association, or null where it was refused or failed; then the connection is closed.</summary>
    /// <param name="socket">Owned from here on.</param>
    /// <param name="forced">Rejects whatever is asked.</param>
    /// <param name="opened">Is given the connection as soon as it can be aborted.</param>
    /// <param name="stopping">The server stops.</param>
    public async Task<DimseAssociation?> AcceptAsync(Socket socket, AssociationRejection? forced, Action<UpperLayer> opened, CancellationToken stopping)
    {
        long id = AssociationNumber.Next();
        var peer = socket.RemoteEndPoint as IPEndPoint;
        Stream stream;
        try
        {
            using var handshake = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            handshake.CancelAfter(options.ArtimTimeout);
            stream = await options.Transport(socket, handshake.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Log(DimseLogLevel.Warning, id, peer, $"transport failed: {failure.Message}");
            socket.Dispose();
            return null;
        }

        UpperLayer layer = new(stream, isRequestor: false, id, settings);
        opened(layer);
        layer.Begin();
        DimseAssociation? association = null;
        try
        {
            Indication indication = await layer.NextAsync().ConfigureAwait(false);
            if (indication.Kind == IndicationKind.AssociateRequest)
            {
                association = await DecideAsync(layer, (AssociationRequest)indication.Pdu! with { PeerAddress = peer }, forced, stopping).ConfigureAwait(false);
            }
            else if (layer.Fault is { } fault)
            {
                Log(fault is PduFormatException ? DimseLogLevel.Warning : DimseLogLevel.Information, id, peer, $"no association: {fault.Message}");
            }
        }
        finally
        {
            if (association is null)
            {
                await layer.DrainAsync().ConfigureAwait(false);
                layer.Dispose();
            }
        }

        return association;
    }

    private async ValueTask<DimseAssociation?> DecideAsync(UpperLayer layer, AssociationRequest request, AssociationRejection? forced, CancellationToken stopping)
    {
        AssociationRejection? rejection =
            (request.ProtocolVersion & 1) == 0 ? AssociationRejection.ProtocolVersionNotSupported
            : request.ApplicationContext != DicomUids.ApplicationContext ? AssociationRejection.ApplicationContextNotSupported
            : forced;
        string reason = forced is not null ? $"all {options.MaximumAssociations} associations are in use" : "";
        AssociationDecision decision = AssociationDecision.Reject(rejection ?? AssociationRejection.TemporaryCongestion, reason);
        if (request.UserInformation.MaximumPduLength is > 0 and < PduLimits.LeastOfPeer)
        {
            PduFormatException malformed = new(AbortReason.InvalidPduParameterValue, $"maximum PDU length {request.UserInformation.MaximumPduLength}: at least {PduLimits.LeastOfPeer} are needed");
            Log(DimseLogLevel.Warning, layer.Id, request.PeerAddress, $"\"{request.CallingAeTitle}\" aborted: {malformed.Message}");
            await layer.AbortAsync(AssociationAbort.ByProvider(malformed.Reason), malformed).ConfigureAwait(false);
            return null;
        }

        if (rejection is null)
        {
            try
            {
                decision = await policy.DecideAsync(request, stopping).ConfigureAwait(false);
            }
            catch (AbortAssociationException abort)
            {
                await layer.AbortAsync(AssociationAbort.ByUser, new AssociationAbortedException(AssociationAbort.ByUser, false, abort.Message)).ConfigureAwait(false);
                settings.Metrics.Aborted();
                return null;
            }
            catch (Exception failure)
            {
                Log(DimseLogLevel.Error, layer.Id, request.PeerAddress, $"the association policy failed: {failure}");
            }
        }

        if (decision is not AssociationAcceptance acceptance)
        {
            (AssociationRejection refusal, string why) = (AssociationRefusal)decision;
            settings.Metrics.Rejected();
            Log(DimseLogLevel.Warning, layer.Id, request.PeerAddress, $"\"{request.CallingAeTitle}\" calling \"{request.CalledAeTitle}\" rejected: {refusal}{(why.Length > 0 ? "; " + why : "")}");
            await layer.RejectAsync(refusal).ConfigureAwait(false);
            return null;
        }

        AssociationAccepted answer = Negotiation.Answer(request, acceptance, options.MaximumPduLength);
        NegotiatedAssociation negotiated = new(layer.Id, request, Negotiation.Agreed(request, answer, isRequestor: false), answer.UserInformation, isRequestor: false, acceptance.State);
        layer.SendPduLength = UpperLayer.SendLengthFor(request.UserInformation.MaximumPduLength);
        if (!await layer.AcceptAsync(PduCodec.EncodeAssociateAccept(answer)).ConfigureAwait(false))
        {
            return null;
        }

        Log(DimseLogLevel.Information, layer.Id, request.PeerAddress, $"\"{request.CallingAeTitle}\" calling \"{request.CalledAeTitle}\" accepted with {negotiated.Contexts.Count} of {request.Contexts.Count} contexts");
        LogRefused(layer.Id, request, answer);
        return new DimseAssociation(layer, negotiated, handler, settings);
    }

    /// <summary>Names the SOP classes of which no context was accepted: what the peer wants to do with them will not happen.</summary>
    private void LogRefused(long id, AssociationRequest request, AssociationAccepted answer)
    {
        if (!options.Log.IsEnabled(DimseLogLevel.Warning))
        {
            return;
        }

        Dictionary<byte, ContextResult> results = answer.Contexts.ToDictionary(static one => one.Id, static one => one.Result);
        string[] refused = [.. request.Contexts.GroupBy(static one => one.AbstractSyntax)
            .Where(group => group.All(one => results.GetValueOrDefault(one.Id, ContextResult.NoReason) != ContextResult.Acceptance))
            .Select(group => $"{group.Key} ({(group.Any(one => results.GetValueOrDefault(one.Id) == ContextResult.TransferSyntaxesNotSupported) ? "none of its transfer syntaxes is accepted" : "SOP class not accepted")})")];
        if (refused.Length > 0)
        {
            string more = refused.Length > MostNamed ? $" and {refused.Length - MostNamed} more" : "";
            Log(DimseLogLevel.Warning, id, request.PeerAddress, $"\"{request.CallingAeTitle}\" proposes what is not accepted: {string.Join(", ", refused.Take(MostNamed))}{more}");
        }
    }

    private void Log(DimseLogLevel level, long id, IPEndPoint? peer, string text)
    {
        if (options.Log.IsEnabled(level))
        {
            options.Log.Write(level, $"Association {id} from {peer}: {text}");
        }
    }
}
