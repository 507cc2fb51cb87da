using System.Net;
using System.Net.Sockets;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scu;
using Edge.Dimse.Tests.Kit;
using Xunit;

namespace Edge.Dimse.Tests.Scripted;

/// <summary>The client against a peer played by hand: how each way of failing is told apart.</summary>
public sealed class ClientTests
{
    [Fact]
    public async Task NoListenerIsTransient()
    {
        using Socket unused = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        unused.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        ConnectFailedException failure = await Assert.ThrowsAsync<ConnectFailedException>(async () => await DicomClient.ConnectAsync(ScriptedScp.Options(((IPEndPoint)unused.LocalEndPoint!).Port)));
        Assert.True(failure.IsTransient);
        Assert.Contains("SCP", failure.Message);
    }

    [Theory]
    [InlineData(1, 1, 7, false)]
    [InlineData(2, 3, 2, true)]
    public async Task RejectionsSayWhetherTryingAgainHelps(int result, int source, int reason, bool transient)
    {
        using ScriptedScp scp = new();
        Task<ClientAssociation> connecting = DicomClient.ConnectAsync(scp.Client).AsTask();
        using ScriptedPeer peer = await scp.AcceptAsync();
        await peer.ExpectAsync(PduType.AssociateRequest);
        await peer.SendAsync(PduCodec.EncodeAssociateReject(new((RejectResult)result, (RejectSource)source, (byte)reason)));
        AssociationRejectedException failure = await Assert.ThrowsAsync<AssociationRejectedException>(() => connecting);
        Assert.Equal(transient, failure.IsTransient);
        Assert.Equal(reason, failure.Rejection.Reason);
        await peer.ExpectClosedAsync();
    }

    [Fact]
    public async Task AbortCloseSilenceAndNonsenseAreToldApart()
    {
        using ScriptedScp scp = new();
        await Fails<AssociationAbortedException>(peer => peer.SendAsync(PduCodec.EncodeAbort(AssociationAbort.ByProvider(AbortReason.NotSpecified))));
        await Fails<ConnectionLostException>(peer =>
        {
            peer.Socket.Shutdown(SocketShutdown.Both);
            return Task.CompletedTask;
        });
        await Fails<DimseTimeoutException>(_ => Task.CompletedTask);
        await Fails<PduFormatException>(peer => peer.SendAsync("HTTP/1.1 400 Bad Request\r\n\r\n"u8.ToArray()));
        await Fails<PduFormatException>(peer => peer.SendAsync(ScriptedPeer.Pdu(PduType.AssociateAccept, new byte[20])));

        async Task Fails<T>(Func<ScriptedPeer, Task> play)
            where T : DimseException
        {
            Task<ClientAssociation> connecting = DicomClient.ConnectAsync(scp.Client with { AssociationTimeout = typeof(T) == typeof(DimseTimeoutException) ? TimeSpan.FromMilliseconds(300) : TimeSpan.FromMinutes(1) }).AsTask();
            using ScriptedPeer peer = await scp.AcceptAsync();
            await peer.ExpectAsync(PduType.AssociateRequest);
            await play(peer);
            await Assert.ThrowsAsync<T>(() => connecting.WaitAsync(TimeSpan.FromMinutes(1)));
        }
    }

