using System.Net;
using System.Net.Sockets;
using Edge.Core.Memory;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Dimse.Scu;
using Xunit;

namespace Edge.Fuzz.Tests.Dimse;

/// <summary>Damaged conversations against a live server: it stays up, logs no error of its own, and has nothing charged at the end.</summary>
public sealed class ConversationFuzzTests
{
    private const string CtImageStorage = "1.2.840.10008.5.1.4.1.1.2";

    [Fact]
    public async Task Conversations()
    {
        Service service = new();
        ByteBudget budget = new(2 << 20);
        await using DicomServer server = new(
            new DicomServerOptions
            {
                ListenOn = new IPEndPoint(IPAddress.Loopback, 0), Budget = budget, Log = service,
                ArtimTimeout = TimeSpan.FromMilliseconds(200), IdleTimeout = TimeSpan.FromMilliseconds(500),
            },
            service,
            service);
        server.Start();
        int port = server.LocalEndPoint!.Port;
        AssociationRequest request = new()
        {
            CalledAeTitle = "A", CallingAeTitle = "B",
            Contexts = [new(1, DicomUids.Verification, [DicomUids.ImplicitVrLittleEndian]), new(3, CtImageStorage, [DicomUids.ImplicitVrLittleEndian])],
        };
        byte[] whole =
        [
            .. PduCodec.EncodeAssociateRequest(request),
            .. Data(1, true, true, Samples.Encode(new() { Field = CommandField.CEchoRequest, MessageId = 1 })),
            .. Data(3, true, true, Samples.Encode(new() { Field = CommandField.CStoreRequest, MessageId = 2, HasDataSet = true, AffectedSopClassUid = CtImageStorage, AffectedSopInstanceUid = "1.2" })),
            .. Data(3, false, false, new byte[3000]),
            .. Data(3, false, true, new byte[10]),
            .. Data(3, true, true, Samples.Encode(new() { Field = CommandField.CFindRequest, MessageId = 3, HasDataSet = true, AffectedSopClassUid = CtImageStorage })),
            .. Data(3, false, true, new byte[100]),
            .. Data(3, true, true, Samples.Encode(new() { Field = CommandField.CCancelRequest, MessageIdBeingRespondedTo = 3 })),
            .. PduCodec.EncodeReleaseRequest(),
        ];
        int opening = PduCodec.EncodeAssociateRequest(request).Length;
        await FuzzRun.RunAsync("conversations", async random =>
        {
            byte[] bytes = random.Next(4) == 0 ? FuzzRun.Mutate(random, whole) : [.. whole[..opening], .. FuzzRun.Mutate(random, whole.AsSpan(opening))];
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, port);
            try
            {
                for (int at = 0; at < bytes.Length;)
                {
                    int count = Math.Min(random.Next(1, 3000), bytes.Length - at);
                    await socket.SendAsync(bytes.AsMemory(at, count));
                    at += count;
                }

                if (random.Next(2) == 0)
                {
                    await socket.ReceiveAsync(new byte[1000]);
                }
            }
            catch (SocketException)
            {
                // The server had enough.
            }
        });

        await using (ClientAssociation association = await DicomClient.ConnectAsync(new DicomClientOptions { Host = "127.0.0.1", Port = port, CalledAeTitle = "A", CallingAeTitle = "B", Contexts = request.Contexts }))
        {
            Assert.True((await association.EchoAsync()).IsSuccess);
            await association.ReleaseAsync();
        }

        await server.StopAsync(TimeSpan.FromSeconds(5));
        Assert.Empty(service.Errors);
        Assert.Equal(0, budget.Used);
        Assert.Equal(0, server.Options.Metrics.AssociationsOpen);
    }

    private static byte[] Data(byte context, bool command, bool last, byte[] bytes)
    {
        byte[] pdu = new byte[PduHeader.Size + PdvHeader.Size + bytes.Length];
        new PduHeader(PduType.DataTransfer, (uint)(PdvHeader.Size + bytes.Length)).Write(pdu);
        new PdvHeader((uint)bytes.Length, context, command, last).Write(pdu.AsSpan(PduHeader.Size));
        bytes.CopyTo(pdu, PduHeader.Size + PdvHeader.Size);
        return pdu;
    }

    private sealed class Service : IAssociationPolicy, IDimseHandler, IObjectSink, IDimseLog
    {
        public List<string> Errors { get; } = [];

        public ValueTask<AssociationDecision> DecideAsync(AssociationRequest request, CancellationToken cancellation) =>
            ValueTask.FromResult<AssociationDecision>(new AssociationAcceptance
            {
                Contexts = [.. request.Contexts.Where(c => c.TransferSyntaxes.Count > 0).Select(c => ContextAnswer.Accept(c, c.TransferSyntaxes[0]))],
                Roles = request.UserInformation.Roles,
            });

        public ValueTask<IObjectSink?> BeginStoreAsync(IncomingRequest request, CancellationToken ended) => ValueTask.FromResult<IObjectSink?>(this);

        public async ValueTask<DimseResponse?> HandleAsync(IncomingRequest request, IResponder responder, CancellationToken ended)
        {
            await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { DataSet = request.DataSet });
            return responder.CancelRequested.IsCancellationRequested ? DimseStatus.Cancel : DimseStatus.Success;
        }

        public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => default;

        public ValueTask<DimseStatus> CompleteAsync() => ValueTask.FromResult(DimseStatus.Success);

        public ValueTask AbortAsync() => default;

        public bool IsEnabled(DimseLogLevel level) => level == DimseLogLevel.Error;

        public void Write(DimseLogLevel level, string message)
        {
            lock (Errors)
            {
                Errors.Add(message);
            }
        }
    }
}
