using System.Net.Sockets;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>The actions of tables 9-6 to 9-9, the local primitives and the timers.</summary>
internal sealed partial class UpperLayer
{
    /// <summary>How long to try to tell the peer that it is over.</summary>
    private static readonly TimeSpan ControlPatience = TimeSpan.FromSeconds(1);

    /// <summary>A-ASSOCIATE request primitive: <see cref="Begin"/> took the connection, this sends the PDU (AE-2).</summary>
    public Task SendAssociateRequestAsync(byte[] pdu) => SendControlAsync(pdu);

    /// <summary>A-ASSOCIATE response primitive, accept (Evt7). False where the association has ended meanwhile.</summary>
    public async Task<bool> AcceptAsync(byte[] pdu)
    {
        if (Fire(AssociationEvent.AssociateResponseAccept) != AssociationAction.AE7)
        {
            return false;
        }

        await SendControlAsync(pdu).ConfigureAwait(false);
        return true;
    }

    /// <summary>A-ASSOCIATE response primitive, reject (Evt8).</summary>
    public async Task RejectAsync(AssociationRejection rejection)
    {
        if (Fire(AssociationEvent.AssociateResponseReject) == AssociationAction.AE8)
        {
            End(new AssociationRejectedException(rejection));
            await SendControlAsync(PduCodec.EncodeAssociateReject(rejection)).ConfigureAwait(false);
            _artim.Arm(_settings.Artim);
        }
    }

    /// <summary>A-RELEASE request primitive (Evt11). The reader sees the confirmation. False where there is nothing to release.</summary>
    public async Task<bool> RequestReleaseAsync(TimeSpan timeout)
    {
        if (Fire(AssociationEvent.ReleaseRequest) != AssociationAction.AR1)
        {
            return false;
        }

        SetBoundaryTimeout(timeout, "A-RELEASE-RP");
        await SendControlAsync(PduCodec.EncodeReleaseRequest()).ConfigureAwait(false);
        return true;
    }

    /// <summary>A-RELEASE response primitive (Evt14).</summary>
    public async Task RespondReleaseAsync()
    {
        AssociationAction action = Fire(AssociationEvent.ReleaseResponse);
        if (action is AssociationAction.AR4 or AssociationAction.AR9)
        {
            await SendControlAsync(PduCodec.EncodeReleaseResponse()).ConfigureAwait(false);
        }

        if (action == AssociationAction.AR4)
        {
            End(null);
            _artim.Arm(_settings.Artim);
        }
    }

    /// <summary>A-ABORT request primitive (Evt15), or, for a source of provider, what follows an invalid PDU (Evt19).</summary>
    /// <param name="abort">What the peer is told.</param>
    /// <param name="why">What this side is told.</param>
    public async Task AbortAsync(AssociationAbort abort, DimseException why)
    {
        AssociationAction action = Fire(abort.Source == AbortSource.ServiceUser ? AssociationEvent.AbortRequest : AssociationEvent.InvalidPdu);
        switch (action)
        {
            case AssociationAction.AA1 or AssociationAction.AA8:
                End(why);
                await SendControlAsync(PduCodec.EncodeAbort(abort)).ConfigureAwait(false);
                _artim.Arm(_settings.Artim);
                break;
            case AssociationAction.AA2:
                Close(why);
                break;
            case AssociationAction.None when State == AssociationState.Sta2:
                Close(why); // no association yet that could be aborted
                break;
        }
    }

    /// <summary>Moves the state machine; None where the event cannot happen.</summary>
    private AssociationAction Fire(AssociationEvent occurred)
    {
        lock (_gate)
        {
            (AssociationAction action, _state) = AssociationStateMachine.Next(_state, occurred, IsRequestor);
            return action;
        }
    }

