using System.Buffers;
using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;

namespace Edge.Dimse.Association;

/// <summary>What the peer invokes.</summary>
internal sealed partial class DimseAssociation
{
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReceiveStoreAsync(CommandSet command, PresentationContext context)
    {
        IncomingRequest request = new(command, context, Negotiated, default);
        IObjectSink? sink = null;
        DimseStatus status = DimseStatus.SopClassNotSupported;
        if (!command.HasDataSet)
        {
            status = DimseStatus.CannotUnderstand with { Comment = "C-STORE without a data set" };
        }
        else if (string.IsNullOrEmpty(command.AffectedSopClassUid) || string.IsNullOrEmpty(command.AffectedSopInstanceUid))
        {
            status = DimseStatus.InvalidSopInstance with { Comment = "Affected SOP class or instance UID is missing" };
        }
        else if (context.LocalScp && _handler is not null)
        {
            try
            {
                ValueTask<IObjectSink?> beginning = _handler.BeginStoreAsync(request, _ended);
                if (!beginning.IsCompleted)
                {
                    _layer.PauseIdle();
                }

                sink = await beginning.ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not AbortAssociationException)
            {
                status = Failed(failure, command);
            }
        }

        bool completed = false;
        try
        {
            while (command.HasDataSet)
            {
                Indication piece = await NextOfDataSetAsync(context).ConfigureAwait(false);
                if (piece.Kind != IndicationKind.Data)
                {
                    return false;
                }

                if (sink is not null && !piece.Bytes.IsEmpty)
                {
                    try
                    {
                        ValueTask writing = sink.WriteAsync(piece.Bytes);
                        if (!writing.IsCompletedSuccessfully)
                        {
                            _layer.PauseIdle();
                            await writing.ConfigureAwait(false);
                        }
                    }
                    catch (Exception failure) when (failure is not AbortAssociationException)
                    {
                        status = Failed(failure, command);
                        await sink.AbortAsync().ConfigureAwait(false);
                        sink = null;
                    }
                }

                if (piece.EndsSet)
                {
                    break;
                }
            }

            _layer.PauseIdle();
            _layer.ReleaseBuffer();
            if (sink is not null)
            {
                completed = true;
                status = await sink.CompleteAsync().ConfigureAwait(false);
            }
        }
        catch (Exception failure) when (completed && failure is not AbortAssociationException)
        {
            status = Failed(failure, command);
        }
        finally
        {
            if (sink is not null && !completed)
            {
                await sink.AbortAsync().ConfigureAwait(false);
            }
        }

        await RespondAsync(context, command, status).ConfigureAwait(false);
        return true;
    }

    private async ValueTask<bool> ReceiveRequestAsync(CommandSet command, PresentationContext context)
    {
        Identifier identifier = default;
        if (command.HasDataSet)
        {
            (Identifier gathered, bool complete) = await GatherAsync(context).ConfigureAwait(false);
            if (!complete)
            {
                return false;
            }

            identifier = gathered;
            if (identifier.Exceeded)
            {
                await RespondAsync(context, command, ResponseComposer.OutOfResources(command.Field)).ConfigureAwait(false);
                return true;
            }
        }

        _layer.PauseIdle();
        if (!command.Field.IsKnown() || !MayPerform(command.Field, context) || (_handler is null && command.Field != CommandField.CEchoRequest))
        {
            identifier.Release(_settings.Budget);
            await RespondAsync(context, command, Unhandled(command.Field)).ConfigureAwait(false);
            return true;
        }

        IncomingRequest request = new(command, context, Negotiated, identifier.Bytes);
        if (command.Field == CommandField.CEchoRequest)
        {
            DimseStatus status = DimseStatus.Success;
            try
            {
                status = _handler is null ? status : await _handler.EchoAsync(request, _ended).ConfigureAwait(false);
            }
            catch (Exception failure) when (failure is not AbortAssociationException)
            {
                status = Failed(failure, command);
            }
            finally
            {
                identifier.Release(_settings.Budget);
            }

            await RespondAsync(context, command, status).ConfigureAwait(false);
            return true;
        }

        RunningOperation running = new(this, command.MessageId ?? 0, context, command);
        _running = running;
        running.Done = PerformAsync(request, running, identifier);
        return true;
    }

