using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;

namespace Edge.Unit.Tests.Engine.Forwarding;

/// <summary>A sender whose destination does what the test says, by the instance and the number of times it was tried.</summary>
public sealed class FakeSender(Func<OutgoingInstance, int, SendResult> answer) : IDicomSender
{
    private readonly ConcurrentDictionary<string, int> _tries = [];
    private int _open;

    /// <summary>What was delivered, in order.</summary>
    public ConcurrentQueue<string> Delivered { get; } = [];

    public int Batches;

    public int MostOpen;

    /// <summary>Read from each instance before it is answered.</summary>
    public bool ReadsData { get; init; }

    public long BytesRead;

    public static SendResult Sent(OutgoingInstance instance) => new(instance, SendStatus.Sent, 0);

    public static SendResult Outage(OutgoingInstance instance) => new(instance, SendStatus.TransientFailure, null, new EdgeException(ErrorCode.NetworkProtocol, "connection refused"));

    public static SendResult Busy(OutgoingInstance instance) => new(instance, SendStatus.TransientFailure, 0xA700, new EdgeException(ErrorCode.CannotStoreInstance, "out of resources"));

    public static SendResult Refused(OutgoingInstance instance) => new(instance, SendStatus.PermanentFailure, 0xA900, new EdgeException(ErrorCode.CannotStoreInstance, "status A900"));

    public async IAsyncEnumerable<SendResult> SendAsync(
        ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? options = null, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        Interlocked.Increment(ref Batches);
        int open = Interlocked.Increment(ref _open);
        MostOpen = Math.Max(MostOpen, open);
        SendResult? broken = null;
        try
        {
            foreach (OutgoingInstance instance in instances)
            {
                await Task.Yield();
                cancellation.ThrowIfCancellationRequested();
                if (broken is not null)
                {
                    yield return broken with { Instance = instance };
                    continue;
                }

                if (ReadsData)
                {
                    Stream data = await instance.OpenDataSetAsync(cancellation);
                    await using (data.ConfigureAwait(false))
                    {
                        byte[] buffer = new byte[4096];
                        int read;
                        while ((read = await data.ReadAsync(buffer, cancellation)) > 0)
                        {
                            Interlocked.Add(ref BytesRead, read);
                        }
                    }
                }

                SendResult result = answer(instance, _tries.AddOrUpdate(instance.PublicId, 1, static (_, tries) => tries + 1));
                if (result.IsSent)
                {
                    Delivered.Enqueue(instance.PublicId);
                }
                else if (result.IsFailure && result.DimseStatus is null)
                {
                    broken = result;
                }

                yield return result;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _open);
        }
    }
}
