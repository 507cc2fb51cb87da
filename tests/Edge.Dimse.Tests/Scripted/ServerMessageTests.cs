using Edge.Core.Errors;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Dimse.Tests.Kit;
using Xunit;
using static Edge.Dimse.Tests.Kit.ScriptedPeer;

namespace Edge.Dimse.Tests.Scripted;

/// <summary>Messages as a peer may cut them, and what the server answers.</summary>
public sealed class ServerMessageTests
{
    private const string StudyRootFind = "1.2.840.10008.5.1.4.1.2.2.1";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(1000)]
    public async Task CommandsAndDataOfAnyFragmentationArrive(int fragment)
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        byte[] command = Command(StoreRequest());
        byte[] data = [.. Enumerable.Range(0, 3000).Select(i => (byte)(i * 7))];
        List<byte[]> parts = [];
        parts.AddRange(command.Chunk(fragment).Select((c, i) => Data(Pdv(3, true, (i + 1) * fragment >= command.Length, c))));
        parts.AddRange(data.Chunk(fragment).Select(c => Data(Pdv(3, false, false, c))));
        parts.Add(Data(Pdv(3, false, true, []))); // an empty last fragment
        await peer.SendAsync([.. parts]);
        CommandSet response = await peer.ExpectMessageAsync();
        Assert.Equal((CommandField.CStoreResponse, (ushort)0, (ushort)1, "1.2.3.4"), (response.Field, response.Status, response.MessageIdBeingRespondedTo, response.AffectedSopInstanceUid));
        Assert.Equal(data, Assert.Single(scp.Handler.Stored).DataSet);
    }

    [Fact]
    public async Task SeveralPdvsInOnePduAndSeveralMessagesInOneSendArrive()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        byte[] command = Command(StoreRequest());
        byte[] mixed = Data(Pdv(3, true, false, command.AsSpan(0, 10)), Pdv(3, true, true, command.AsSpan(10)), Pdv(3, false, false, [1, 2]), Pdv(3, false, false, []), Pdv(3, false, true, [3, 4]));
        await peer.SendAsync(mixed, mixed, Data(Pdv(1, true, true, Command(EchoRequest(9)))));
        Assert.Equal(CommandField.CStoreResponse, (await peer.ExpectMessageAsync()).Field);
        Assert.Equal(CommandField.CStoreResponse, (await peer.ExpectMessageAsync()).Field);
        Assert.Equal((ushort)9, (await peer.ExpectMessageAsync()).MessageIdBeingRespondedTo);
        Assert.All(scp.Handler.Stored, s => Assert.Equal([1, 2, 3, 4], s.DataSet));
    }

    [Fact]
    public async Task ByteByByteStillWorks()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await ConnectAsync(scp.Port);
        foreach (byte b in PduCodec.EncodeAssociateRequest(Request()).Concat(Data(Pdv(1, true, true, Command(EchoRequest())))))
        {
            await peer.SendAsync([b]);
        }

        await peer.ExpectAsync(PduType.AssociateAccept);
        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
    }

    [Theory]
    [InlineData(CommandField.CFindRequest, 0x0122)]
    [InlineData(CommandField.CMoveRequest, 0x0122)]
    [InlineData(CommandField.CGetRequest, 0x0122)]
    [InlineData(CommandField.NActionRequest, 0x0211)]
    [InlineData(CommandField.NCreateRequest, 0x0211)]
    [InlineData(CommandField.NDeleteRequest, 0x0211)]
    [InlineData((CommandField)0x0999, 0x0211)]
    public async Task RequestsWithoutHandlerAreRefused(CommandField field, int status)
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(
            Data(Pdv(3, true, true, Command(new() { Field = field, MessageId = 5, HasDataSet = true, AffectedSopClassUid = "1.2" }))),
            Data(Pdv(3, false, true, [1, 2])));
        CommandSet response = await peer.ExpectMessageAsync();
        Assert.Equal((field.Response(), (ushort)status, (ushort)5), (response.Field, response.Status, response.MessageIdBeingRespondedTo));
        await peer.SendCommandAsync(1, EchoRequest());
        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
    }

    [Fact]
    public async Task PendingResponsesStopAtCancel()
    {
        TestHandler handler = new()
        {
            Handle = async (request, responder, ended) =>
            {
                for (int i = 0; i < 1000; i++)
                {
                    if (responder.CancelRequested.IsCancellationRequested)
                    {
                        return DimseStatus.Cancel;
                    }

                    await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = request.DataSet });
                    await Task.Delay(5, ended);
                }

                return DimseStatus.Success;
            },
        };
        await using TestScp scp = new(handler: handler);
        using ScriptedPeer peer = await AssociateAsync(scp.Port, Request() with { Contexts = [new(1, StudyRootFind, [DicomUids.ImplicitVrLittleEndian])] });
        await peer.SendAsync(Data(Pdv(1, true, true, Command(new() { Field = CommandField.CFindRequest, MessageId = 7, HasDataSet = true, AffectedSopClassUid = StudyRootFind })), Pdv(1, false, true, [1, 2, 3, 4])));
        List<byte> identifier = [];
        CommandSet response = await peer.ExpectMessageAsync(identifier);
        Assert.Equal((ushort)0xFF00, response.Status);
        Assert.Equal([1, 2, 3, 4], identifier);
        await peer.SendCommandAsync(1, new() { Field = CommandField.CCancelRequest, MessageIdBeingRespondedTo = 7 });
        do
        {
            response = await peer.ExpectMessageAsync();
        }
        while (response.Status == 0xFF00);
        Assert.Equal((ushort)0xFE00, response.Status);
        Assert.False(response.HasDataSet);
        await peer.SendAsync(PduCodec.EncodeReleaseRequest());
        await peer.ExpectAsync(PduType.ReleaseResponse);
    }

    [Fact]
    public async Task HeldResponsesLeaveTogetherWithTheLastOrWhenAskedTo()
    {
        TaskCompletionSource goOn = new();
        TestHandler handler = new()
        {
            Handle = async (request, responder, _) =>
            {
                await responder.HoldPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = request.DataSet });
                await responder.HoldPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = request.DataSet });
                await goOn.Task;
                await responder.FlushAsync();
                // More than is ever held: it cannot wait.
                await responder.HoldPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = new byte[60_000] });
                await responder.HoldPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = request.DataSet });
                return DimseStatus.Success;
            },
        };
        await using TestScp scp = new(handler: handler);
        using ScriptedPeer peer = await AssociateAsync(scp.Port, Request() with { Contexts = [new(1, StudyRootFind, [DicomUids.ImplicitVrLittleEndian])] });
        await peer.SendAsync(Data(Pdv(1, true, true, Command(new() { Field = CommandField.CFindRequest, MessageId = 7, HasDataSet = true, AffectedSopClassUid = StudyRootFind })), Pdv(1, false, true, [1, 2, 3, 4])));
        await peer.ExpectSilenceAsync();
        goOn.SetResult();
        foreach (int length in new[] { 4, 4, 60_000, 4 })
        {
            List<byte> identifier = [];
            Assert.Equal((ushort)0xFF00, (await peer.ExpectMessageAsync(identifier)).Status);
            Assert.Equal(length, identifier.Count);
        }

        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
    }

    [Fact]
    public async Task SubOperationsRunOnTheSameAssociation()
    {
        SampleObject sample = new(1, 200_000);
        TestHandler handler = new()
        {
            Handle = async (request, responder, _) =>
            {
                PresentationContext context = request.Association.FindContext(sample.SopClass) ?? throw new InvalidOperationException("no context");
                DimseResponse stored = await responder.StoreAsync(new StoreOperation { Context = context, SopClassUid = sample.SopClass, SopInstanceUid = sample.SopInstance, DataSet = DataSetSource.From(sample.DataSet) });
                await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { SubOperations = new SubOperations(0, 1, 0, 0) });
                return new DimseResponse(stored.Status) { SubOperations = new SubOperations(null, 1, 0, 0) };
            },
        };
        await using TestScp scp = new(handler: handler);
        AssociationRequest request = Request();
        using ScriptedPeer peer = await AssociateAsync(scp.Port, request with
        {
            UserInformation = request.UserInformation with { MaximumPduLength = 4096, Roles = [new(SampleObject.CtImageStorage, false, true)] },
        });
        await peer.SendCommandAsync(1, new() { Field = CommandField.CGetRequest, MessageId = 7, AffectedSopClassUid = "1.2" });
        List<byte> received = [];
        CommandSet store = await peer.ExpectMessageAsync(received);
        Assert.Equal(CommandField.CStoreRequest, store.Field);
        Assert.Equal(sample.DataSet, received.ToArray());
        await peer.SendCommandAsync(3, new() { Field = CommandField.CStoreResponse, MessageIdBeingRespondedTo = store.MessageId, Status = 0, AffectedSopClassUid = sample.SopClass, AffectedSopInstanceUid = sample.SopInstance });
        Assert.Equal((ushort)0xFF00, (await peer.ExpectMessageAsync()).Status);
        CommandSet final = await peer.ExpectMessageAsync();
        Assert.Equal(((ushort)0, (ushort)1, (ushort?)null), (final.Status!.Value, final.CompletedSuboperations!.Value, final.RemainingSuboperations));
    }

    [Fact]
    public async Task StoreIntoAContextWhereThisSideIsNotScpIsRefused()
    {
        await using TestScp scp = new();
        AssociationRequest request = Request();
        using ScriptedPeer peer = await AssociateAsync(scp.Port, request with { UserInformation = request.UserInformation with { Roles = [new(SampleObject.CtImageStorage, false, true)] } });
        await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest())), Pdv(3, false, true, [1, 2])));
        Assert.Equal((ushort)0x0122, (await peer.ExpectMessageAsync()).Status);
        Assert.Empty(scp.Handler.Stored);
    }

    [Fact]
    public async Task HandlersMayAbort()
    {
        await using TestScp scp = new(handler: new TestHandler { Sink = _ => throw new AbortAssociationException("not permitted") });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest()))));
        await peer.ExpectAbortAsync(AbortSource.ServiceUser, AbortReason.NotSpecified);
    }

    [Fact]
    public async Task FailingSinksAnswerAndTheAssociationGoesOn()
    {
        FailingSink sink = new();
        await using TestScp scp = new(handler: new TestHandler { Sink = _ => sink });
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest())), Pdv(3, false, false, [1, 2]), Pdv(3, false, true, [3, 4])));
        CommandSet response = await peer.ExpectMessageAsync();
        Assert.Equal(((ushort)0xA700, "disk full"), (response.Status!.Value, response.ErrorComment));
        Assert.Equal(1, sink.Aborts);
        await peer.SendCommandAsync(1, EchoRequest());
        Assert.Equal((ushort)0, (await peer.ExpectMessageAsync()).Status);
    }

    [Fact]
    public async Task PeersThatLeaveInTheMiddleAbortTheSink()
    {
        await using TestScp scp = new();
        using (ScriptedPeer peer = await AssociateAsync(scp.Port))
        {
            await peer.SendAsync(Data(Pdv(3, true, true, Command(StoreRequest())), Pdv(3, false, false, [1, 2])));
            await peer.SendAsync(PduCodec.EncodeAbort(AssociationAbort.ByUser));
            await peer.ExpectClosedAsync();
        }

        for (int i = 0; i < 6000 && scp.Handler.Aborted == 0; i++)
        {
            await Task.Delay(10);
        }

        Assert.Equal(1, scp.Handler.Aborted);
        Assert.Empty(scp.Handler.Stored);
        Assert.Equal(1, scp.Metrics.AssociationsAborted);
    }

    [Fact]
    public async Task StoreWithoutDataSetOrInstanceIsAnswered()
    {
        await using TestScp scp = new();
        using ScriptedPeer peer = await AssociateAsync(scp.Port);
        await peer.SendCommandAsync(3, new() { Field = CommandField.CStoreRequest, MessageId = 1, AffectedSopClassUid = SampleObject.CtImageStorage, AffectedSopInstanceUid = "1.2" });
        Assert.Equal((ushort)0xC000, (await peer.ExpectMessageAsync()).Status);
        await peer.SendAsync(Data(Pdv(3, true, true, Command(new() { Field = CommandField.CStoreRequest, MessageId = 2, HasDataSet = true, AffectedSopClassUid = SampleObject.CtImageStorage })), Pdv(3, false, true, [1, 2])));
        Assert.Equal((ushort)0x0117, (await peer.ExpectMessageAsync()).Status);
    }

    [Fact]
    public async Task ApplicationContextAndProtocolVersionAreChecked()
    {
        await using TestScp scp = new();
        using ScriptedPeer first = await ConnectAsync(scp.Port);
        await first.SendAsync(PduCodec.EncodeAssociateRequest(Request() with { ApplicationContext = "1.2.3" }));
        Assert.Equal(AssociationRejection.ApplicationContextNotSupported, PduCodec.DecodeAssociateReject(await first.ExpectAsync(PduType.AssociateReject)));
        using ScriptedPeer second = await ConnectAsync(scp.Port);
        await second.SendAsync(PduCodec.EncodeAssociateRequest(Request() with { ProtocolVersion = 2 }));
        Assert.Equal(AssociationRejection.ProtocolVersionNotSupported, PduCodec.DecodeAssociateReject(await second.ExpectAsync(PduType.AssociateReject)));
        Assert.Equal(2, scp.Metrics.AssociationsRejected);
    }

    private sealed class FailingSink : IObjectSink
    {
        public int Aborts { get; private set; }

        public async ValueTask WriteAsync(ReadOnlyMemory<byte> fragment)
        {
            await Task.Yield();
            throw new EdgeException(ErrorCode.FullStorage, "disk full");
        }

        public ValueTask<DimseStatus> CompleteAsync() => throw new InvalidOperationException("it failed before");

        public ValueTask AbortAsync()
        {
            Aborts++;
            return default;
        }
    }
}
