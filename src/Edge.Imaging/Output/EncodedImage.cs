using System.Buffers;

namespace Edge.Imaging.Output;

/// <summary>The bytes of an image file, in a pooled buffer that grows. Dispose it to give the buffer back.</summary>
public sealed class EncodedImage : IBufferWriter<byte>, IDisposable
{
    private byte[]? _buffer;

    /// <param name="capacity">How many bytes are expected.</param>
    public EncodedImage(int capacity) => _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 256));

    public int Length { get; private set; }

    public ReadOnlyMemory<byte> Memory => Buffer.AsMemory(0, Length);

    public ReadOnlySpan<byte> Span => Buffer.AsSpan(0, Length);

    private byte[] Buffer => _buffer ?? throw new ObjectDisposedException(nameof(EncodedImage));

    /// <summary>What was written from an offset on, to be read or patched.</summary>
    public Span<byte> From(int offset) => Buffer.AsSpan(offset, Length - offset);

    /// <summary>A stream that appends, for compressors.</summary>
    public Stream AsStream() => new EncodedImageStream(this);

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)count, (uint)(Buffer.Length - Length));
        Length += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Buffer.AsMemory(Length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return Buffer.AsSpan(Length);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _buffer, null) is { } buffer)
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private void Reserve(int size)
    {
        if (Buffer.Length - Length >= Math.Max(size, 1))
        {
            return;
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(checked((int)Math.Min(Math.Max((long)Length + size, 2L * Length), Array.MaxLength)));
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(Buffer);
        _buffer = larger;
    }
}

/// <summary>Lets a compressor write into an <see cref="EncodedImage"/>.</summary>
internal sealed class EncodedImageStream(EncodedImage image) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override void Write(ReadOnlySpan<byte> bytes) => image.Write(bytes);

    public override void Write(byte[] buffer, int offset, int count) => image.Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
