using System.Buffers;
using System.Runtime.InteropServices;
using Edge.Core.Errors;

namespace Edge.Imaging;

/// <summary>Pixels in a pooled buffer, row by row without gaps. Dispose it to give the buffer back.</summary>
public sealed class PixelBuffer : IDisposable
{
    private readonly int _length;
    private byte[]? _bytes;

    /// <exception cref="ImageException">It would be larger than <see cref="ImageDescription.MaximumFrameSize"/>.</exception>
    public PixelBuffer(int width, int height, PixelFormat format)
    {
        long length = (long)width * height * format.BytesPerPixel();
        if (width <= 0 || height <= 0 || length > ImageDescription.MaximumFrameSize)
        {
            throw new ImageException(ErrorCode.IncompatibleImageSize, $"an image of {width} x {height} pixels cannot be held");
        }

        (Width, Height, Format, _length) = (width, height, format, (int)length);
        _bytes = ArrayPool<byte>.Shared.Rent(_length);
    }

    public int Width { get; }

    public int Height { get; }

    public PixelFormat Format { get; }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride => Width * Format.BytesPerPixel();

    public Span<byte> Bytes => (_bytes ?? throw new ObjectDisposedException(nameof(PixelBuffer))).AsSpan(0, _length);

    /// <summary>The samples, of a type as wide as they are.</summary>
    public Span<T> Samples<T>()
        where T : unmanaged => MemoryMarshal.Cast<byte, T>(Bytes);

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _bytes, null) is { } bytes)
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }
}
