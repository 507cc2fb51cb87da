using System.Buffers;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>Messages out: command and data set in as few sends as fit (PS3.8 annex E).</summary>
internal sealed partial class UpperLayer
{
    /// <summary>Room for the command set in its PDU before the largest PDU of data: both leave in one send.</summary>
    private const int CommandRoom = 4096;

    private const int PieceHeader = PduHeader.Size + PdvHeader.Size;

    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly HeldMessages _held = new();

    /// <summary>Largest P-DATA-TF PDU to send: the peer's announcement, at most 131072. Set once the association is negotiated.</summary>
    public int SendPduLength { get; set; } = PduLimits.Default;

    /// <summary>Bytes of a fragment: even, as PS3.8 annex E asks.</summary>
    private int FragmentLength => (SendPduLength - PdvHeader.Size) & ~1;

    /// <summary>Limits what the peer announced to what is ever sent.</summary>
    public static int SendLengthFor(uint announced) => announced == 0 ? PduLimits.Greatest : (int)Math.Min(announced, PduLimits.Greatest);

    /// <summary>Sends a message (P-DATA request primitives).</summary>
    /// <exception cref="DimseException">The association has ended or ended meanwhile.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask SendAsync(byte contextId, CommandSet command, DataSetSource? dataSet, CancellationToken cancellation = default)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(false);
        bool begun = false;
        try
        {
            if (_held.Length > 0)
            {
                if (dataSet is null && _held.TryAppend(FragmentLength, contextId, command, default))
                {
                    begun = true;
                    await SendHeldAsync().ConfigureAwait(false);
                    _settings.Metrics.MessageSent();
                    return;
                }

                await SendHeldAsync().ConfigureAwait(false);
            }

            int commandLength = CommandSetCodec.MeasureLength(command);
            int commandPdus = commandLength + (PieceHeader * ((commandLength + FragmentLength - 1) / FragmentLength));
            int size = commandPdus;
            if (dataSet is not null && CanGather(dataSet, out ArraySegment<byte> data))
            {
                begun = true;
                await SendGatheredAsync(contextId, command, commandLength, commandPdus, data, cancellation).ConfigureAwait(false);
                _settings.Metrics.MessageSent();
                return;
            }

            if (dataSet is not null)
            {
                long pieces = dataSet.Length is { } known ? (known / FragmentLength) + 1 : int.MaxValue;
                size = (int)Math.Min(commandPdus + (dataSet.Length ?? PduLimits.Greatest) + (pieces * PieceHeader), Math.Max(commandPdus, CommandRoom) + PduHeader.Size + PduLimits.Greatest);
            }

            // A response must get out when the budget is used up, or nothing would ever be given back: commands alone are not charged.
            long charged = dataSet is null ? 0 : await ReserveAsync(size, cancellation).ConfigureAwait(false);
            byte[] buffer = ArrayPool<byte>.Shared.Rent(size);
            try
            {
                int used = WriteCommand(buffer, contextId, command, commandLength);
                begun = true;
                if (dataSet is null)
                {
                    await WriteAsync(buffer.AsMemory(0, used)).ConfigureAwait(false);
                }
                else
                {
                    await SendDataSetAsync(buffer, size, used, contextId, dataSet, cancellation).ConfigureAwait(false);
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
                _settings.Budget.Release(charged);
            }

            _settings.Metrics.MessageSent();
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException)
        {
            throw await ExplainAsync(lost).ConfigureAwait(false);
        }
        catch (Exception) when (begun && !_ended.Task.IsCompleted)
        {
            // Cancelled, or the source of the data set failed: the peer waits for the rest of a message that will not come.
            _ = AbortAsync(AssociationAbort.ByUser, new AssociationAbortedException(AssociationAbort.ByUser, false, "a message was begun and not finished"));
            throw;
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends a small message together with what follows; one that is not small at once.</summary>
    /// <exception cref="DimseException">As for <see cref="SendAsync"/>.</exception>
    public async ValueTask HoldAsync(byte contextId, CommandSet command, ReadOnlyMemory<byte> dataSet)
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            bool isHeld = _held.TryAppend(FragmentLength, contextId, command, dataSet.Span);
            if (!isHeld && _held.Length > 0)
            {
                await SendHeldAsync().ConfigureAwait(false);
                isHeld = _held.TryAppend(FragmentLength, contextId, command, dataSet.Span);
            }

            if (isHeld)
            {
                _settings.Metrics.MessageSent();
                return;
            }
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException)
        {
            throw await ExplainAsync(lost).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }

        await SendAsync(contextId, command, dataSet.IsEmpty ? null : DataSetSource.From(dataSet)).ConfigureAwait(false);
    }

