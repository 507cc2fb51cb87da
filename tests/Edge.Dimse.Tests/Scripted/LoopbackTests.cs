using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Edge.Dimse.Association;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;
using Edge.Dimse.Scp;
using Edge.Dimse.Scu;
using Edge.Dimse.Tests.Kit;
using Xunit;

namespace Edge.Dimse.Tests.Scripted;

/// <summary>This room's client against its server: the operations that need both.</summary>
public sealed class LoopbackTests
{
    private const string StudyRootGet = "1.2.840.10008.5.1.4.1.2.2.3";

    [Fact]
    public async Task ManyAssociationsStoreAtOnce()
    {
        await using TestScp scp = new();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async a =>
        {
            await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
            for (int i = 0; i < 20; i++)
            {
                SampleObject sample = new((a * 100) + i, 100_000);
                Assert.True((await association.StoreAsync(sample.SopClass, sample.SopInstance, sample.TransferSyntax, DataSetSource.From(sample.DataSet))).IsSuccess);
            }

            await association.ReleaseAsync();
        }));
        Assert.Equal(160, scp.Handler.Stored.Count);
        Assert.Equal((8, 8), (scp.Metrics.AssociationsTotal, scp.Metrics.AssociationsReleased));
    }

    /// <summary>Lengths of every remainder by the connection's own buffer: a message that ends where a buffer does is complete.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task MessagesOfEachLengthArriveAtOnce(bool withTls)
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using TestScp scp = new(o => withTls ? o with { Transport = Transports.TlsServer(new SslServerAuthenticationOptions { ServerCertificate = certificate }) } : o);
        DicomClientOptions options = ScriptedScp.Options(scp.Port);
        await using ClientAssociation association = await DicomClient.ConnectAsync(
            withTls ? options with { Transport = Transports.TlsClient(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = static (_, _, _, _) => true }) } : options);
        byte[] data = new byte[6000];
        for (int length = 2; length < data.Length; length += 2)
        {
            DimseStatus status = await association.StoreAsync(SampleObject.CtImageStorage, "1.2.3", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(data.AsMemory(0, length))).AsTask().WaitAsync(TimeSpan.FromSeconds(10));
            Assert.True(status.IsSuccess);
        }

        await association.ReleaseAsync();
    }

    [Fact]
    public async Task OperationsOnOneAssociationWaitForEachOther()
    {
        await using TestScp scp = new();
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        DimseStatus[] statuses = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => association.EchoAsync().AsTask()));
        Assert.All(statuses, s => Assert.True(s.IsSuccess));
        await association.ReleaseAsync();
    }

    [Fact]
    public async Task RetrievedObjectsComeOnTheSameAssociation()
    {
        SampleObject[] samples = [.. Enumerable.Range(0, 10).Select(i => new SampleObject(i, 50_000))];
        TestHandler server = new()
        {
            Handle = async (request, responder, _) =>
            {
                PresentationContext context = request.Association.FindContext(SampleObject.CtImageStorage, DicomUids.ExplicitVrLittleEndian)!;
                ushort done = 0;
                foreach (SampleObject sample in samples)
                {
                    DimseResponse stored = await responder.StoreAsync(new StoreOperation { Context = context, SopClassUid = sample.SopClass, SopInstanceUid = sample.SopInstance, DataSet = DataSetSource.From(sample.DataSet) });
                    Assert.True(stored.Status.IsSuccess);
                    await responder.SendPendingAsync(new DimseResponse(DimseStatus.Pending) { SubOperations = new((ushort)(samples.Length - ++done), done, 0, 0) });
                }

                return new DimseResponse(DimseStatus.Success) { SubOperations = new(null, done, 0, 0) };
            },
        };
        TestHandler receiver = new();
        await using TestScp scp = new(handler: server);
        DicomClientOptions options = ScriptedScp.Options(scp.Port) with
        {
            Contexts = ProposedContexts.Number([(StudyRootGet, [DicomUids.ImplicitVrLittleEndian]), (SampleObject.CtImageStorage, [DicomUids.ExplicitVrLittleEndian])]),
            Roles = [new(SampleObject.CtImageStorage, false, true)],
            Handler = receiver,
        };
        await using ClientAssociation association = await DicomClient.ConnectAsync(options);
        PresentationContext get = association.Association.FindContext(StudyRootGet)!;
        List<DimseResponse> responses = [];
        await foreach (DimseResponse response in association.StreamAsync(get, new() { Field = CommandField.CGetRequest, AffectedSopClassUid = StudyRootGet, Priority = Priority.Medium }, DataSetSource.From(new byte[8])))
        {
            responses.Add(response);
        }

        Assert.Equal(11, responses.Count);
        Assert.Equal((ushort)10, responses[^1].SubOperations!.Value.Completed);
        Assert.Equal(samples.Select(s => s.SopInstance), receiver.Stored.Select(s => s.Command.AffectedSopInstanceUid));
        Assert.Equal(samples[3].DataSet, receiver.Stored.ElementAt(3).DataSet);
        await association.ReleaseAsync();
    }

    [Fact]
    public async Task LeavingTheResponsesEarlyCancels()
    {
        TaskCompletionSource<bool> cancelled = new();
        TestHandler handler = new()
        {
            Handle = async (_, responder, ended) =>
            {
                while (!responder.CancelRequested.IsCancellationRequested)
                {
                    await responder.SendPendingAsync(DimseStatus.Pending);
                    await Task.Delay(1, ended);
                }

                cancelled.SetResult(true);
                return DimseStatus.Cancel;
            },
        };
        await using TestScp scp = new(handler: handler);
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        int seen = 0;
        await foreach (DimseResponse _ in association.StreamAsync(association.Association.Contexts[0], new() { Field = CommandField.CFindRequest, AffectedSopClassUid = "1.2" }))
        {
            if (++seen == 3)
            {
                break;
            }
        }

        Assert.True(await cancelled.Task.WaitAsync(TimeSpan.FromMinutes(1)));
        Assert.True((await association.EchoAsync()).IsSuccess);
        await association.ReleaseAsync();
    }

    [Fact]
    public async Task NormalizedServicesCarryTheirElements()
    {
        TestHandler handler = new()
        {
            Handle = (request, _, _) => ValueTask.FromResult<DimseResponse?>(new DimseResponse(DimseStatus.Success) { DataSet = request.DataSet.ToArray() }),
        };
        await using TestScp scp = new(handler: handler);
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        DimseResponse response = await association.InvokeAsync(
            association.Association.Contexts[0],
            new() { Field = CommandField.NActionRequest, RequestedSopClassUid = "1.2", RequestedSopInstanceUid = "1.2.3", ActionTypeId = 1 },
            DataSetSource.From(new byte[100_000]));
        Assert.Equal(((ushort)1, "1.2.3", 100_000), (response.ActionTypeId!.Value, response.AffectedSopInstanceUid, response.DataSet.Length));
        await association.ReleaseAsync();
    }

    [Fact]
    public async Task IdentitiesExtendedItemsAndTheWindowAreNegotiated()
    {
        await using TestScp scp = new(policy: new TestPolicy
        {
            First = request => ValueTask.FromResult<AssociationDecision?>(new AssociationAcceptance
            {
                Contexts = [.. request.Contexts.Select(c => ContextAnswer.Accept(c, c.TransferSyntaxes[0]))],
                ExtendedNegotiations = request.UserInformation.ExtendedNegotiations,
                UserIdentityResponse = "ticket"u8.ToArray(),
            }),
        });
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port) with
        {
            UserIdentity = new(UserIdentityType.UserName, true, "user"u8.ToArray(), default),
            ExtendedNegotiations = [new("1.2", new byte[] { 1 })],
        });
        Assert.Equal("ticket"u8.ToArray(), association.Association.Answer.UserIdentityResponse!.Value.ToArray());
        Assert.Equal("1.2", Assert.Single(association.Association.Answer.ExtendedNegotiations).SopClass);
        Assert.Equal("user"u8.ToArray(), Assert.Single(scp.Policy.Seen).UserInformation.UserIdentity!.Primary.ToArray());
        await association.ReleaseAsync();
    }

    [Fact]
    public async Task TlsSlidesIn()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 certificate = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        await using TestScp scp = new(o => o with { Transport = Transports.TlsServer(new SslServerAuthenticationOptions { ServerCertificate = certificate }), ArtimTimeout = TimeSpan.FromSeconds(5) });
        Transport client = Transports.TlsClient(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString() });
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port) with { Transport = client });
        SampleObject sample = new(1, 1_000_000);
        Assert.True((await association.StoreAsync(sample.SopClass, sample.SopInstance, sample.TransferSyntax, DataSetSource.From(sample.DataSet))).IsSuccess);
        Assert.Equal(sample.DataSet, Assert.Single(scp.Handler.Stored).DataSet);
        await association.ReleaseAsync();

        using ScriptedPeer plain = await ScriptedPeer.ConnectAsync(scp.Port);
        await plain.SendAsync(PduCodec.EncodeAssociateRequest(ScriptedPeer.Request()));
        await Assert.ThrowsAnyAsync<Exception>(() => plain.ExpectAsync(PduType.AssociateAccept));
    }

    [Fact]
    public async Task StopFinishesWhatIsInProgress()
    {
        TaskCompletionSource<DimseStatus> durable = new();
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await using TestScp scp = new(handler: new TestHandler
        {
            Sink = _ =>
            {
                begun.SetResult();
                return new WaitingSink(durable.Task);
            },
        });
        await using ClientAssociation busy = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        await using ClientAssociation quiet = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        Task<DimseStatus> storing = busy.StoreAsync(SampleObject.CtImageStorage, "1.2", DicomUids.ExplicitVrLittleEndian, DataSetSource.From(new byte[100])).AsTask();
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Task stopping = scp.Server.StopAsync(TimeSpan.FromMinutes(2));
        await UntilAsync(() => !quiet.IsOpen, "the quiet association does not end");
        Assert.False(storing.IsCompleted);
        durable.SetResult(DimseStatus.Success);
        Assert.True((await storing).IsSuccess);
        await stopping.WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task StopAbortsAtTheDeadline()
    {
        TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        TestHandler handler = new()
        {
            Handle = async (_, _, ended) =>
            {
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, ended);
                return null;
            },
        };
        await using TestScp scp = new(handler: handler);
        await using ClientAssociation association = await DicomClient.ConnectAsync(ScriptedScp.Options(scp.Port));
        Task<DimseResponse> pending = association.InvokeAsync(association.Association.Contexts[0], new() { Field = CommandField.CFindRequest, AffectedSopClassUid = "1.2" }).AsTask();
        await begun.Task.WaitAsync(TimeSpan.FromMinutes(1));
        await scp.Server.StopAsync(TimeSpan.FromMilliseconds(200)).WaitAsync(TimeSpan.FromMinutes(1));
        await Assert.ThrowsAsync<AssociationAbortedException>(() => pending);
        Assert.Equal(0, scp.Metrics.AssociationsOpen);
    }

    [Fact]
    public async Task HeartbeatAndPortInUse()
    {
        await using TestScp scp = new();
        await Task.Delay(3000);
        await UntilAsync(() => scp.Server.SinceHeartbeat < TimeSpan.FromSeconds(2.5), "the heart does not beat");
        await using DicomServer second = new(scp.Server.Options with { ListenOn = scp.Server.LocalEndPoint! }, scp.Policy, scp.Handler);
        Assert.Equal(Core.Errors.ErrorCode.DicomPortInUse, Assert.Throws<Core.Errors.EdgeException>(second.Start).Code);
    }

    private static async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        for (int i = 0; !condition(); i++)
        {
            Assert.True(i < 6000, otherwise);
            await Task.Delay(10);
        }
    }

    private sealed class WaitingSink(Task<DimseStatus> durable) : IObjectSink
    {
        public ValueTask WriteAsync(ReadOnlyMemory<byte> fragment) => default;

        public ValueTask<DimseStatus> CompleteAsync() => new(durable);

        public ValueTask AbortAsync() => default;
    }
}
