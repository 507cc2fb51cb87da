using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Engine.Jobs.Transfers;

/// <summary>How far the sending of a list of instances has come. Immutable; replaced as a whole, so that any thread may read it.</summary>
/// <param name="Done">Instances that were tried.</param>
/// <param name="Failed">Those of them that failed.</param>
/// <param name="Bytes">What was sent, where a type counts it.</param>
internal sealed record TransferCursor(int Done, int Failed, long Bytes = 0)
{
    private const int Size = 16;

    public static readonly TransferCursor Start = new(0, 0);

    /// <summary>One bit for each position that was passed without its instance being sent, up to the last such position: empty where there is none.</summary>
    private byte[] _unsent = [];

    /// <summary>One instance further.</summary>
    public TransferCursor Next(bool isSent, bool hasFailed, long bytes = 0)
    {
        TransferCursor next = this with { Done = Done + 1, Failed = Failed + (hasFailed ? 1 : 0), Bytes = Bytes + bytes };
        if (!isSent)
        {
            byte[] unsent = new byte[(Done / 8) + 1];
            _unsent.CopyTo(unsent, 0);
            unsent[Done / 8] |= (byte)(1 << (Done % 8));
            next._unsent = unsent;
        }

        return next;
    }

    /// <summary>Whether the instance at a position was passed and is now at the destination.</summary>
    public bool WasSent(int position) => position < Done && (position / 8 >= _unsent.Length || (_unsent[position / 8] & (1 << (position % 8))) == 0);

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size + _unsent.Length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Done);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Failed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Bytes);
        _unsent.CopyTo(bytes, Size);
        return bytes;
    }

    /// <exception cref="EdgeException">CorruptedFile.</exception>
    public static TransferCursor Parse(ReadOnlySpan<byte> bytes) => bytes.Length >= Size
        ? new TransferCursor(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..])) { _unsent = bytes[Size..].ToArray() }
        : throw new EdgeException(ErrorCode.CorruptedFile, "The saved position of the job cannot be read");
}