    /// <summary>Sends what is held.</summary>
    public async ValueTask FlushAsync()
    {
        await _writing.WaitAsync().ConfigureAwait(false);
        try
        {
            await SendHeldAsync().ConfigureAwait(false);
        }
        catch (Exception lost) when (lost is IOException or ObjectDisposedException or SocketException)
        {
            throw await ExplainAsync(lost).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private async ValueTask SendHeldAsync()
    {
        if (_held.Length > 0)
        {
            try
            {
                await WriteAsync(_held.Bytes).ConfigureAwait(false);
            }
            finally
            {
                _held.Clear();
            }
        }
    }

    private async ValueTask<long> ReserveAsync(int size, CancellationToken cancellation)
    {
        if (_settings.Budget.TryReserve(size))
        {
            return size;
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _buffer.Lifetime);
        try
        {
            return await _settings.Budget.ReserveAsync(size, either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw Fault ?? new AssociationReleasedException();
        }
    }

    private int WriteCommand(byte[] buffer, byte contextId, CommandSet command, int length)
    {
        int fragment = FragmentLength;
        if (length <= fragment)
        {
            CommandSetCodec.Encode(command, buffer.AsSpan(PieceHeader, length));
            WriteHeaders(buffer, contextId, length, isCommand: true, isLast: true);
            return PieceHeader + length;
        }

        byte[] whole = ArrayPool<byte>.Shared.Rent(length);
        CommandSetCodec.Encode(command, whole.AsSpan(0, length));
        int used = 0;
        for (int at = 0; at < length; at += fragment)
        {
            int count = Math.Min(fragment, length - at);
            WriteHeaders(buffer.AsSpan(used), contextId, count, isCommand: true, isLast: at + count == length);
            whole.AsSpan(at, count).CopyTo(buffer.AsSpan(used + PieceHeader));
            used += PieceHeader + count;
        }

        ArrayPool<byte>.Shared.Return(whole);
        return used;
    }

    /// <summary>Fills the buffer with PDUs and sends it when it is full. The last fragment must be marked as such before it leaves, so one byte is read ahead.</summary>
    private async ValueTask SendDataSetAsync(byte[] buffer, int size, int used, byte contextId, DataSetSource dataSet, CancellationToken cancellation)
    {
        byte[]? ahead = null;
        bool carried = false;
        int last = -1;
        while (true)
        {
            int room = Math.Min(FragmentLength, (size - used - PieceHeader) & ~1);
            int filled = 0;
            if (carried)
            {
                buffer[used + PieceHeader] = ahead![0];
                filled = 1;
                carried = false;
            }

            bool atEnd = false;
            while (filled < room && !atEnd)
            {
                int read = await dataSet.ReadAsync(buffer.AsMemory(used + PieceHeader + filled, room - filled), cancellation).ConfigureAwait(false);
                filled += read;
                atEnd = read == 0;
            }

            if (filled > 0 || last < 0)
            {
                WriteHeaders(buffer.AsSpan(used), contextId, filled, isCommand: false, isLast: atEnd);
                last = used;
                used += PieceHeader + filled;
            }
            else
            {
                MarkLast(buffer, last);
            }

            if (!atEnd && size - used - PieceHeader < Math.Min(FragmentLength, CommandRoom))
            {
                ahead ??= new byte[1];
                carried = await dataSet.ReadAsync(ahead, cancellation).ConfigureAwait(false) > 0;
                if (!carried)
                {
                    MarkLast(buffer, last);
                    atEnd = true;
                }

                await WriteAsync(buffer.AsMemory(0, used)).ConfigureAwait(false);
                (used, last) = (0, -1);
                if (atEnd)
                {
                    return;
                }
            }
            else if (atEnd)
            {
                await WriteAsync(buffer.AsMemory(0, used)).ConfigureAwait(false);
                return;
            }
        }
    }

    /// <summary>Evt9: each send is a P-DATA request primitive, allowed while data may be sent.</summary>
    private void DemandMaySend()
    {
        if (Fire(AssociationEvent.DataRequest) == AssociationAction.None)
        {
            throw Fault ?? new AssociationReleasedException();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteAsync(ReadOnlyMemory<byte> pdus)
    {
        DemandMaySend();
        _sending.Arm(_settings.Send);
        try
        {
            await _stream.WriteAsync(pdus).ConfigureAwait(false);
        }
        finally
        {
            _sending.Disarm();
        }

        _settings.Metrics.Sent(pdus.Length);
    }

    /// <summary>A send failed: what the reader knows about it says more than the socket's error.</summary>
    private async ValueTask<DimseException> ExplainAsync(Exception lost)
    {
        if (_reading)
        {
            await Task.WhenAny(_ended.Task, Task.Delay(ControlPatience)).ConfigureAwait(false);
        }

        Close(new ConnectionLostException($"The connection broke: {lost.Message}", lost));
        return Fault!;
    }

    internal static void WriteHeaders(Span<byte> at, byte contextId, int length, bool isCommand, bool isLast)
    {
        new PduHeader(PduType.DataTransfer, (uint)(length + PdvHeader.Size)).Write(at);
        new PdvHeader((uint)length, contextId, isCommand, isLast).Write(at[PduHeader.Size..]);
    }

    private static void MarkLast(byte[] buffer, int pdu) => buffer[pdu + PieceHeader - 1] |= 2;
}
