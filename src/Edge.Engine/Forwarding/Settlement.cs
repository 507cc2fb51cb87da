using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Store.Index;
using Edge.Store.Outbox;

namespace Edge.Engine.Forwarding;

/// <summary>
/// Writes down how attempts ended, several in one commit, while the next ones are sent. Of one association, and called by it alone.
/// Where the index cannot be written (a full disk), it goes on trying: rows that stayed marked as sending would hold back their series.
/// </summary>
internal sealed class Settlement(IResourceIndex index, TimeSpan every, TimeProvider time)
{
    private static readonly TimeSpan TryAgain = TimeSpan.FromSeconds(1);
    private List<OutboxResult> _waiting = [];
    private List<OutboxResult> _inFlight = [];
    private Task<bool> _writing = Task.FromResult(true);
    private long _since = time.GetTimestamp();

    public void Add(OutboxResult result)
    {
        _waiting.Add(result);
        if (_writing.IsCompletedSuccessfully && time.GetElapsedTime(_since) >= every)
        {
            Write();
        }
    }

    /// <summary>
    /// Completes when all is durable, or at the stop after a last try: what was delivered should not be sent again, and where that could not be
    /// written it is, for the next start takes up what is marked as sending.
    /// </summary>
    public async Task FinishAsync(CancellationToken stop)
    {
        while (true)
        {
            bool written = await _writing.ConfigureAwait(false);
            if ((written && _waiting.Count == 0) || (!written && stop.IsCancellationRequested))
            {
                return;
            }

            if (!written)
            {
                await Task.Delay(TryAgain, time, CancellationToken.None).ConfigureAwait(false);
            }

            Write();
        }
    }

    /// <summary>Writes what waits, after what the last write could not.</summary>
    private void Write()
    {
        _inFlight = _writing.Result ? _waiting : [.. _inFlight, .. _waiting];
        _waiting = [];
        _since = time.GetTimestamp();
        _writing = WriteAsync(_inFlight);
    }

    private async Task<bool> WriteAsync(List<OutboxResult> results)
    {
        try
        {
            await index.SettleOutboxAsync(results, CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (EdgeException e)
        {
            Log.Jobs.Error("the outcome of deliveries cannot be written; it is tried again", e);
            return false;
        }
    }
}
