using System.Buffers;
using Edge.Core.Threads;

namespace Edge.Engine.Content;

/// <summary>A stream whose beginning has been read already and is not read again.</summary>
/// <param name="head">Of the shared pool, which gets it back.</param>
/// <param name="count">Bytes of it that count; the rest comes from the stream itself, which is disposed with this one.</param>
internal sealed class HeadedStream(byte[] head, int count, Stream rest) : AsyncReadStream
{
    private byte[]? _head = head;

    public override long Length => rest.Length;

    protected override ValueTask<int> ReadAtAsync(long position, Memory<byte> buffer, CancellationToken cancellation)
    {
        if (position >= count)
        {
            rest.Position = position;
            return rest.ReadAsync(buffer, cancellation);
        }

        ObjectDisposedException.ThrowIf(_head is null, this);
        int read = (int)Math.Min(buffer.Length, count - position);
        _head.AsSpan((int)position, read).CopyTo(buffer.Span);
        return ValueTask.FromResult(read);
    }

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