    /// <summary>Does what a PDU from the peer asks for; null where reading just goes on.</summary>
    private async ValueTask<Indication?> ActAsync(AssociationAction action, AbortReason reason, object pdu)
    {
        switch (action)
        {
            case AssociationAction.DT2 or AssociationAction.AR6 or AssociationAction.AA6:
                return null;
            case AssociationAction.AE6:
                _artim.Disarm();
                return new Indication(IndicationKind.AssociateRequest, Pdu: pdu);
            case AssociationAction.AE3:
                return new Indication(IndicationKind.AssociateAccept, Pdu: pdu);
            case AssociationAction.AE4:
                Close(new AssociationRejectedException((AssociationRejection)pdu));
                return new Indication(IndicationKind.AssociateReject, Pdu: pdu);
            case AssociationAction.AR2:
                return new Indication(IndicationKind.ReleaseRequest);
            case AssociationAction.AR8:
                if (IsRequestor)
                {
                    await RespondReleaseAsync().ConfigureAwait(false);
                }

                return null;
            case AssociationAction.AR10:
                await RespondReleaseAsync().ConfigureAwait(false);
                return default(Indication);
            case AssociationAction.AR3:
                Close(null);
                return default(Indication);
            case AssociationAction.AA2:
                Close(null);
                return default(Indication);
            case AssociationAction.AA3:
                Close(new AssociationAbortedException((AssociationAbort)pdu, byPeer: true));
                return default(Indication);
            case AssociationAction.AA7:
                await SendControlAsync(PduCodec.EncodeAbort(AssociationAbort.ByProvider(reason))).ConfigureAwait(false);
                return null;
            case AssociationAction.AA1 or AssociationAction.AA8:
                _idle.Disarm();
                End(pdu as PduFormatException ?? new PduFormatException(reason, $"PDU that the association does not expect now ({pdu.GetType().Name})"));
                AssociationAbort abort = action == AssociationAction.AA1 ? AssociationAbort.ByUser : AssociationAbort.ByProvider(reason);
                await SendControlAsync(PduCodec.EncodeAbort(abort)).ConfigureAwait(false);
                _artim.Arm(_settings.Artim);
                return default(Indication);
            default:
                return default(Indication); // closed by another thread in between
        }
    }

    /// <summary>Evt17: the peer closed, or the connection broke.</summary>
    private Indication OnClosed(Exception? lost)
    {
        if (Fire(AssociationEvent.TransportClosed) == AssociationAction.AA4)
        {
            End(new ConnectionLostException(lost is null ? "The peer closed the connection" : $"The connection broke: {lost.Message}", lost));
        }

        Close(null);
        return default;
    }

    /// <summary>Evt18.</summary>
    private void OnArtim()
    {
        bool awaitingRequest = State == AssociationState.Sta2;
        if (Fire(AssociationEvent.ArtimExpired) == AssociationAction.AA2)
        {
            _settings.Metrics.TimedOut();
            Close(awaitingRequest ? new DimseTimeoutException("No A-ASSOCIATE-RQ in time") : null);
        }
    }

    private void OnIdle()
    {
        string awaited;
        lock (_gate)
        {
            awaited = _atBoundary ? _awaited : "the rest of a PDU";
        }

        _settings.Metrics.TimedOut();
        _ = AbortAsync(AssociationAbort.ByUser, new DimseTimeoutException($"Timeout while waiting for {awaited}"));
    }

    private void OnSendStalled()
    {
        _settings.Metrics.TimedOut();
        Close(new DimseTimeoutException("The peer does not take what is sent"));
    }

    private void End(DimseException? why)
    {
        if (why is not null)
        {
            Interlocked.CompareExchange(ref _fault, why, null);
        }

        _idle.Disarm();
        _ended.TrySetResult();
    }

    private void CloseTransport()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            _artim.Disarm();
            _buffer.Cancel();
            _stream.Dispose();
        }
    }

    /// <summary>Sends a PDU that is no data. A peer that does not take it loses the connection; the reader reports that.</summary>
    private async Task SendControlAsync(byte[] pdu)
    {
        if (!await _writing.WaitAsync(ControlPatience).ConfigureAwait(false))
        {
            CloseTransport();
            return;
        }

        try
        {
            _sending.Arm(_settings.Send);
            await _stream.WriteAsync(pdu).ConfigureAwait(false);
            _settings.Metrics.Sent(pdu.Length);
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException)
        {
            if (!_reading)
            {
                CloseTransport();
            }
        }
        finally
        {
            _sending.Disarm();
            _writing.Release();
        }
    }
}
