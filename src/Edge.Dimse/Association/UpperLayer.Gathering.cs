using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Sockets;

namespace Edge.Dimse.Association;

/// <summary>Messages whose data set lies in memory: the headers of the PDUs are written beside it, and the kernel gathers both.</summary>
internal sealed partial class UpperLayer
{
    /// <summary>Less is cheaper to copy than to gather.</summary>
    private const int LeastGathered = 16 * 1024;

    /// <summary>Pieces of memory in one send; the kernel takes 1024 (IOV_MAX).</summary>
    private const int MostSegments = 512;

    private readonly List<ArraySegment<byte>> _segments = [];

    /// <summary>Whether a data set can be sent from where it lies. TLS has to copy it anyway.</summary>
    private bool CanGather(DataSetSource dataSet, out ArraySegment<byte> data)
    {
        data = default;
        return _stream is PromptStream && dataSet.Whole is { Length: >= LeastGathered } whole && MemoryMarshal.TryGetArray(whole, out data);
    }

    /// <summary>Sends a message, a few large PDUs or many small ones at a time: as much as one send takes elsewhere, for which the peer has the same time.</summary>
    private async ValueTask SendGatheredAsync(byte contextId, CommandSet command, int commandLength, int commandPdus, ArraySegment<byte> data, CancellationToken cancellation)
    {
        int fragment = FragmentLength;
        int pieces = (data.Count + fragment - 1) / fragment;
        byte[] headers = ArrayPool<byte>.Shared.Rent(commandPdus + (pieces * PieceHeader));
        try
        {
            // The header of the first fragment follows the command, so they are one piece.
            int begin = 0;
            int used = WriteCommand(headers, contextId, command, commandLength);
            long bytes = 0;
            for (int at = 0; at < data.Count; at += fragment)
            {
                int count = Math.Min(fragment, data.Count - at);
                bool isLast = at + count == data.Count;
                WriteHeaders(headers.AsSpan(used), contextId, count, isCommand: false, isLast);
                used += PieceHeader;
                _segments.Add(new ArraySegment<byte>(headers, begin, used - begin));
                _segments.Add(data.Slice(at, count));
                bytes += used - begin + count;
                begin = used;
                if (isLast || bytes + PieceHeader + fragment > PduLimits.Greatest + CommandRoom || _segments.Count >= MostSegments)
                {
                    cancellation.ThrowIfCancellationRequested();
                    await WriteSegmentsAsync(headers, data.Array!, (int)bytes).ConfigureAwait(false);
                    _segments.Clear();
                    bytes = 0;
                }
            }
        }
        finally
        {
            _segments.Clear();
            ArrayPool<byte>.Shared.Return(headers);
        }
    }

    private async ValueTask WriteSegmentsAsync(byte[] headers, byte[] data, int length)
    {
        DemandMaySend();
        _sending.Arm(_settings.Send);
        try
        {
            await ((PromptStream)_stream).WriteAsync(headers, data, _segments).ConfigureAwait(false);
        }
        finally
        {
            _sending.Disarm();
        }

        _settings.Metrics.Sent(length);
    }
}
