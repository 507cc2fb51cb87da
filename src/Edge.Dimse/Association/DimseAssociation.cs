using System.Runtime.CompilerServices;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Association;

/// <summary>
/// The message layer of an established association, the same on both sides: one task reads messages to the end, performs what the
/// peer invokes through the handler and hands responses to the operations that wait for them.
/// </summary>
internal sealed partial class DimseAssociation
{
    private static readonly TimeSpan QuietBeforeStop = TimeSpan.FromSeconds(1);

    private readonly UpperLayer _layer;
    private readonly UpperLayerSettings _settings;
    private readonly IDimseHandler? _handler;
    private readonly CancellationTokenSource _endedSource = new();
    private readonly CancellationToken _ended;
    private readonly CommandAssembly _assembly = new();
    private readonly Lock _timeoutGate = new();
    private volatile bool _inMessage;
    private volatile bool _stopping;
    private RunningOperation? _running;

    public DimseAssociation(UpperLayer layer, NegotiatedAssociation negotiated, IDimseHandler? handler, UpperLayerSettings settings)
    {
        _layer = layer;
        _settings = settings;
        _handler = handler;
        Negotiated = negotiated;
        _ended = _endedSource.Token;
        UpdateTimeout();
    }

    public NegotiatedAssociation Negotiated { get; }

    public UpperLayer Layer => _layer;

    /// <summary>Reads to the end of the association, then until the connection is closed.</summary>
    public async Task RunAsync()
    {
        _settings.Metrics.Established();
        Task telling = TellEndAsync();
        try
        {
            while (await ReadMessageAsync().ConfigureAwait(false))
            {
            }
        }
        catch (Exception failure)
        {
            // Whatever is wrong here must cost one association, not the server.
            Log(DimseLogLevel.Error, $"failed: {failure}");
            await _layer.AbortAsync(AssociationAbort.ByProvider(AbortReason.NotSpecified), new AssociationAbortedException(AssociationAbort.ByProvider(AbortReason.NotSpecified), false, failure.Message)).ConfigureAwait(false);
        }

        _settings.Metrics.Ended();
        Count(_layer.Fault);
        await telling.ConfigureAwait(false);
        if (_running is { } running)
        {
            await running.Done.ConfigureAwait(false);
        }

        await _layer.DrainAsync().ConfigureAwait(false);
        _layer.Dispose();
        _endedSource.Dispose();
    }

    /// <summary>The server stops: end after a second of quiet between messages.</summary>
    public void Stop()
    {
        _stopping = true;
        UpdateTimeout();
    }

    public Task AbortAsync(string why) =>
        _layer.AbortAsync(AssociationAbort.ByUser, new AssociationAbortedException(AssociationAbort.ByUser, false, why));

