using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Association;

/// <summary>What this side invokes: as SCU, or as sub-operation of what it performs.</summary>
internal sealed partial class DimseAssociation
{
    private readonly SemaphoreSlim _oneOperation = new(1, 1);
    private readonly Dictionary<ushort, PendingOperation> _pending = [];
    private ushort _lastMessageId;

    /// <summary>A response is awaited.</summary>
    private bool HasPending
    {
        get
        {
            lock (_pending)
            {
                foreach (PendingOperation operation in _pending.Values)
                {
                    if (operation.IsSent)
                    {
                        return true;
                    }
                }

                return false;
            }
        }
    }

    public ValueTask<DimseResponse> StoreAsync(StoreOperation operation, CancellationToken cancellation) => InvokeAsync(
        operation.Context,
        id => new CommandSet
        {
            Field = CommandField.CStoreRequest,
            MessageId = id,
            AffectedSopClassUid = operation.SopClassUid,
            AffectedSopInstanceUid = operation.SopInstanceUid,
            Priority = operation.Priority,
            MoveOriginatorAeTitle = operation.MoveOriginatorAeTitle,
            MoveOriginatorMessageId = operation.MoveOriginatorMessageId,
            HasDataSet = true,
        },
        operation.DataSet,
        cancellation);

    public ValueTask<DimseResponse> InvokeAsync(PresentationContext context, CommandSet command, DataSetSource? dataSet, CancellationToken cancellation) =>
        InvokeAsync(context, id => Number(command, id, dataSet is not null), dataSet, cancellation);

