namespace Edge.Engine.Forwarding;

/// <summary>Lets so many bytes through in a second, over all who share it; what was not used in the last quarter of a second is lost.</summary>
/// <param name="bytesPerSecond">0 for no limit.</param>
public sealed class BandwidthLimit(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _freeAt = time.GetTimestamp();

    public bool IsUnlimited => bytesPerSecond <= 0;

    /// <summary>The most to ask for at a time.</summary>
    public int Chunk => (int)Math.Clamp(bytesPerSecond / 8, 1024, 64 * 1024);

    /// <summary>Completes when <paramref name="bytes"/> may go.</summary>
    public ValueTask WaitAsync(int bytes, CancellationToken cancellation)
    {
        if (IsUnlimited || bytes == 0)
        {
            return ValueTask.CompletedTask;
        }

        TimeSpan wait;
        lock (_gate)
        {
            long now = time.GetTimestamp();
            long earliest = now - (time.TimestampFrequency / 4);
            _freeAt = Math.Max(_freeAt, earliest) + (long)((double)bytes / bytesPerSecond * time.TimestampFrequency);
            wait = time.GetElapsedTime(now, _freeAt);
        }

        return wait > TimeSpan.Zero ? new ValueTask(Task.Delay(wait, time, cancellation)) : ValueTask.CompletedTask;
    }
}

/// <summary>A stream that is read no faster than the limit allows.</summary>
internal sealed class LimitedStream(Stream inner, BandwidthLimit limit) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => inner.CanSeek;

    public override bool CanWrite => false;

    public override long Length => inner.Length;

    public override long Position
    {
        get => inner.Position;
        set => inner.Position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int read = await inner.ReadAsync(buffer.Length > limit.Chunk ? buffer[..limit.Chunk] : buffer, cancellationToken).ConfigureAwait(false);
        await limit.WaitAsync(read, cancellationToken).ConfigureAwait(false);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("a limited stream is read asynchronously");

    public override long Seek(long offset, SeekOrigin origin) => inner.Seek(offset, origin);

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException("a limited stream is read");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a limited stream is read");

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync().ConfigureAwait(false);
        await base.DisposeAsync().ConfigureAwait(false);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
