using System.Net;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Ports;
using Edge.Rest.Clients;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>What the answers of a peer mean for what is sent to it.</summary>
public sealed class PeerSenderTests
{
    [Theory]
    [InlineData(200, "{\"Status\":\"Success\"}", SendStatus.Sent, true)]
    [InlineData(200, "{\"Status\":\"AlreadyStored\"}", SendStatus.Sent, true)]
    [InlineData(200, "thanks", SendStatus.Sent, true)]
    [InlineData(200, "{\"Status\":\"FilteredOut\"}", SendStatus.PermanentFailure, true)]
    [InlineData(400, "", SendStatus.PermanentFailure, true)]
    [InlineData(401, "", SendStatus.TransientFailure, false)]
    [InlineData(503, "", SendStatus.TransientFailure, false)]
    [InlineData(507, "", SendStatus.TransientFailure, false)]
    public async Task AnAnswerIsTheInstancesFaultOrThePeers(int status, string body, SendStatus expected, bool goesOn)
    {
        int port = Free();
        using HttpListener peer = new();
        peer.Prefixes.Add($"http://127.0.0.1:{port}/orthanc/");
        peer.Start();
        List<string> received = [];
        Task serving = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    HttpListenerContext request = await peer.GetContextAsync();
                    using StreamReader reader = new(request.Request.InputStream, Encoding.ASCII);
                    received.Add($"{request.Request.HttpMethod} {request.Request.Url!.AbsolutePath} {request.Request.ContentType} {await reader.ReadToEndAsync()}");
                    request.Response.StatusCode = status;
                    byte[] answer = Encoding.ASCII.GetBytes(body);
                    await request.Response.OutputStream.WriteAsync(answer);
                    request.Response.Close();
                }
            }
            catch (Exception e) when (e is HttpListenerException or InvalidOperationException)
            {
                // The end of the test: stopped while it waited, or before it asked for the next request.
            }
        });
        List<SendResult> results = [];
        await foreach (SendResult result in new PeerSender(new HttpClientOptions()).SendAsync(new PeerOptions { Url = $"http://127.0.0.1:{port}/orthanc/" }, [new Sample("1"), new Sample("2")]))
        {
            results.Add(result);
        }

        peer.Stop();
        await serving;
        Assert.All(results, result => Assert.Equal(expected, result.Status));
        Assert.Equal(2, results.Count);
        Assert.Equal(goesOn ? 2 : 1, received.Count); // what is the peer's fault is asked once
        Assert.Equal("POST /orthanc/instances application/dicom file 1", received[0]);
        Assert.All(results, static result => Assert.Equal(result.Status == SendStatus.TransientFailure, result.Failure?.Code == ErrorCode.NetworkProtocol));
    }

    [Fact]
    public async Task APeerThatIsNotThereIsAnOutage()
    {
        List<SendResult> results = [];
        await foreach (SendResult each in new PeerSender(new HttpClientOptions()).SendAsync(new PeerOptions { Url = $"http://127.0.0.1:{Free()}/" }, [new Sample("1")]))
        {
            results.Add(each);
        }

        SendResult result = Assert.Single(results);
        Assert.Equal((SendStatus.TransientFailure, ErrorCode.NetworkProtocol), (result.Status, result.Failure!.Code));
    }

    private static int Free()
    {
        using System.Net.Sockets.TcpListener probe = new(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    private sealed class Sample : OutgoingFile
    {
        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        public Sample(string id) => (PublicId, SopClassUid, SopInstanceUid, TransferSyntaxUid) = (id, "1.2", id, "1.2.840.10008.1.2.1");

        public override ValueTask<Stream> OpenDataSetAsync(CancellationToken cancellation) => throw new InvalidOperationException("a peer takes files");

        public override ValueTask<Stream> OpenFileAsync(CancellationToken cancellation) => ValueTask.FromResult<Stream>(new MemoryStream(Encoding.ASCII.GetBytes($"file {PublicId}")));
    }
}
