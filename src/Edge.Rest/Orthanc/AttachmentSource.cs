using System.IO.Pipelines;
using Edge.Core.Errors;
using Edge.Rest.Hosting;
using Edge.Store.Files;

namespace Edge.Rest.Orthanc;

/// <summary>An attachment as the body of an answer, read in pieces.</summary>
internal sealed class AttachmentSource(IAttachmentArea files, AttachmentRecord file, AttachmentView view) : IAnswerSource
{
    private const int Piece = 256 * 1024;

    public long Length { get; } = view == AttachmentView.Plain ? file.PlainSize : file.LogicalSize;

    public async ValueTask WriteAsync(PipeWriter output, long offset, long count, CancellationToken cancellation)
    {
        while (count > 0)
        {
            int size = (int)Math.Min(count, Piece);
            Memory<byte> room = output.GetMemory(size)[..size];
            int read = await files.ReadAsync(file, view, offset, room, cancellation).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, "the stored file ends early");
            }

            output.Advance(read);
            offset += read;
            count -= read;
            FlushResult flushed = await output.FlushAsync(cancellation).ConfigureAwait(false);
            if (flushed.IsCompleted)
            {
                return;
            }
        }
    }
}