    /// <summary>Runs beside the reader, so that C-CANCEL and the responses of sub-operations arrive. Never throws.</summary>
    private async Task PerformAsync(IncomingRequest request, RunningOperation running, Identifier identifier)
    {
        await Task.Yield(); // the reader goes on whatever the handler does before its first await
        try
        {
            DimseResponse response;
            try
            {
                response = await _handler!.HandleAsync(request, running, _ended).ConfigureAwait(false) ?? Unhandled(request.Command.Field);
            }
            catch (AbortAssociationException abort)
            {
                await AbortAsync(abort.Message).ConfigureAwait(false);
                return;
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
                return; // nobody is left to answer
            }
            catch (Exception failure)
            {
                response = Failed(failure, request.Command);
            }

            if (!_layer.Ended.IsCompleted)
            {
                await RespondAsync(request.Context, request.Command, response).ConfigureAwait(false);
            }
        }
        catch (DimseException)
        {
            // The association ended: nobody is left to answer.
        }
        catch (Exception failure)
        {
            Log(DimseLogLevel.Error, $"response failed: {failure}");
            await AbortAsync("a response could not be sent").ConfigureAwait(false);
        }
        finally
        {
            identifier.Release(_settings.Budget);
            running.Finish();
            UpdateTimeout();
        }
    }

    private ValueTask RespondAsync(PresentationContext context, CommandSet request, DimseResponse response) =>
        _layer.SendAsync(context.Id, ResponseComposer.Compose(request, response), response.DataSet.IsEmpty ? null : DataSetSource.From(response.DataSet));

    private ValueTask HoldAsync(PresentationContext context, CommandSet request, DimseResponse response) =>
        _layer.HoldAsync(context.Id, ResponseComposer.Compose(request, response), response.DataSet);

    /// <summary>Reads a data set into memory, bounded by option and budget; what is too long is read and dropped.</summary>
    private async ValueTask<(Identifier Identifier, bool Complete)> GatherAsync(PresentationContext context)
    {
        Identifier identifier = default;
        bool complete = false;
        try
        {
            while (!complete)
            {
                Indication piece = await NextOfDataSetAsync(context).ConfigureAwait(false);
                if (piece.Kind != IndicationKind.Data)
                {
                    return (default, false);
                }

                identifier.Append(piece.Bytes.Span, _settings.MaximumIdentifierLength, _settings.Budget);
                complete = piece.EndsSet;
            }

            return (identifier, true);
        }
        finally
        {
            if (!complete)
            {
                identifier.Release(_settings.Budget);
            }
        }
    }

    /// <summary>The provider of a service notifies its user: N-EVENT-REPORT comes to the side that is SCU (PS3.7 10.1.1).</summary>
    private static bool MayPerform(CommandField field, PresentationContext context) =>
        context.LocalScp || (field == CommandField.NEventReportRequest && context.LocalScu);

    private static DimseStatus Unhandled(CommandField field) =>
        field.IsKnown() && !field.IsNormalized() ? DimseStatus.SopClassNotSupported : DimseStatus.UnrecognizedOperation;

    private DimseStatus Failed(Exception failure, CommandSet command)
    {
        DimseStatus status = ResponseComposer.StatusOf(failure);
        (DimseLogLevel level, string what) = failure switch
        {
            OperationCanceledException when _ended.IsCancellationRequested => (DimseLogLevel.Debug, failure.Message),
            EdgeException => (DimseLogLevel.Warning, failure.Message),
            _ => (DimseLogLevel.Error, failure.ToString()),
        };
        Log(level, $"{command.Field} answered {status}: {what}");
        return status;
    }
}
