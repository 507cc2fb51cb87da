using Microsoft.Win32.SafeHandles;

namespace Edge.Engine.Archives;

/// <summary>A file without a name: it is gone with its last user, however the process ends, and nobody else can open it.</summary>
public sealed class TemporaryFile : IDisposable
{
    private readonly SafeFileHandle _handle;

    private TemporaryFile(SafeFileHandle handle) => _handle = handle;

    /// <summary>Whether it was given up.</summary>
    public bool IsGone => _handle.IsClosed;

    /// <param name="folder">Where it takes its room; made if it is not there.</param>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static TemporaryFile Create(string folder)
    {
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, $"edge-{Guid.NewGuid():N}.zip");
        SafeFileHandle handle = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete, FileOptions.Asynchronous);
        File.Delete(path);
        return new TemporaryFile(handle);
    }

    /// <summary>A stream that appends from the beginning; one at a time. The file outlives it.</summary>
    public Stream Write() => new HandleStream(_handle, isWritten: true, 0);

    /// <summary>A stream over what was written.</summary>
    public Stream Read() => new HandleStream(_handle, isWritten: false, RandomAccess.GetLength(_handle));

    public void Dispose() => _handle.Dispose();

    /// <summary>Reads and writes at a position of its own.</summary>
    private sealed class HandleStream(SafeFileHandle handle, bool isWritten, long length) : Stream
    {
        private long _position;

        public override bool CanRead => !isWritten;

        public override bool CanSeek => !isWritten;

        public override bool CanWrite => isWritten;

        public override long Length => isWritten ? _position : length;

        public override long Position
        {
            get => _position;
            set => _position = isWritten ? throw new NotSupportedException() : value;
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await RandomAccess.ReadAsync(handle, buffer, _position, cancellationToken).ConfigureAwait(false);
            _position += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await RandomAccess.WriteAsync(handle, buffer, _position, cancellationToken).ConfigureAwait(false);
            _position += buffer.Length;
        }

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Reading a file blocks: use ReadAsync");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Writing a file blocks: use WriteAsync");

        public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
        {
            SeekOrigin.Begin => offset,
            SeekOrigin.Current => _position + offset,
            _ => Length + offset,
        };

        public override void Flush()
        {
        }

        public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public override void SetLength(long value) => throw new NotSupportedException();
    }
}
