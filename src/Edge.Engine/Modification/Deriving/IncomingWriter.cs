using Edge.Engine.Ingest;

namespace Edge.Engine.Modification.Deriving;

/// <summary>An object to be taken in as a stream to write to. Past the spool threshold writing waits for the file threads: for threads that may wait.</summary>
internal sealed class IncomingWriter(IncomingObject content) : Stream
{
    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => content.Length;

    public override long Position
    {
        get => content.Length;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (!content.TryAppend(buffer.AsSpan(offset, count)))
        {
            content.AppendAsync(buffer.AsMemory(offset, count), CancellationToken.None).AsTask().GetAwaiter().GetResult();
        }
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
