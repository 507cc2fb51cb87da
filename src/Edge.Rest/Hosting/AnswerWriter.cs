using System.Buffers;
using System.IO.Pipelines;

namespace Edge.Rest.Hosting;

/// <summary>
/// What streamed answers are written to. Bytes gather here until the first flush, so that a failure before it (a damaged
/// block at the beginning of a file, say) can still be answered as an error; from then on they go straight to the server.
/// </summary>
internal sealed class AnswerWriter(AnswerBuffer first, PipeWriter target) : PipeWriter
{
    private bool _passing;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _passing ? target.UnflushedBytes : first.WrittenCount;

    public override void Advance(int bytes)
    {
        if (_passing)
        {
            target.Advance(bytes);
        }
        else
        {
            first.Advance(bytes);
        }
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => _passing ? target.GetMemory(Math.Max(sizeHint, 1)) : first.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => _passing ? target.GetSpan(Math.Max(sizeHint, 1)) : first.GetSpan(sizeHint);

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_passing)
        {
            return await target.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        if (first.WrittenCount == 0)
        {
            return new FlushResult(false, false);
        }

        _passing = true;
        FlushResult result = await target.WriteAsync(first.WrittenMemory, cancellationToken).ConfigureAwait(false);
        first.Release();
        return result;
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_passing)
        {
            return target.WriteAsync(source, cancellationToken);
        }

        first.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush() => target.CancelPendingFlush();

    /// <summary>The server completes its own pipe at the end of the request.</summary>
    public override void Complete(Exception? exception = null)
    {
    }
}
