using Edge.Core.Threads;
using Edge.Store.Format;

namespace Edge.Store.Files;

/// <summary>A stored file as a stream whose reads run on the area's threads.</summary>
internal sealed class AttachmentStream(ThreadCrew crew, FileArea area, AttachmentRecord file, AttachmentView view) : AsyncReadStream
{
    private IRandomSource? _source;

    public override long Length { get; } = view == AttachmentView.Plain ? file.PlainSize : file.LogicalSize;

    protected override ValueTask<int> ReadAtAsync(long position, Memory<byte> buffer, CancellationToken cancellation) =>
        new(crew.RunAsync((Stream: this, Position: position, Buffer: buffer), static s => s.Stream.Fill(s.Position, s.Buffer.Span), cancellation));

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            Interlocked.Exchange(ref _source, null)?.Dispose();
        }

        base.Dispose(disposing);
    }

    private int Fill(long position, Span<byte> target)
    {
        _source ??= area.OpenSource(file, view);
        int wanted = (int)Math.Min(Length - position, target.Length);
        int read = _source.Read(position, target[..wanted]);
        return read == wanted ? read : throw ContainerHeader.Damaged("it ends before its size");
    }
}