    /// <summary>Reads and performs one message; false at the end.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadMessageAsync()
    {
        Indication indication = await _layer.NextAsync().ConfigureAwait(false);
        switch (indication.Kind)
        {
            case IndicationKind.Data:
                break;
            case IndicationKind.ReleaseRequest:
                if (_running is { } running)
                {
                    running.Cancel();
                    await running.Done.ConfigureAwait(false);
                }

                await _layer.RespondReleaseAsync().ConfigureAwait(false);
                return !_layer.Ended.IsCompleted;
            default:
                return false;
        }

        _inMessage = true;
        UpdateTimeout();
        try
        {
            PresentationContext context = Negotiated.Context(indication.Pdv.ContextId)
                ?? throw new PduFormatException(AbortReason.UnexpectedPduParameter, $"PDV in presentation context {indication.Pdv.ContextId}, which was not accepted");
            CommandSet? command = await ReadCommandAsync(indication, context).ConfigureAwait(false);
            if (command is null)
            {
                return false;
            }

            _settings.Metrics.MessageReceived();
            return await DispatchAsync(command, context).ConfigureAwait(false);
        }
        catch (PduFormatException malformed)
        {
            await _layer.AbortAsync(AssociationAbort.ByProvider(malformed.Reason), malformed).ConfigureAwait(false);
            return false;
        }
        catch (AbortAssociationException abort)
        {
            await AbortAsync(abort.Message).ConfigureAwait(false);
            return false;
        }
        catch (DimseException)
        {
            return false; // a response could not be sent: the layer knows why
        }
        finally
        {
            _inMessage = false;
            UpdateTimeout();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CommandSet?> ReadCommandAsync(Indication first, PresentationContext context)
    {
        Indication indication = first;
        while (true)
        {
            if (!indication.Pdv.IsCommand || indication.Pdv.ContextId != context.Id)
            {
                throw new PduFormatException(AbortReason.UnexpectedPduParameter, indication.Pdv.IsCommand ? "the fragments of a command set are in different contexts" : "data set without a command set");
            }

            if (_assembly.Add(indication, context.AbstractSyntax) is { } command)
            {
                return command;
            }

            indication = await _layer.NextAsync().ConfigureAwait(false);
            if (indication.Kind != IndicationKind.Data)
            {
                await OnInterruptedAsync(indication).ConfigureAwait(false);
                return null;
            }
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> DispatchAsync(CommandSet command, PresentationContext context)
    {
        if (command.Field.IsResponse())
        {
            return await ReceiveResponseAsync(command, context).ConfigureAwait(false);
        }

        if (command.Field == CommandField.CCancelRequest)
        {
            if (_running is { } running && running.MessageId == command.MessageIdBeingRespondedTo)
            {
                running.Cancel();
            }

            return !command.HasDataSet || await SkipDataSetAsync(context).ConfigureAwait(false);
        }

        if (_running is { } previous)
        {
            // No asynchronous operations were negotiated: the next request is performed when the one before is answered.
            _layer.PauseIdle();
            await previous.Done.ConfigureAwait(false);
            _running = null;
        }

        return command.Field == CommandField.CStoreRequest
            ? await ReceiveStoreAsync(command, context).ConfigureAwait(false)
            : await ReceiveRequestAsync(command, context).ConfigureAwait(false);
    }

    /// <summary>The next piece of the data set of the message; default where the association ended instead.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Indication> NextOfDataSetAsync(PresentationContext context)
    {
        Indication indication = await _layer.NextAsync().ConfigureAwait(false);
        if (indication.Kind != IndicationKind.Data)
        {
            await OnInterruptedAsync(indication).ConfigureAwait(false);
            return default;
        }

        if (indication.Pdv.IsCommand || indication.Pdv.ContextId != context.Id)
        {
            throw new PduFormatException(AbortReason.UnexpectedPduParameter, "the message's data set is not complete");
        }

        return indication;
    }

    private async ValueTask<bool> SkipDataSetAsync(PresentationContext context)
    {
        while (true)
        {
            Indication indication = await NextOfDataSetAsync(context).ConfigureAwait(false);
            if (indication.Kind != IndicationKind.Data || indication.EndsSet)
            {
                return indication.Kind == IndicationKind.Data;
            }
        }
    }

    /// <summary>A release in the middle of a message is a protocol error; an end needs nothing more.</summary>
    private async ValueTask OnInterruptedAsync(Indication indication)
    {
        if (indication.Kind == IndicationKind.ReleaseRequest)
        {
            await _layer.AbortAsync(AssociationAbort.ByProvider(AbortReason.UnexpectedPdu), new PduFormatException(AbortReason.UnexpectedPdu, "A-RELEASE-RQ in the middle of a message")).ConfigureAwait(false);
        }
    }

    /// <summary>What may be waited for, and how long, at the present point.</summary>
    private void UpdateTimeout()
    {
        lock (_timeoutGate)
        {
            bool invoked = HasPending;
            bool performing = _running is { Finished: false };
            (TimeSpan timeout, string awaited) = (_inMessage, performing) switch
            {
                (true, _) => (_settings.Idle, "the rest of a message"),
                (_, true) when !invoked => (TimeSpan.Zero, "C-CANCEL"),
                _ when invoked => (_settings.Idle, "a response"),
                _ when Negotiated.IsRequestor => (TimeSpan.Zero, "a request"),
                _ when _stopping => (QuietBeforeStop, "a request while the server stops"),
                _ => (_settings.Idle, "a request"),
            };
            _layer.SetBoundaryTimeout(timeout, awaited);
        }
    }

    private void Count(DimseException? fault)
    {
        switch (fault)
        {
            case null:
                _settings.Metrics.Released();
                Log(DimseLogLevel.Debug, "released");
                return;
            case ConnectionLostException:
                _settings.Metrics.Lost();
                break;
            default:
                _settings.Metrics.Aborted();
                break;
        }

        Log(fault is PduFormatException ? DimseLogLevel.Warning : DimseLogLevel.Information, $"ended: {fault.Message}");
    }

    private void Log(DimseLogLevel level, string text)
    {
        if (_settings.Log.IsEnabled(level))
        {
            _settings.Log.Write(level, $"Association {Negotiated.Id} with {(Negotiated.IsRequestor ? Negotiated.CalledAeTitle : Negotiated.CallingAeTitle)} at {Negotiated.PeerAddress}: {text}");
        }
    }
}
