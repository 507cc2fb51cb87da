using System.Buffers;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>Small messages that leave in one send: the pending responses of a C-FIND, and the last one with them.</summary>
/// <remarks>Not for concurrent use. The buffer is pooled, and there only while something is held.</remarks>
internal sealed class HeldMessages
{
    /// <summary>Bytes that are held at most: few segments, and little beside the budget of what is received.</summary>
    private const int Room = 32 * 1024;

    private const int PieceHeader = PduHeader.Size + PdvHeader.Size;

    private byte[] _buffer = [];

    /// <summary>Bytes held.</summary>
    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Bytes => _buffer.AsMemory(0, Length);

    /// <summary>Appends a message whose command and data set fit into a fragment each; false where they do not, or not any more.</summary>
    /// <param name="fragmentLength">The longest fragment that the peer takes.</param>
    public bool TryAppend(int fragmentLength, byte contextId, CommandSet command, ReadOnlySpan<byte> dataSet)
    {
        int commandLength = CommandSetCodec.MeasureLength(command);
        int size = PieceHeader + commandLength + (dataSet.IsEmpty ? 0 : PieceHeader + dataSet.Length);
        if (commandLength > fragmentLength || dataSet.Length > fragmentLength || size > Room - Length)
        {
            return false;
        }

        if (_buffer.Length == 0)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Room);
        }

        Span<byte> free = _buffer.AsSpan(Length, size);
        UpperLayer.WriteHeaders(free, contextId, commandLength, isCommand: true, isLast: true);
        CommandSetCodec.Encode(command, free.Slice(PieceHeader, commandLength));
        if (!dataSet.IsEmpty)
        {
            free = free[(PieceHeader + commandLength)..];
            UpperLayer.WriteHeaders(free, contextId, dataSet.Length, isCommand: false, isLast: true);
            dataSet.CopyTo(free[PieceHeader..]);
        }

        Length += size;
        return true;
    }

    public void Clear()
    {
        Length = 0;
        ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = [];
    }
}
