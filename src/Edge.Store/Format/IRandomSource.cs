namespace Edge.Store.Format;

/// <summary>Bytes by position, wherever they lie.</summary>
internal interface IRandomSource : IDisposable
{
    long Length { get; }

    /// <summary>Reads until <paramref name="target"/> is full or the bytes end.</summary>
    int Read(long offset, Span<byte> target);
}

/// <summary>A seekable stream, owned.</summary>
internal sealed class StreamSource(Stream stream) : IRandomSource
{
    public long Length { get; } = stream.Length;

    public int Read(long offset, Span<byte> target)
    {
        stream.Position = offset;
        return stream.ReadAtLeast(target, target.Length, throwOnEndOfStream: false);
    }

    public void Dispose() => stream.Dispose();
}

/// <summary>An open descriptor, owned.</summary>
internal sealed class DescriptorSource(int descriptor, long length) : IRandomSource
{
    private int _descriptor = descriptor;

    public long Length { get; } = length;

    public int Read(long offset, Span<byte> target) => Native.Posix.Read(_descriptor, target, offset);

    public void Dispose()
    {
        int open = Interlocked.Exchange(ref _descriptor, -1);
        if (open >= 0)
        {
            Native.Posix.Close(open);
        }
    }
}

/// <summary>An open descriptor, owned, of which only what the page cache holds is read.</summary>
internal sealed class CachedSource(int descriptor, long length) : IRandomSource
{
    public long Length { get; } = length;

    /// <exception cref="NotCachedException">Some of it would have to come from the disk.</exception>
    public int Read(long offset, Span<byte> target) =>
        Native.Posix.TryReadCached(descriptor, target, offset) is var read and >= 0 ? read : throw new NotCachedException();

    public void Dispose() => Native.Posix.Close(descriptor);
}

/// <summary>What was asked for is not in the page cache.</summary>
internal sealed class NotCachedException : Exception;
