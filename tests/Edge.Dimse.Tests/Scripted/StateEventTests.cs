using System.Net;
using System.Net.Sockets;
using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Dimse.Protocol;
using Edge.Dimse.Tests.Kit;
using Xunit;

namespace Edge.Dimse.Tests.Scripted;

/// <summary>Every state of table 9-10 that exists on the wire, on both sides, times every event that a peer can cause: what the peer then sees.</summary>
public sealed class StateEventTests
{
    private static readonly Dictionary<AssociationEvent, byte[]> Bytes = new()
    {
        [AssociationEvent.AssociateAcceptPdu] = ScriptedPeer.Accept(ScriptedPeer.Request()),
        [AssociationEvent.AssociateRejectPdu] = PduCodec.EncodeAssociateReject(AssociationRejection.NoReasonGiven),
        [AssociationEvent.AssociateRequestPdu] = PduCodec.EncodeAssociateRequest(ScriptedPeer.Request()),
        [AssociationEvent.DataPdu] = ScriptedPeer.Data(ScriptedPeer.Pdv(1, true, true, [1, 2, 3])),
        [AssociationEvent.ReleaseRequestPdu] = PduCodec.EncodeReleaseRequest(),
        [AssociationEvent.ReleaseResponsePdu] = PduCodec.EncodeReleaseResponse(),
        [AssociationEvent.AbortPdu] = PduCodec.EncodeAbort(AssociationAbort.ByUser),
        [AssociationEvent.TransportClosed] = [],
        [AssociationEvent.ArtimExpired] = [],
        [AssociationEvent.InvalidPdu] = [0x42, 0, 0, 0, 0, 0],
    };

    public static TheoryData<bool, AssociationState, AssociationEvent> Cells()
    {
        TheoryData<bool, AssociationState, AssociationEvent> cells = [];
        AssociationState[] acceptor = [AssociationState.Sta2, AssociationState.Sta3, AssociationState.Sta6, AssociationState.Sta7, AssociationState.Sta8, AssociationState.Sta10, AssociationState.Sta13];
        AssociationState[] requestor = [AssociationState.Sta5, AssociationState.Sta6, AssociationState.Sta7, AssociationState.Sta8, AssociationState.Sta11, AssociationState.Sta13];
        foreach ((bool isRequestor, AssociationState[] states) in new[] { (false, acceptor), (true, requestor) })
        {
            foreach (AssociationState state in states)
            {
                foreach (AssociationEvent occurred in Bytes.Keys)
                {
                    if (AssociationStateMachine.Next(state, occurred, isRequestor).Action != AssociationAction.None)
                    {
                        cells.Add(isRequestor, state, occurred);
                    }
                }
            }
        }

        return cells;
    }

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task ThePeerSeesWhatTheTableSays(bool isRequestor, AssociationState state, AssociationEvent occurred)
    {
        using Socket listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        using ScriptedPeer peer = await ScriptedPeer.ConnectAsync(((IPEndPoint)listener.LocalEndPoint!).Port);
        ByteBudget budget = new(1 << 20);
        TimeSpan artim = occurred == AssociationEvent.ArtimExpired ? TimeSpan.FromMilliseconds(100) : TimeSpan.FromSeconds(20);
        UpperLayerSettings settings = new(16384, artim, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(20), 4096, budget, SilentLog.Instance, new DimseMetrics());
        using UpperLayer layer = new(new NetworkStream(await listener.AcceptAsync(), ownsSocket: true), isRequestor, 1, settings);
        List<Indication> indications = [];
        layer.Begin();
        Task reading = ReadAsync(layer, indications);
        await ReachAsync(layer, peer, state);
        Assert.Equal(state, layer.State);
        int before = Count(indications);

        AssociationAction action = AssociationStateMachine.Next(state, occurred, isRequestor).Action;
        if (occurred == AssociationEvent.TransportClosed)
        {
            peer.Socket.Shutdown(SocketShutdown.Send);
        }
        else
        {
            await peer.SendAsync(Bytes[occurred]);
        }

        switch (action)
        {
            case AssociationAction.AA8:
                await peer.ExpectAbortAsync(AbortSource.ServiceProvider, occurred == AssociationEvent.InvalidPdu ? AbortReason.UnrecognizedPdu : AbortReason.UnexpectedPdu);
                Assert.IsType<PduFormatException>(layer.Fault);
                Assert.Equal(AssociationState.Sta13, layer.State);
                break;
            case AssociationAction.AA1:
                await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
                Assert.Equal(AssociationState.Sta13, layer.State);
                break;
            case AssociationAction.AA7:
                await peer.ExpectAsync(PduType.Abort);
                Assert.Equal(AssociationState.Sta13, layer.State);
                break;
            case AssociationAction.AA6:
                await peer.ExpectSilenceAsync();
                Assert.Equal(AssociationState.Sta13, layer.State);
                break;
            case AssociationAction.AA3:
                await peer.ExpectClosedAsync();
                Assert.True(Assert.IsType<AssociationAbortedException>(layer.Fault).ByPeer);
                break;
            case AssociationAction.AA4:
                await peer.ExpectClosedAsync();
                Assert.IsType<ConnectionLostException>(layer.Fault);
                break;
            case AssociationAction.AA2 or AssociationAction.AA5 or AssociationAction.AR5 or AssociationAction.AR3:
                await peer.ExpectClosedAsync();
                break;
            case AssociationAction.AE4:
                await peer.ExpectClosedAsync();
                Assert.IsType<AssociationRejectedException>(layer.Fault);
                break;
            case AssociationAction.AR8 when isRequestor:
                await peer.ExpectAsync(PduType.ReleaseResponse);
                Assert.Equal(AssociationState.Sta11, layer.State);
                break;
            case AssociationAction.AR8:
                await peer.ExpectSilenceAsync();
                Assert.Equal(AssociationState.Sta10, layer.State);
                break;
            case AssociationAction.AR10:
                await peer.ExpectAsync(PduType.ReleaseResponse);
                await peer.ExpectSilenceAsync();
                Assert.Equal(AssociationState.Sta13, layer.State);
                Assert.Null(layer.Fault);
                break;
            case AssociationAction.AE6 or AssociationAction.AE3 or AssociationAction.DT2 or AssociationAction.AR6 or AssociationAction.AR2:
                await peer.ExpectSilenceAsync();
                Assert.Equal(before + 1, Count(indications));
                break;
            default:
                Assert.Fail($"no expectation for {action}");
                break;
        }

        peer.Dispose();
        await reading.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.Equal(AssociationState.Sta1, layer.State);
        layer.Dispose();
        Assert.Equal(0, budget.Used);
    }

