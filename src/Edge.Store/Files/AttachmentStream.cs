using Edge.Store.Format;
using Edge.Core.Threads;

namespace Edge.Store.Files;

/// <summary>A stored file as a stream whose reads run on the area's threads.</summary>
internal sealed class AttachmentStream(ThreadCrew crew, FileArea area, AttachmentRecord file, AttachmentView view) : Stream
{
    private IRandomSource? _source;
    private long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length { get; } = view == AttachmentView.Plain ? file.PlainSize : file.LogicalSize;

    public override long Position
    {
        get => _position;
        set => _position = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty || _position >= Length)
        {
            return 0;
        }

        int read = await crew.RunAsync((Stream: this, Buffer: buffer), static s => s.Stream.Fill(s.Buffer.Span), cancellationToken).ConfigureAwait(false);
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
        if (disposing)
        {
            Interlocked.Exchange(ref _source, null)?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Fill(Span<byte> target)
    {
        _source ??= area.OpenSource(file, view);
        long left = Length - _position;
        int wanted = (int)Math.Min(left, target.Length);
        int read = _source.Read(_position, target[..wanted]);
        return read == wanted ? read : throw ContainerHeader.Damaged("it ends before its size");
    }
}
