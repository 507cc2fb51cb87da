using System.IO.Compression;
using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <summary>Reads an inflating stream up to a limit, and turns damage into 400.</summary>
internal sealed class InflatedBody(GZipStream source, long limit) : Stream
{
    private long _read;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _read;
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        int count;
        try
        {
            count = await source.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException failure)
        {
            throw new EdgeException(ErrorCode.BadFileFormat, "The body of the request is not valid gzip data", failure);
        }

        _read += count;
        return _read <= limit
            ? count
            : throw new EdgeException(ErrorCode.BadRequest, $"The body of the request inflates to more than {limit} bytes") { HttpStatus = 413 };
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("bodies are read asynchronously");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