    private static async Task ReachAsync(UpperLayer layer, ScriptedPeer peer, AssociationState state)
    {
        if (state == AssociationState.Sta2)
        {
            return;
        }

        byte[] request = PduCodec.EncodeAssociateRequest(ScriptedPeer.Request());
        byte[] accept = ScriptedPeer.Accept(ScriptedPeer.Request());
        if (layer.IsRequestor)
        {
            await layer.SendAssociateRequestAsync(request);
            await peer.ExpectAsync(PduType.AssociateRequest);
            if (state == AssociationState.Sta5)
            {
                return;
            }

            await peer.SendAsync(accept);
            await ReachedAsync(layer, AssociationState.Sta6);
        }
        else
        {
            await peer.SendAsync(request);
            await ReachedAsync(layer, AssociationState.Sta3);
            if (state == AssociationState.Sta3)
            {
                return;
            }

            Assert.True(await layer.AcceptAsync(accept));
            await peer.ExpectAsync(PduType.AssociateAccept);
        }

        switch (state)
        {
            case AssociationState.Sta7 or AssociationState.Sta10 or AssociationState.Sta11:
                Assert.True(await layer.RequestReleaseAsync(TimeSpan.FromSeconds(20)));
                await peer.ExpectAsync(PduType.ReleaseRequest);
                if (state != AssociationState.Sta7)
                {
                    await peer.SendAsync(PduCodec.EncodeReleaseRequest());
                    await ReachedAsync(layer, state);
                    if (state == AssociationState.Sta11)
                    {
                        await peer.ExpectAsync(PduType.ReleaseResponse);
                    }
                }

                break;
            case AssociationState.Sta8:
                await peer.SendAsync(PduCodec.EncodeReleaseRequest());
                await ReachedAsync(layer, AssociationState.Sta8);
                break;
            case AssociationState.Sta13:
                await layer.AbortAsync(AssociationAbort.ByUser, new AssociationAbortedException(AssociationAbort.ByUser, false));
                await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
                break;
        }
    }

    private static async Task ReachedAsync(UpperLayer layer, AssociationState state)
    {
        for (int i = 0; i < 6000 && layer.State != state; i++)
        {
            await Task.Delay(10);
        }
    }

    private static async Task ReadAsync(UpperLayer layer, List<Indication> indications)
    {
        while (true)
        {
            Indication indication = await layer.NextAsync();
            if (indication.Kind == IndicationKind.Ended)
            {
                await layer.DrainAsync();
                return;
            }

            lock (indications)
            {
                indications.Add(indication);
            }
        }
    }

    private static int Count(List<Indication> indications)
    {
        lock (indications)
        {
            return indications.Count;
        }
    }
}
