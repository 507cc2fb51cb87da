using System.Buffers;

namespace Edge.Engine.Content;

/// <summary>A stream whose beginning has been read already and is not read again.</summary>
/// <param name="head">Of the shared pool, which gets it back.</param>
/// <param name="count">Bytes of it that count; the rest comes from the stream itself, which is disposed with this one.</param>
internal sealed class HeadedStream(byte[] head, int count, Stream rest) : Stream
{
    private byte[]? _head = head;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => rest.Length;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read;
        if (_position < count)
        {
            ObjectDisposedException.ThrowIf(_head is null, this);
            read = (int)Math.Min(buffer.Length, count - _position);
            _head.AsSpan((int)_position, read).CopyTo(buffer.Span);
        }
        else
        {
            rest.Position = _position;
            read = await rest.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }

        _position += read;
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("Reading an attachment blocks: use ReadAsync");

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Exchange(ref _head, null) is { } pooled)
        {
            ArrayPool<byte>.Shared.Return(pooled);
            rest.Dispose();
        }

        base.Dispose(disposing);
    }
}
