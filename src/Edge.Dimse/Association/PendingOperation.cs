using System.Threading.Channels;
using Edge.Dimse.Messages;

namespace Edge.Dimse.Association;

/// <summary>An operation that this side invoked and whose responses come in through the reader.</summary>
internal abstract class PendingOperation
{
    /// <summary>The request is out: the time for the response runs. Sending has a timer of its own.</summary>
    public bool IsSent { get; set; }

    /// <summary>A response of it; waits where the consumer is slower than the peer.</summary>
    public abstract ValueTask AddAsync(DimseResponse response);

    /// <summary>The association has ended. Whoever waits may go on at once: not to be called under a lock.</summary>
    public abstract void Fail(DimseException why);
}

/// <summary>
/// Only the final response counts. Who waits for it goes on where it was read, up to its next wait: the next request leaves without a
/// change of thread, and the reader has nothing to do before that.
/// </summary>
internal sealed class SinglePendingOperation : PendingOperation
{
    private readonly TaskCompletionSource<DimseResponse> _final = new();

    public Task<DimseResponse> Final => _final.Task;

    public override ValueTask AddAsync(DimseResponse response)
    {
        if (!response.Status.IsPending)
        {
            _final.TrySetResult(response);
        }

        return default;
    }

    public override void Fail(DimseException why) => _final.TrySetException(why);
}

/// <summary>All responses count; a few are held for the consumer.</summary>
internal sealed class StreamingPendingOperation : PendingOperation
{
    private const int Held = 16;

    private readonly Channel<DimseResponse> _responses = Channel.CreateBounded<DimseResponse>(new BoundedChannelOptions(Held) { SingleReader = true, SingleWriter = false });

    /// <summary>Ends after the final response; throws what the association failed with.</summary>
    public ChannelReader<DimseResponse> Responses => _responses.Reader;

    public override async ValueTask AddAsync(DimseResponse response)
    {
        try
        {
            await _responses.Writer.WriteAsync(response).ConfigureAwait(false);
            if (!response.Status.IsPending)
            {
                _responses.Writer.TryComplete();
            }
        }
        catch (ChannelClosedException)
        {
            // The association ended while the consumer was slow: it gets the fault instead.
        }
    }

    public override void Fail(DimseException why) => _responses.Writer.TryComplete(why);
}
