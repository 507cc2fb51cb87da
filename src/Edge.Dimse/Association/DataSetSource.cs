using System.Buffers;

namespace Edge.Dimse.Association;

/// <summary>The bytes of a data set that is to be sent, in the transfer syntax of its context, without preamble and meta information.</summary>
public abstract class DataSetSource
{
    /// <summary>Copies the next bytes into <paramref name="buffer"/>; 0 is the end.</summary>
    public abstract ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation);

    /// <summary>Bytes in all where that is known before; null where it is not.</summary>
    public virtual long? Length => null;

    /// <summary>All of it, where it lies in memory: then it may be sent from there, and <see cref="ReadAsync"/> is not called.</summary>
    public virtual ReadOnlyMemory<byte>? Whole => null;

    public static DataSetSource From(ReadOnlyMemory<byte> bytes) => new SequenceSource(new ReadOnlySequence<byte>(bytes));

    public static DataSetSource From(ReadOnlySequence<byte> bytes) => new SequenceSource(bytes);

    /// <summary>From the stream's position to its end. The stream stays the caller's.</summary>
    public static DataSetSource From(Stream stream) => new StreamSource(stream);

    private sealed class SequenceSource(ReadOnlySequence<byte> rest) : DataSetSource
    {
        private ReadOnlySequence<byte> _rest = rest;

        public override long? Length { get; } = rest.Length;

        public override ReadOnlyMemory<byte>? Whole => _rest.IsSingleSegment ? _rest.First : null;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation)
        {
            int count = (int)Math.Min(buffer.Length, _rest.Length);
            _rest.Slice(0, count).CopyTo(buffer.Span);
            _rest = _rest.Slice(count);
            return ValueTask.FromResult(count);
        }
    }

    private sealed class StreamSource(Stream stream) : DataSetSource
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation) => stream.ReadAsync(buffer, cancellation);
    }
}
