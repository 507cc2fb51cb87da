using Edge.Store.Files;

namespace Edge.Engine.Ingest;

/// <summary>
/// A received object as a seekable stream, for readers that want one (ZIP). Reads of a spooled object block: use it on a thread of one's own.
/// </summary>
public sealed class IncomingStream(IncomingObject content) : Stream
{
    private readonly ISpool? _spool = content.Spool;
    private readonly ReadOnlyMemory<byte> _bytes = content.Bytes;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private long _bufferStart;
    private int _bufferLength;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = content.Length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override int Read(Span<byte> buffer)
    {
        if (_position >= Length || buffer.IsEmpty)
        {
            return 0;
        }

        ReadOnlySpan<byte> available;
        if (_spool is null)
        {
            available = _bytes.Span[(int)_position..];
        }
        else
        {
            if (_position < _bufferStart || _position >= _bufferStart + _bufferLength)
            {
                _bufferStart = _position;
                _bufferLength = _spool.ReadAsync(_position, _buffer).AsTask().GetAwaiter().GetResult();
            }

            available = _buffer.AsSpan((int)(_position - _bufferStart), _bufferLength - (int)(_position - _bufferStart));
        }

        int count = Math.Min(available.Length, buffer.Length);
        available[..count].CopyTo(buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin)
    {
        long target = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => Length + offset,
        };
        return target >= 0 ? _position = target : throw new IOException("a position before the start");
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
