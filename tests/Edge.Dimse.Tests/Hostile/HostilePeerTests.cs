using System.Buffers.Binary;
using Edge.Core.Memory;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Tests.Kit;
using Xunit;
using static Edge.Dimse.Tests.Kit.ScriptedPeer;

namespace Edge.Dimse.Tests.Hostile;

/// <summary>Peers that lie. Each test ends with a server that answers C-ECHO, and with nothing left charged to the budget.</summary>
public sealed class HostilePeerTests
{
    [Fact]
    public async Task PdusLargerThanNegotiatedAbort()
    {
        await using TestScp scp = new(o => o with { MaximumPduLength = 4096 });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))), Data(Pdv(3, false, true, new byte[4092])));
        await peer.ExpectAbortAsync(AbortSource.ServiceProvider, AbortReason.InvalidPduParameterValue);
        await AssertAliveAsync(scp);
    }

    public static TheoryData<string, byte[]> Lies() => new()
    {
        { "PDV longer than its PDU", [4, 0, 0, 0, 0, 10, 0, 0, 0, 200, 1, 3, 0, 0, 0, 0] },
        { "PDV of 4 GB", [4, 0, 0, 0, 0, 10, 0xFF, 0xFF, 0xFF, 0xFF, 1, 3, 0, 0, 0, 0] },
        { "PDV shorter than its header", [4, 0, 0, 0, 0, 6, 0, 0, 0, 1, 1, 3] },
        { "bytes after the last PDV", [4, 0, 0, 0, 0, 9, 0, 0, 0, 2, 3, 1, 0, 0, 0] },
        { "P-DATA of 4 GB", [4, 0, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "release of 4 GB", [5, 0, 0xFF, 0xFF, 0xFF, 0xFF] },
        { "release of 5 bytes", [5, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0] },
        { "abort of no bytes", [7, 0, 0, 0, 0, 0] },
        { "element longer than the command set", Data(Pdv(1, true, true, [0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0])) },
        { "element of another group", Data(Pdv(1, true, true, [8, 0, 0, 1, 0, 0, 0, 0])) },
        { "empty command set", Data(Pdv(1, true, true, [])) },
        { "command set of noise", Data(Pdv(1, true, true, [1, 2, 3, 4, 5, 6, 7, 8, 9])) },
        { "status that is no number", Data(Pdv(1, true, true, [0, 0, 0, 9, 3, 0, 0, 0, 1, 2, 3])) },
    };

    [Theory]
    [MemberData(nameof(Lies))]
    public async Task LiesAbort(string lie, byte[] bytes)
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(bytes);
        byte[] abort = await peer.ExpectAsync(PduType.Abort);
        Assert.True((AbortSource)abort[2] == AbortSource.ServiceProvider && (AbortReason)abort[3] == AbortReason.InvalidPduParameterValue, lie);
        await AssertAliveAsync(scp);
    }

    public static TheoryData<string, byte[]> WrongOrders()
    {
        byte[] store = Data(Pdv(3, true, true, Command(StoreRequest())));
        byte[] data = Data(Pdv(3, false, false, [1, 2]));
        return new()
        {
            { "data set without command", data },
            { "command in the middle of a data set", [.. store, .. data, .. store] },
            { "data set in another context", [.. store, .. Data(Pdv(1, false, true, [1, 2]))] },
            { "context that was not accepted", Data(Pdv(99, true, true, Command(EchoRequest()))) },
            { "context 0", Data(Pdv(0, true, true, Command(EchoRequest()))) },
            { "command set over two contexts", [.. Data(Pdv(1, true, false, [0, 0])), .. Data(Pdv(3, true, true, [0, 0]))] },
            { "response to nothing", Data(Pdv(1, true, true, Command(new() { Field = CommandField.CEchoResponse, MessageIdBeingRespondedTo = 3, Status = 0 }))) },
            { "release in the middle of a message", [.. store, .. PduCodec.EncodeReleaseRequest()] },
            { "second association request", PduCodec.EncodeAssociateRequest(Request()) },
        };
    }

    [Theory]
    [MemberData(nameof(WrongOrders))]
    public async Task WrongOrdersAbort(string order, byte[] bytes)
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(bytes);
        byte[] abort = await peer.ExpectAsync(PduType.Abort);
        Assert.True((AbortSource)abort[2] == AbortSource.ServiceProvider, order);
        Assert.Empty(scp.Handler.Stored);
        await AssertAliveAsync(scp);
    }

    [Fact]
    public async Task EndlessCommandSetsAbort()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        byte[] part = Data(Pdv(1, true, false, new byte[30_000]));
        await peer.SendAsync(part, part, part);
        await peer.ExpectAbortAsync(AbortSource.ServiceProvider, AbortReason.InvalidPduParameterValue);
        await AssertAliveAsync(scp);
    }

    [Theory]
    [InlineData(0x7FFFFFFFu, 100)]
    [InlineData(0xFFFFFFFFu, 100)]
    [InlineData((1u << 20) + 1, 100)]
    public async Task HugeAssociationRequestsAreNotRead(uint announced, int sent)
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await ConnectAsync(scp.Port);
        byte[] bytes = new byte[6 + sent];
        new PduHeader(PduType.AssociateRequest, announced).Write(bytes);
        await peer.SendAsync(bytes);
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
        await AssertAliveAsync(scp);
    }

    [Fact]
    public async Task EndlessContextsAbort()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await ConnectAsync(scp.Port);
        byte[] request = PduCodec.EncodeAssociateRequest(Request())[..74];
        byte[] context = [0x20, 0, 0, 10, 1, 0, 0, 0, 0x30, 0, 0, 2, (byte)'1', (byte)'2'];
        byte[] all = [.. request, .. Enumerable.Range(0, 60_000).SelectMany(i =>
        {
            context[4] = (byte)((2 * i) + 1);
            return (byte[])[.. context];
        })];
        BinaryPrimitives.WriteUInt32BigEndian(all.AsSpan(2), (uint)(all.Length - 6));
        await peer.SendAsync(all);
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
        await AssertAliveAsync(scp);
    }

    [Fact]
    public async Task AnnouncingATinyPduLengthAborts()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await ConnectAsync(scp.Port);
        await peer.SendAsync(PduCodec.EncodeAssociateRequest(Request() with { UserInformation = new UserInformation { MaximumPduLength = 7 } }));
        await peer.ExpectAsync(PduType.Abort);
        await AssertAliveAsync(scp);
    }

    [Fact]
    public async Task EveryTruncationLeavesTheServerHealthy()
    {
        await using TestScp scp = new();
        byte[] whole = [.. PduCodec.EncodeAssociateRequest(Request()), .. Data(Pdv(3, true, true, Command(StoreRequest()))), .. Data(Pdv(3, false, true, new byte[40]))];
        for (int length = 0; length < whole.Length; length += 3)
        {
            using ScriptedPeer peer = await ConnectAsync(scp.Port);
            await peer.SendAsync(whole[..length]);
        }

        await AssertAliveAsync(scp);
        Assert.Empty(scp.Handler.Stored);
    }

    [Fact]
    public async Task IdentifiersThatAreTooLongAreRefused()
    {
        await using TestScp scp = new(o => o with { MaximumIdentifierLength = 10_000 });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(
            Data(Pdv(3, true, true, Command(new() { Field = CommandField.CFindRequest, MessageId = 5, HasDataSet = true, AffectedSopClassUid = "1.2" }))),
            Data(Pdv(3, false, false, new byte[9000])),
            Data(Pdv(3, false, true, new byte[9000])));
        Assert.Equal((ushort)0xA700, (await peer.ExpectMessageAsync()).Status);
        await peer.SendCommandAsync(1, EchoRequest());
        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
    }

    [Fact]
    public async Task NoiseOnManyConnectionsIsSurvived()
    {
        await using TestScp scp = new(o => o with { ArtimTimeout = TimeSpan.FromMilliseconds(500) });
        Random random = new(7);
        for (int i = 0; i < 100; i++)
        {
            using ScriptedPeer peer = await ConnectAsync(scp.Port);
            byte[] noise = new byte[random.Next(1, 5000)];
            random.NextBytes(noise);
            noise[0] = (byte)random.Next(0, 9);
            await peer.SendAsync(noise);
        }

        await AssertAliveAsync(scp);
    }

    internal static async Task AssertAliveAsync(TestScp scp)
    {
        // A server with short times may take even this peer for one that waits, where the machine gives the test no time.
        for (int attempt = 1; !await EchoesAsync(scp.Port, isLast: attempt == 10); attempt++)
        {
        }

        await AssertNothingChargedAsync(scp.Server.Options.Budget);
    }

    private static async Task<bool> EchoesAsync(int port, bool isLast)
    {
        try
        {
            using ScriptedPeer peer = await AssociateAsync(port);
            await peer.SendCommandAsync(1, EchoRequest());
            Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
            await peer.SendAsync(PduCodec.EncodeReleaseRequest());
            await peer.ExpectAsync(PduType.ReleaseResponse);
            return true;
        }
        catch (Exception e) when (!isLast && e is Xunit.Sdk.IAssertionException or IOException or System.Net.Sockets.SocketException)
        {
            return false;
        }
    }

    /// <summary>Noticing that a peer closed takes a buffer for a moment, so this is polled.</summary>
    internal static async Task AssertNothingChargedAsync(ByteBudget budget)
    {
        var watch = System.Diagnostics.Stopwatch.StartNew();
        while (budget.Used != 0)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromMinutes(1), $"{budget.Used} bytes are charged");
            await Task.Delay(10);
        }
    }
}
