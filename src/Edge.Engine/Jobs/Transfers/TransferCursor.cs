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

    public byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, Done);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4), Failed);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), Bytes);
        return bytes;
    }

    /// <exception cref="EdgeException">CorruptedFile.</exception>
    public static TransferCursor Parse(ReadOnlySpan<byte> bytes) => bytes.Length == Size
        ? new TransferCursor(BinaryPrimitives.ReadInt32LittleEndian(bytes), BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]), BinaryPrimitives.ReadInt64LittleEndian(bytes[8..]))
        : throw new EdgeException(ErrorCode.CorruptedFile, "The saved position of the job cannot be read");
}