    [Fact]
    public async Task ContextsThatWereRefusedAreNotUsed()
    {
        using ScriptedScp scp = new();
        Task<ClientAssociation> connecting = DicomClient.ConnectAsync(scp.Client).AsTask();
        using ScriptedPeer peer = await scp.AcceptAsync();
        AssociationRequest request = PduCodec.DecodeAssociateRequest(await peer.ExpectAsync(PduType.AssociateRequest));
        await peer.SendAsync(PduCodec.EncodeAssociateAccept(new()
        {
            CalledAeTitle = "", CallingAeTitle = "",
            Contexts = [.. request.Contexts.Select(c => ContextAnswer.Refuse(c, ContextResult.AbstractSyntaxNotSupported)), new(77, ContextResult.Acceptance, "1.2")],
        }));
        await using ClientAssociation association = await connecting;
        Assert.Empty(association.Association.Contexts);
        ContextRefusedException refused = await Assert.ThrowsAsync<ContextRefusedException>(async () => await association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new byte[10])));
        Assert.False(refused.IsTransient);
        Assert.True(association.IsOpen);
    }

    [Fact]
    public async Task ReleaseIsConfirmed()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        Task releasing = association.ReleaseAsync().AsTask();
        await peer.ExpectAsync(PduType.ReleaseRequest);
        Assert.False(releasing.IsCompleted);
        await peer.SendAsync(PduCodec.EncodeReleaseResponse());
        await releasing;
        await peer.ExpectClosedAsync();
        Assert.Null(association.Fault);
        await Assert.ThrowsAsync<AssociationReleasedException>(async () => await association.EchoAsync());
        await association.DisposeAsync();
        peer.Dispose();
    }

    [Fact]
    public async Task ReleaseThatIsNotConfirmedAborts()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client with { ReleaseTimeout = TimeSpan.FromMilliseconds(200) });
        await association.ReleaseAsync();
        await peer.ExpectAsync(PduType.ReleaseRequest);
        await peer.ExpectAsync(PduType.Abort);
        Assert.IsType<DimseTimeoutException>(association.Fault);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task MissingResponseIsATimeout()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client with { ResponseTimeout = TimeSpan.FromMilliseconds(300) });
        DimseTimeoutException timeout = await Assert.ThrowsAsync<DimseTimeoutException>(async () => await association.EchoAsync());
        Assert.True(timeout.IsTransient);
        await peer.ExpectMessageAsync();
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task PeerThatTakesNothingIsATimeout()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client with { SendTimeout = TimeSpan.FromMilliseconds(300) });
        await Assert.ThrowsAsync<DimseTimeoutException>(async () =>
            await association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new byte[64 << 20])));
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task AbortDuringALongSendIsToldAsAbort()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        Task<DimseStatus> storing = association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new byte[64 << 20])).AsTask();
        await peer.ExpectAsync(PduType.DataTransfer);
        await peer.SendAsync(PduCodec.EncodeAbort(AssociationAbort.ByProvider(AbortReason.InvalidPduParameterValue)));
        AssociationAbortedException failure = await Assert.ThrowsAsync<AssociationAbortedException>(() => storing.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.Equal((true, AbortReason.InvalidPduParameterValue), (failure.ByPeer, failure.Abort.Reason));
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task CancelledOperationAborts()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        using CancellationTokenSource cancel = new(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await association.EchoAsync(cancel.Token));
        await peer.ExpectMessageAsync();
        await peer.ExpectAsync(PduType.Abort);
        Assert.False(association.IsOpen);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task CancelledConnectIsCancelled()
    {
        using ScriptedScp scp = new();
        using CancellationTokenSource cancel = new(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await DicomClient.ConnectAsync(scp.Client, cancel.Token));
    }

    [Fact]
    public async Task ResponsesToNothingAreAProtocolError()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        await peer.SendCommandAsync(1, new() { Field = CommandField.CEchoResponse, MessageIdBeingRespondedTo = 99, Status = 0 });
        await peer.ExpectAbortAsync(AbortSource.ServiceProvider, AbortReason.UnexpectedPduParameter);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16378)]
    [InlineData(16380)]
    [InlineData(131072)]
    [InlineData(16378 * 8)]
    [InlineData(16378 * 16)]
    [InlineData(400_001)]
    public async Task StreamsOfUnknownLengthEndWithALastFragment(int length)
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        byte[] data = new byte[length];
        new Random(length).NextBytes(data);
        foreach (DataSetSource source in new[] { DataSetSource.From(new TricklingStream(data)), DataSetSource.From(data) })
        {
            Task<DimseStatus> storing = association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, source).AsTask();
            List<byte> received = [];
            CommandSet command = await peer.ExpectMessageAsync(received);
            Assert.True(data.AsSpan().SequenceEqual(received.ToArray()));
            await peer.SendCommandAsync(3, new() { Field = CommandField.CStoreResponse, MessageIdBeingRespondedTo = command.MessageId, Status = 0xB000 });
            Assert.Equal(DimseStatusClass.Warning, (await storing).Class);
        }

        peer.Dispose();
        await association.DisposeAsync();
    }

    [Theory]
    [InlineData(128, 300_001)] // more pieces than one send takes
    [InlineData(4096, 16 * 1024)]
    [InlineData(16384, 600_000)]
    [InlineData(131072, 131066 * 3)]
    [InlineData(0, 3_000_000)]
    public async Task DataInMemoryIsSentFromWhereItLies(int pduLength, int length)
    {
        using ScriptedScp scp = new();
        Task<ScriptedPeer> accepting = scp.AssociateAsync((uint)pduLength);
        ClientAssociation association = await DicomClient.ConnectAsync(scp.Client);
        ScriptedPeer peer = await accepting;
        byte[] memory = new byte[length + 200];
        new Random(length).NextBytes(memory);
        ReadOnlyMemory<byte> data = memory.AsMemory(99, length);
        for (int message = 0; message < 2; message++)
        {
            Task<DimseStatus> storing = association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, new InMemory(data)).AsTask();
            List<byte> received = [];
            CommandSet command = await peer.ExpectMessageAsync(received);
            Assert.True(data.Span.SequenceEqual(received.ToArray()));
            await peer.SendCommandAsync(3, new() { Field = CommandField.CStoreResponse, MessageIdBeingRespondedTo = command.MessageId, Status = 0 });
            Assert.True((await storing).IsSuccess);
        }

        Assert.Equal((uint)Math.Min(pduLength == 0 ? PduLimits.Greatest : pduLength, length + PdvHeader.Size), peer.LongestPdu);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task LongSendsAreNotTakenForMissingResponses()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client with { ResponseTimeout = TimeSpan.FromMilliseconds(300) });
        Task<DimseStatus> storing = association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new SlowStream())).AsTask();
        CommandSet command = await peer.ExpectMessageAsync();
        await peer.SendCommandAsync(3, new() { Field = CommandField.CStoreResponse, MessageIdBeingRespondedTo = command.MessageId, Status = 0 });
        Assert.True((await storing).IsSuccess);
        peer.Dispose();
        await association.DisposeAsync();
    }

    [Fact]
    public async Task SourceThatFailsInTheMiddleAborts()
    {
        using ScriptedScp scp = new();
        (ClientAssociation association, ScriptedPeer peer) = await OpenAsync(scp, scp.Client);
        await Assert.ThrowsAsync<InvalidDataException>(async () =>
            await association.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new TricklingStream(new byte[500_000]) { FailsAt = 300_000 })));
        while (true)
        {
            try
            {
                await peer.ExpectAsync(PduType.DataTransfer);
            }
            catch (Xunit.Sdk.EqualException)
            {
                break; // the abort
            }
        }

        peer.Dispose();
        await association.DisposeAsync();
        Assert.False(association.IsOpen);
    }

    private static async Task<(ClientAssociation Association, ScriptedPeer Peer)> OpenAsync(ScriptedScp scp, DicomClientOptions options)
    {
        Task<ScriptedPeer> accepting = scp.AssociateAsync();
        ClientAssociation association = await DicomClient.ConnectAsync(options);
        return (association, await accepting);
    }

    /// <summary>Must not be copied out of.</summary>
    private sealed class InMemory(ReadOnlyMemory<byte> bytes) : DataSetSource
    {
        public override long? Length => bytes.Length;

        public override ReadOnlyMemory<byte>? Whole => bytes;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellation) => throw new InvalidOperationException("it lies in memory");
    }

    /// <summary>Gives its bytes in uneven pieces, and may fail.</summary>
    private sealed class TricklingStream(byte[] data) : MemoryStream(data)
    {
        public long FailsAt { get; init; } = long.MaxValue;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position > FailsAt ? throw new InvalidDataException("the source is damaged") : base.ReadAsync(buffer[..Math.Min(buffer.Length, 5003)], cancellationToken);
    }

    /// <summary>Takes a second for a few bytes.</summary>
    private sealed class SlowStream() : MemoryStream(new byte[10])
    {
        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Delay(100, cancellationToken);
            return await base.ReadAsync(buffer[..1], cancellationToken);
        }
    }
}
