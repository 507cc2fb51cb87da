namespace Edge.Dicom.Reading;

/// <summary>Bytes that can be read at any offset, of any length: a file, a stored attachment, memory.</summary>
public interface IByteSource
{
    /// <summary>The number of bytes.</summary>
    long Length { get; }

    /// <summary>Reads at <paramref name="offset"/> into <paramref name="destination"/>.</summary>
    /// <returns>The bytes read; fewer than asked only at the end.</returns>
    int Read(long offset, Span<byte> destination);
}

/// <summary>Memory as a byte source.</summary>
public sealed class MemoryByteSource(ReadOnlyMemory<byte> memory) : IByteSource
{
    public ReadOnlyMemory<byte> Memory { get; } = memory;

    public long Length => Memory.Length;

    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (offset >= Memory.Length)
        {
            return 0;
        }

        ReadOnlySpan<byte> rest = Memory.Span[(int)offset..];
        int count = Math.Min(rest.Length, destination.Length);
        rest[..count].CopyTo(destination);
        return count;
    }
}

/// <summary>An open file as a byte source, by positioned reads: safe for use from several threads.</summary>
public sealed class FileByteSource : IByteSource, IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle _handle;

    public FileByteSource(string path)
    {
        _handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        Length = RandomAccess.GetLength(_handle);
    }

    public long Length { get; }

    public int Read(long offset, Span<byte> destination)
    {
        int total = 0;
        while (total < destination.Length)
        {
            int count = RandomAccess.Read(_handle, destination[total..], offset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }

    public void Dispose() => _handle.Dispose();
}
