using System.Diagnostics;
using Edge.Core.Memory;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Tests.Kit;
using Xunit;
using static Edge.Dimse.Tests.Kit.ScriptedPeer;

namespace Edge.Dimse.Tests.Hostile;

/// <summary>Peers that wait: each kind of waiting has its timer, and holds no more than the budget.</summary>
public sealed class StallTests
{
    /// <summary>Long enough that a peer of the test that is served slowly is not taken for one that waits.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(1.5);

    [Fact]
    public async Task SilentAndHalfSentRequestsAreClosedByArtim()
    {
        await using TestScp scp = new(o => o with { ArtimTimeout = Short });
        using ScriptedPeer silent = await ConnectAsync(scp.Port);
        using ScriptedPeer half = await ConnectAsync(scp.Port);
        await half.SendAsync(PduCodec.EncodeAssociateRequest(Request())[..50]);
        await silent.ExpectClosedAsync();
        await half.ExpectClosedAsync();
        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task IdleAssociationsAreAborted()
    {
        await using TestScp scp = new(o => o with { IdleTimeout = Short });
        var watch = Stopwatch.StartNew();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);

        // The time counts from the acceptance, which lies after the start of the watch; how late it is noticed is the machine's affair.
        Assert.True(watch.Elapsed >= Short * 0.9, $"aborted after {watch.ElapsedMilliseconds} ms");
        Assert.Equal(1, scp.Metrics.Timeouts);
        peer.Dispose();
        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task StallsInTheMiddleOfAPduOrMessageAreAborted()
    {
        await using TestScp scp = new(o => o with { IdleTimeout = Short });
        using ScriptedPeer inPdu = await AssociateAsync(scp.Port);
        await inPdu.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))), Data(Pdv(3, false, false, new byte[500]))[..300]);
        using ScriptedPeer inMessage = await AssociateAsync(scp.Port);
        await inMessage.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))));
        await inPdu.ExpectAsync(PduType.Abort);
        await inMessage.ExpectAsync(PduType.Abort);
        inPdu.Dispose();
        inMessage.Dispose();
        await HostilePeerTests.AssertAliveAsync(scp);
        Assert.Empty(scp.Handler.Stored);
    }

    [Fact]
    public async Task TricklingPeersAreAborted()
    {
        await using TestScp scp = new(o => o with { IdleTimeout = Short });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))), Data(Pdv(3, false, false, new byte[10_000]))[..20]);
        bool aborted = false;
        Task trickle = Task.Run(async () =>
        {
            try
            {
                while (!Volatile.Read(ref aborted))
                {
                    await peer.SendAsync([0]);
                    await Task.Delay(30);
                }
            }
            catch (System.Net.Sockets.SocketException)
            {
                // closed, as it should be
            }
            catch (ObjectDisposedException)
            {
                // the test is over
            }
        });
        await peer.ExpectAsync(PduType.Abort);
        Volatile.Write(ref aborted, true); // while bytes came: it was not their end that was noticed
        peer.Dispose();
        await trickle;
        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task BusyHandlersAreNotTimedOut()
    {
        await using TestScp scp = new(o => o with { IdleTimeout = Short }, handler: new TestHandler
        {
            Handle = async (_, _, ended) =>
            {
                await Task.Delay(3 * Short, ended);
                return DimseStatus.Success;
            },
        });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendCommandAsync(1, new() { Field = CommandField.CFindRequest, MessageId = 1, AffectedSopClassUid = "1.2" });
        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified); // and then the idle time counts again
    }

    [Fact]
    public async Task PeersThatDoNotReadAreClosed()
    {
        TaskCompletionSource<Exception> failure = new();
        await using TestScp scp = new(o => o with { SendTimeout = Short }, handler: new TestHandler
        {
            Handle = async (_, responder, _) =>
            {
                try
                {
                    while (true)
                    {
                        await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = new byte[60_000] });
                    }
                }
                catch (DimseException stalled)
                {
                    failure.SetResult(stalled);
                    throw;
                }
            },
        });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendCommandAsync(1, new() { Field = CommandField.CFindRequest, MessageId = 1, AffectedSopClassUid = "1.2" });
        Assert.IsType<DimseTimeoutException>(await failure.Task.WaitAsync(TimeSpan.FromMinutes(1)));
        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task TwoHundredStalledAssociationsStayWithinTheBudget()
    {
        ByteBudget budget = new(1 << 20);
        await using TestScp scp = new(o => o with { IdleTimeout = TimeSpan.FromSeconds(10), MaximumAssociations = 220, Budget = budget });
        List<ScriptedPeer> peers = [];
        for (int i = 0; i < 200; i++)
        {
            peers.Add(await AssociateAsync(scp.Port));
        }

        await Task.Delay(200);
        Assert.Equal(200, scp.Metrics.AssociationsOpen);
        await Task.Delay(100);
        await HostilePeerTests.AssertNothingChargedAsync(budget); // who is idle between messages holds nothing
        foreach (ScriptedPeer peer in peers)
        {
            await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))), Data(Pdv(3, false, false, new byte[60_000]))[..30_000]);
        }

        await HostilePeerTests.AssertNothingChargedAsync(budget); // nor who stalls in the middle of a PDU
        foreach (ScriptedPeer peer in peers)
        {
            await peer.ExpectAsync(PduType.Abort);
            peer.Dispose();
        }

        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task HalfSentHeadersHoldNothing()
    {
        await using TestScp scp = new(o => o with { IdleTimeout = Short, Budget = new ByteBudget(256 << 10) });
        List<ScriptedPeer> peers = [];
        for (int i = 0; i < 12; i++)
        {
            peers.Add(await AssociateAsync(scp.Port));
            await peers[i].SendAsync(new byte[] { 4, 0, 0 });
        }

        await HostilePeerTests.AssertAliveAsync(scp);
        foreach (ScriptedPeer peer in peers)
        {
            await peer.ExpectAsync(PduType.Abort);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task SinksThatWaitHoldTheBudgetAndSocketsAreNotRead()
    {
        ByteBudget budget = new(128 << 10);
        TaskCompletionSource disk = new();
        await using TestScp scp = new(o => o with { IdleTimeout = Short, Budget = budget }, handler: new TestHandler { Sink = _ => new WaitingSink(disk.Task) });
        List<ScriptedPeer> peers = [];
        for (int i = 0; i < 4; i++)
        {
            peers.Add(await AssociateAsync(scp.Port));
        }

        foreach (ScriptedPeer peer in peers)
        {
            await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest())), Pdv(3, false, true, new byte[50_000])));
        }

        await Task.Delay(1.5 * Short); // longer than the idle time: the peers are not to blame
        Assert.Equal(budget.Capacity, budget.Used);
        disk.SetResult();
        foreach (ScriptedPeer peer in peers)
        {
            Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
            peer.Dispose();
        }
    }

    [Fact]
    public async Task ManyHalfSentLargeRequestsCannotLockEachOther()
    {
        ByteBudget budget = new(256 << 10);
        await using TestScp scp = new(o => o with { ArtimTimeout = TimeSpan.FromSeconds(1), MaximumAssociations = 50, Budget = budget });
        List<ScriptedPeer> peers = [];
        byte[] bytes = new byte[2000];
        new PduHeader(PduType.AssociateRequest, 200_000).Write(bytes);
        for (int i = 0; i < 20; i++)
        {
            peers.Add(await ConnectAsync(scp.Port));
            await peers[i].SendAsync(bytes);
        }

        foreach (ScriptedPeer peer in peers)
        {
            await peer.ExpectClosedAsync();
            peer.Dispose();
        }

        await HostilePeerTests.AssertAliveAsync(scp);
    }

    [Fact]
    public async Task ExtraConnectionsWaitAndAreThenRejected()
    {
        await using TestScp scp = new(o => o with { MaximumAssociations = 1, MaximumWaiting = 2, WaitTimeout = TimeSpan.FromSeconds(3) });
        using ScriptedPeer first = await AssociateAsync(scp.Port);
        using ScriptedPeer second = await ConnectAsync(scp.Port);
        await second.SendAsync(PduCodec.EncodeAssociateRequest(Request()));
        await second.ExpectSilenceAsync();
        Assert.Equal(1, scp.Metrics.ConnectionsWaiting);
        Assert.Equal(AssociationRejection.LocalLimitExceeded, PduCodec.DecodeAssociateReject(await second.ExpectAsync(PduType.AssociateReject)));
        using ScriptedPeer third = await ConnectAsync(scp.Port);
        await third.SendAsync(PduCodec.EncodeAssociateRequest(Request()));
        await first.SendAsync(PduCodec.EncodeReleaseRequest());
        await first.ExpectAsync(PduType.ReleaseResponse);
        first.Dispose();
        await third.ExpectAsync(PduType.AssociateAccept);
    }

    private sealed class WaitingSink(Task disk) : Scp.IObjectSink
    {
        public async ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => await disk;

        public ValueTask<DimseStatus> CompleteAsync() => ValueTask.FromResult(DimseStatus.Success);

        public ValueTask AbortAsync() => default;
    }
}