    public async IAsyncEnumerable<DimseResponse> StreamAsync(PresentationContext context, CommandSet command, DataSetSource? dataSet, [EnumeratorCancellation] CancellationToken cancellation)
    {
        await _oneOperation.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            StreamingPendingOperation operation = new();
            ushort id = Register(operation);
            bool final = false;
            try
            {
                await _layer.SendAsync(context.Id, Number(command, id, dataSet is not null), dataSet, cancellation).ConfigureAwait(false);
                MarkSent(operation);
                ChannelReader<DimseResponse> responses = operation.Responses;
                while (!final && await WaitAsync(responses, cancellation).ConfigureAwait(false))
                {
                    while (!final && responses.TryRead(out DimseResponse? response))
                    {
                        final = !response.Status.IsPending;
                        yield return response;
                    }
                }
            }
            finally
            {
                if (!final && !_layer.Ended.IsCompleted)
                {
                    await CancelAsync(context, id, operation).ConfigureAwait(false);
                }

                Unregister(id);
            }
        }
        finally
        {
            _oneOperation.Release();
        }
    }

    private async ValueTask<DimseResponse> InvokeAsync(PresentationContext context, Func<ushort, CommandSet> command, DataSetSource? dataSet, CancellationToken cancellation)
    {
        await _oneOperation.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            SinglePendingOperation operation = new();
            ushort id = Register(operation);
            try
            {
                await _layer.SendAsync(context.Id, command(id), dataSet, cancellation).ConfigureAwait(false);
                MarkSent(operation);
                return await operation.Final.WaitAsync(cancellation).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                await AbortAsync("an operation was cancelled").ConfigureAwait(false);
                throw;
            }
            finally
            {
                Unregister(id);
            }
        }
        finally
        {
            _oneOperation.Release();
        }
    }

    private async ValueTask<bool> WaitAsync(ChannelReader<DimseResponse> responses, CancellationToken cancellation)
    {
        try
        {
            return await responses.WaitToReadAsync(cancellation).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            await AbortAsync("an operation was cancelled").ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The consumer left: C-CANCEL, and what still comes is read and dropped.</summary>
    private async ValueTask CancelAsync(PresentationContext context, ushort id, StreamingPendingOperation operation)
    {
        try
        {
            await _layer.SendAsync(context.Id, new CommandSet { Field = CommandField.CCancelRequest, MessageIdBeingRespondedTo = id }, null).ConfigureAwait(false);
            await foreach (DimseResponse _ in operation.Responses.ReadAllAsync().ConfigureAwait(false))
            {
            }
        }
        catch (DimseException)
        {
            // The association ended instead, which the next operation will report.
        }
    }

    /// <summary>A response from the peer.</summary>
    private async ValueTask<bool> ReceiveResponseAsync(CommandSet command, PresentationContext context)
    {
        ReadOnlyMemory<byte> dataSet = default;
        if (command.HasDataSet)
        {
            (Identifier identifier, bool complete) = await GatherAsync(context).ConfigureAwait(false);
            if (!complete)
            {
                return false;
            }

            if (identifier.Exceeded)
            {
                throw new PduFormatException(AbortReason.NotSpecified, $"the data set of a response is longer than {_settings.MaximumIdentifierLength} bytes, or the byte budget is used up");
            }

            dataSet = identifier.Bytes.ToArray();
            identifier.Release(_settings.Budget);
        }

        PendingOperation? operation;
        lock (_pending)
        {
            _pending.TryGetValue(command.MessageIdBeingRespondedTo ?? 0, out operation);
        }

        if (operation is null)
        {
            throw new PduFormatException(AbortReason.UnexpectedPduParameter, $"response to message {command.MessageIdBeingRespondedTo}, which is not outstanding");
        }

        _layer.PauseIdle();
        await operation.AddAsync(ResponseComposer.Read(command, dataSet)).ConfigureAwait(false);
        return true;
    }

    private ushort Register(PendingOperation operation)
    {
        ushort id;
        lock (_pending)
        {
            id = ++_lastMessageId == 0 ? ++_lastMessageId : _lastMessageId;
            _pending[id] = operation;
        }

        if (_layer.Ended.IsCompleted)
        {
            operation.Fail(_layer.Fault ?? new AssociationReleasedException());
        }

        return id;
    }

    private void MarkSent(PendingOperation operation)
    {
        lock (_pending)
        {
            operation.IsSent = true;
        }

        UpdateTimeout();
    }

    private void Unregister(ushort id)
    {
        lock (_pending)
        {
            _pending.Remove(id);
        }

        UpdateTimeout();
    }

    /// <summary>Operations and handlers learn of the end at once, even where the reader still waits for the peer to close.</summary>
    private async Task TellEndAsync()
    {
        await _layer.Ended.ConfigureAwait(false);
        DimseException why = _layer.Fault ?? new AssociationReleasedException();
        PendingOperation[] pending;
        lock (_pending)
        {
            pending = [.. _pending.Values];
        }

        foreach (PendingOperation operation in pending)
        {
            operation.Fail(why);
        }

        try
        {
            await _endedSource.CancelAsync().ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            Log(DimseLogLevel.Error, $"a handler failed when told of the end: {failure}");
        }
    }

    private static CommandSet Number(CommandSet c, ushort id, bool hasDataSet) => new()
    {
        Field = c.Field,
        MessageId = id,
        HasDataSet = hasDataSet,
        AffectedSopClassUid = c.AffectedSopClassUid,
        RequestedSopClassUid = c.RequestedSopClassUid,
        AffectedSopInstanceUid = c.AffectedSopInstanceUid,
        RequestedSopInstanceUid = c.RequestedSopInstanceUid,
        Priority = c.Priority,
        MoveDestination = c.MoveDestination,
        MoveOriginatorAeTitle = c.MoveOriginatorAeTitle,
        MoveOriginatorMessageId = c.MoveOriginatorMessageId,
        EventTypeId = c.EventTypeId,
        ActionTypeId = c.ActionTypeId,
        AttributeIdentifiers = c.AttributeIdentifiers,
    };

    /// <summary>A request of the peer that a handler performs beside the reader.</summary>
    private sealed class RunningOperation(DimseAssociation association, ushort messageId, PresentationContext context, CommandSet request) : IResponder
    {
        private readonly CancellationTokenSource _cancel = new();

        public ushort MessageId { get; } = messageId;

        public Task Done { get; set; } = Task.CompletedTask;

        public CancellationToken CancelRequested => _cancel.Token;

        public ValueTask SendPendingAsync(DimseResponse response) => response.Status.IsPending
            ? association.RespondAsync(context, request, response)
            : throw new ArgumentException($"status {response.Status} is not pending: it is the result of the handler");

        public ValueTask HoldPendingAsync(DimseResponse response) => response.Status.IsPending
            ? association.HoldAsync(context, request, response)
            : throw new ArgumentException($"status {response.Status} is not pending: it is the result of the handler");

        public ValueTask FlushAsync() => association._layer.FlushAsync();

        public ValueTask<DimseResponse> StoreAsync(StoreOperation operation) => association.StoreAsync(operation, association._ended);

        public ValueTask<DimseResponse> InvokeAsync(PresentationContext subContext, CommandSet command, DataSetSource? dataSet) =>
            association.InvokeAsync(subContext, command, dataSet, association._ended);

        public void Cancel() => _cancel.Cancel();

        public void Finish() => Finished = true;

        /// <summary>Answered: C-CANCEL comes too late, the idle timer counts again.</summary>
        public bool Finished { get; private set; }
    }
}
