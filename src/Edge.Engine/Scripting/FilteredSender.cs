using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Engine.Scripting;

/// <summary>A sender whose instances pass the filter of the scripts first: of jobs, of C-MOVE and of forwarding alike.</summary>
public sealed class FilteredSender(IDicomSender sender, OutgoingStoreFilter filter) : IDicomSender
{
    /// <summary>So many instances are looked at before the first of them is sent.</summary>
    private const int Ahead = 100;

    public IAsyncEnumerable<SendResult> SendAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? options = null, CancellationToken cancellation = default) =>
        filter.IsThere ? SendFilteredAsync(destination, instances, options ?? SendOptions.Default, cancellation) : sender.SendAsync(destination, instances, options, cancellation);

    private async IAsyncEnumerable<SendResult> SendFilteredAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions options, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        for (int at = 0; at < instances.Count; at += Ahead)
        {
            int end = Math.Min(instances.Count, at + Ahead);
            SendResult?[] kept = new SendResult?[end - at];
            List<OutgoingInstance> allowed = [];
            for (int i = at; i < end; i++)
            {
                kept[i - at] = await AskAsync(destination, instances[i], cancellation).ConfigureAwait(false);
                if (kept[i - at] is null)
                {
                    allowed.Add(instances[i]);
                }
            }

            // Results come in the order of the instances: what was kept back is told when its turn comes.
            int next = 0;
            SendOptions how = end < instances.Count ? options with { KeepsAssociation = true } : options;
            await foreach (SendResult result in sender.SendAsync(destination, allowed, how, cancellation).ConfigureAwait(false))
            {
                for (; next < kept.Length && kept[next] is { } back; next++)
                {
                    yield return back;
                }

                next++;
                yield return result;
            }

            for (; next < kept.Length; next++)
            {
                yield return kept[next]!;
            }
        }
    }

    /// <summary>Null where the instance may be sent.</summary>
    private async ValueTask<SendResult?> AskAsync(ModalityOptions destination, OutgoingInstance instance, CancellationToken cancellation)
    {
        try
        {
            return await filter.AllowsAsync(instance, destination.Aet, destination.Host, cancellation).ConfigureAwait(false)
                ? null
                : new SendResult(instance, SendStatus.Filtered, null, new EdgeException(ErrorCode.CannotStoreInstance, "kept back by OutgoingCStoreInstanceFilter"));
        }
        catch (EdgeException failure)
        {
            return new SendResult(instance, failure.HttpStatus == 503 ? SendStatus.TransientFailure : SendStatus.PermanentFailure, null, failure);
        }
    }
}
