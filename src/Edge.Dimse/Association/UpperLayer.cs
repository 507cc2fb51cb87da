using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>
/// The DICOM upper layer on one transport connection, either side: drives <see cref="AssociationStateMachine"/>, reads PDUs,
/// runs ARTIM, idle and send timers. One task calls <see cref="NextAsync"/>; any thread may send, release or abort.
/// </summary>
internal sealed partial class UpperLayer : IDisposable
{
    /// <summary>The idle timer starts again after as many bytes of one PDU: who trickles slower than this per idle time is cut off.</summary>
    private const int ProgressBytes = 16384;

    private readonly Lock _gate = new();
    private readonly Stream _stream;
    private readonly UpperLayerSettings _settings;
    private readonly ReceiveBuffer _buffer;
    private readonly DeadlineTimer _artim;
    private readonly DeadlineTimer _idle;
    private readonly DeadlineTimer _sending;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AssociationState _state = AssociationState.Sta1;
    private DimseException? _fault;
    private TimeSpan _boundaryTimeout;
    private string _awaited = "activity";
    private bool _atBoundary;
    private bool _framingLost;
    private bool _paused;
    private volatile bool _reading;
    private int _closed;
    private uint _pduRemaining;
    private uint _pdvRemaining;
    private uint _sinceProgress;
    private PdvHeader _pdv;

    public UpperLayer(Stream stream, bool isRequestor, long id, UpperLayerSettings settings)
    {
        _stream = stream;
        _settings = settings;
        IsRequestor = isRequestor;
        Id = id;
        _boundaryTimeout = settings.Idle;
        _artim = new DeadlineTimer(OnArtim);
        _idle = new DeadlineTimer(OnIdle);
        _sending = new DeadlineTimer(OnSendStalled);
        _buffer = new ReceiveBuffer(stream, settings.Budget, settings.Metrics, _idle, settings.Idle);
    }

    public bool IsRequestor { get; }

    /// <summary>For logs.</summary>
    public long Id { get; }

    /// <summary>Why it ended; null while it lives, and after a release.</summary>
    public DimseException? Fault => Volatile.Read(ref _fault);

    /// <summary>Completes when no further data can be sent or received.</summary>
    public Task Ended => _ended.Task;

    public AssociationState State
    {
        get
        {
            lock (_gate)
            {
                return _state;
            }
        }
    }

    /// <summary>How long to wait for the next PDU where none has begun; zero is for ever. Takes effect at once.</summary>
    /// <param name="timeout">The time.</param>
    /// <param name="awaited">What is waited for, for the error.</param>
    public void SetBoundaryTimeout(TimeSpan timeout, string awaited)
    {
        lock (_gate)
        {
            _boundaryTimeout = timeout;
            _awaited = awaited;
            if (_atBoundary)
            {
                _idle.Arm(timeout);
            }
        }
    }

    /// <summary>The caller is busy: the peer is not timed until the next call of <see cref="NextAsync"/>. For the task that reads.</summary>
    public void PauseIdle()
    {
        _paused = true;
        _idle.Disarm();
    }

    /// <summary>Gives the receive buffer back where nothing is left in it: before a long wait for something else than the peer.</summary>
    public void ReleaseBuffer() => _buffer.ReleaseIfEmpty();

    /// <summary>The transport connection is there (Evt2 or Evt5): starts ARTIM on the acceptor's side.</summary>
    public void Begin()
    {
        if (IsRequestor)
        {
            Fire(AssociationEvent.AssociateRequest);
        }

        if (Fire(IsRequestor ? AssociationEvent.TransportConfirmation : AssociationEvent.TransportIndication) == AssociationAction.AE5)
        {
            _artim.Arm(_settings.Artim);
        }
    }

    /// <summary>The next indication. Never throws for what the peer does: that is <see cref="IndicationKind.Ended"/> with a fault.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Indication> NextAsync()
    {
        _reading = true;
        if (_paused)
        {
            _paused = false;
            _idle.Arm(_settings.Idle);
        }

        try
        {
            while (true)
            {
                if (_pdvRemaining > 0)
                {
                    if (!await _buffer.EnsureAsync(1, _pduRemaining).ConfigureAwait(false))
                    {
                        return OnClosed(null);
                    }

                    ReadOnlyMemory<byte> piece = TakePiece();
                    if (MayReceive())
                    {
                        return new Indication(IndicationKind.Data, _pdv, piece, _pdvRemaining == 0);
                    }
                }
                else if (_pduRemaining > 0)
                {
                    if (_pduRemaining < PdvHeader.Size)
                    {
                        throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"{_pduRemaining} bytes at the end of a P-DATA-TF PDU, too few for a PDV item");
                    }

                    if (!await _buffer.EnsureAsync(PdvHeader.Size).ConfigureAwait(false))
                    {
                        return OnClosed(null);
                    }

                    _pdv = PdvHeader.Read(_buffer.Take(PdvHeader.Size).Span, _pduRemaining);
                    _pduRemaining -= PdvHeader.Size;
                    _pdvRemaining = _pdv.Length;
                    if (_pdvRemaining == 0 && MayReceive())
                    {
                        return new Indication(IndicationKind.Data, _pdv, default, true);
                    }
                }
                else if (await NextPduAsync().ConfigureAwait(false) is { } indication)
                {
                    return indication;
                }
            }
        }
        catch (PduFormatException malformed)
        {
            _framingLost = true;
            await ActAsync(Fire(AssociationEvent.InvalidPdu), malformed.Reason, malformed).ConfigureAwait(false);
            return default;
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException or OperationCanceledException)
        {
            return OnClosed(lost);
        }
        finally
        {
            _reading = false;
        }
    }

    /// <summary>After the end: reads and drops until the peer closes or ARTIM expires, so that the last PDU sent is not lost in a reset.</summary>
    public async Task DrainAsync()
    {
        try
        {
            while (State == AssociationState.Sta13)
            {
                if (_framingLost)
                {
                    if (!await _buffer.EnsureAsync(1).ConfigureAwait(false))
                    {
                        OnClosed(null);
                        return;
                    }

                    _buffer.Take(_buffer.Available);
                }
                else
                {
                    await NextAsync().ConfigureAwait(false);
                }
            }
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException or OperationCanceledException)
        {
            OnClosed(lost);
        }
    }

    /// <summary>Closes the connection without a word.</summary>
    public void Close(DimseException? why)
    {
        lock (_gate)
        {
            _state = AssociationState.Sta1;
        }

        End(why);
        CloseTransport();
    }

    public void Dispose()
    {
        Close(null);
        _artim.Dispose();
        _idle.Dispose();
        _sending.Dispose();
        _buffer.Dispose();
    }

    private ReadOnlyMemory<byte> TakePiece()
    {
        int count = (int)Math.Min((uint)_buffer.Available, _pdvRemaining);
        _pdvRemaining -= (uint)count;
        _pduRemaining -= (uint)count;
        _sinceProgress += (uint)count;
        if (_sinceProgress >= ProgressBytes)
        {
            _sinceProgress = 0;
            _idle.Arm(_settings.Idle);
        }

        return _buffer.Take(count);
    }

    /// <summary>Data of a PDU that began in time is dropped when the association was aborted meanwhile.</summary>
    private bool MayReceive() => State is AssociationState.Sta6 or AssociationState.Sta7;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Indication?> NextPduAsync()
    {
        _buffer.ReleaseIfEmpty();
        EnterBoundary();
        if (!await _buffer.EnsureAsync(1).ConfigureAwait(false))
        {
            return OnClosed(null);
        }

        LeaveBoundary();
        if (!await _buffer.EnsureAsync(PduHeader.Size).ConfigureAwait(false))
        {
            return OnClosed(null);
        }

        PduHeader header = PduHeader.Read(_buffer.Take(PduHeader.Size).Span);
        if (!header.IsKnown)
        {
            throw new PduFormatException(AbortReason.UnrecognizedPdu, $"PDU of unknown type {(byte)header.Type:X2}H");
        }

        if (header.Type == PduType.DataTransfer)
        {
            if (header.Length > (uint)_settings.MaximumPduLength)
            {
                throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"P-DATA-TF PDU of {header.Length} bytes: {_settings.MaximumPduLength} were negotiated");
            }

            _pduRemaining = header.Length;
            return await ActAsync(Fire(AssociationEvent.DataPdu), AbortReason.UnexpectedPdu, header.Type).ConfigureAwait(false);
        }

        if (header.Length > (uint)PduCodec.GreatestBody(header.Type))
        {
            throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"PDU of type {(byte)header.Type:X2}H of {header.Length} bytes: it has at most {PduCodec.GreatestBody(header.Type)}");
        }

        object? pdu = await ReadBodyAsync(header).ConfigureAwait(false);
        return pdu is null ? OnClosed(null) : await ActAsync(Fire(EventOf(header.Type)), AbortReason.UnexpectedPdu, pdu).ConfigureAwait(false);
    }

    private void EnterBoundary()
    {
        lock (_gate)
        {
            _atBoundary = true;
            if (_state is not (AssociationState.Sta2 or AssociationState.Sta13))
            {
                _idle.Arm(_boundaryTimeout);
            }
        }
    }

    private void LeaveBoundary()
    {
        lock (_gate)
        {
            _atBoundary = false;
            _sinceProgress = 0;
            if (_state is not (AssociationState.Sta2 or AssociationState.Sta13))
            {
                _idle.Arm(_settings.Idle);
            }
        }
    }

    /// <summary>Gathers a control PDU in a buffer of its own, charged to the budget, and decodes it; null where the peer closed in the middle.</summary>
    private async ValueTask<object?> ReadBodyAsync(PduHeader header)
    {
        int length = (int)header.Length;
        if (length <= ReceiveBuffer.GreatestRequest)
        {
            return await _buffer.EnsureAsync(length).ConfigureAwait(false) ? Decode(header.Type, _buffer.Take(length).Span) : null;
        }

        long charged = await _settings.Budget.ReserveAsync(length, _buffer.Lifetime).ConfigureAwait(false);
        byte[] body = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            for (int filled = 0; filled < length;)
            {
                if (!await _buffer.EnsureAsync(1).ConfigureAwait(false))
                {
                    return null;
                }

                ReadOnlyMemory<byte> piece = _buffer.Take(Math.Min(_buffer.Available, length - filled));
                piece.CopyTo(body.AsMemory(filled));
                filled += piece.Length;
            }

            return Decode(header.Type, body.AsSpan(0, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
            _settings.Budget.Release(charged);
        }
    }

    private static object Decode(PduType type, ReadOnlySpan<byte> body) => type switch
    {
        PduType.AssociateRequest => PduCodec.DecodeAssociateRequest(body),
        PduType.AssociateAccept => PduCodec.DecodeAssociateAccept(body),
        PduType.AssociateReject => PduCodec.DecodeAssociateReject(body),
        PduType.Abort => PduCodec.DecodeAbort(body),
        _ => type,
    };

    private static AssociationEvent EventOf(PduType type) => type switch
    {
        PduType.AssociateRequest => AssociationEvent.AssociateRequestPdu,
        PduType.AssociateAccept => AssociationEvent.AssociateAcceptPdu,
        PduType.AssociateReject => AssociationEvent.AssociateRejectPdu,
        PduType.ReleaseRequest => AssociationEvent.ReleaseRequestPdu,
        PduType.ReleaseResponse => AssociationEvent.ReleaseResponsePdu,
        PduType.Abort => AssociationEvent.AbortPdu,
        _ => AssociationEvent.InvalidPdu,
    };
}
