using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Metrics;
using Edge.Engine.Scripting;
using Edge.Rest.Hosting;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>Who is let in, and the server's other faces: TLS, compression, metrics, in-process requests.</summary>
public sealed class AccessTests
{
    [Theory]
    [InlineData(null, 401)]
    [InlineData("Basic YWxpY2U6c2VjcmV0", 200)] // alice:secret
    [InlineData("basic YWxpY2U6c2VjcmV0", 200)]
    [InlineData("Basic YWxpY2U6d3Jvbmc=", 401)]
    [InlineData("Basic !!!", 401)]
    [InlineData("Basic YWxpY2U=", 401)]
    [InlineData("Digest x", 401)]
    [InlineData("Bearer token", 200)]
    [InlineData("Bearer other", 401)]
    public async Task Credentials(string? header, int status)
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.AuthenticationEnabled = true, credentials: new Store());
        for (int i = 0; i < 2; i++)
        {
            HttpRequestMessage request = new(HttpMethod.Get, "/who");
            if (header is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", header);
            }

            HttpResponseMessage answer = await toy.Client.SendAsync(request);
            Assert.Equal(status, (int)answer.StatusCode);
            if (status == 200)
            {
                Assert.Equal("alice@127.0.0.1", await answer.Content.ReadAsStringAsync());
            }
            else
            {
                Assert.Equal("Basic realm=\"Orthanc Secure Area\"", answer.Headers.WwwAuthenticate.ToString());
                Assert.Equal(0, answer.Content.Headers.ContentLength);
            }
        }
    }

    [Fact]
    public async Task AVerifiedCredentialIsRememberedUntilTheUsersChange()
    {
        Store store = new();
        await using ToyServer toy = await ToyServer.StartAsync(o => o.AuthenticationEnabled = true, credentials: store);
        toy.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("alice:secret"u8));
        await toy.Client.GetStringAsync("/who");
        await toy.Client.GetStringAsync("/who");
        Assert.Equal(1, store.Verifications);
        store.Version = 1;
        await toy.Client.GetStringAsync("/who");
        Assert.Equal(2, store.Verifications);
    }

    [Fact]
    public async Task GuessingIsSlowedDown()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.AuthenticationEnabled = true, credentials: new Store());
        toy.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("alice:no"u8));
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < 6; i++)
        {
            Assert.Equal(401, (int)(await toy.Client.GetAsync("/who")).StatusCode);
        }

        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalMilliseconds, 300, 5000); // 50 + 100 + 200 after three free attempts
    }

    [Fact]
    public async Task TheUserNameIsRecordedWithoutAuthentication()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        toy.Client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String("bob:x"u8));
        Assert.Equal("bob@127.0.0.1", await toy.Client.GetStringAsync("/who"));
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task WithoutRemoteAccessOnlyLoopbackIsBound(bool remote, bool loopback)
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.RemoteAccessAllowed = remote);
        Assert.Equal(loopback, IPAddress.IsLoopback(toy.Server.EndPoints[0].Address));
    }

    [Fact]
    public async Task TheFilterRefusesWith403()
    {
        await using ToyServer toy = await ToyServer.StartAsync(filter: new Filter());
        HttpResponseMessage answer = await toy.Client.GetAsync("/who");
        Assert.Equal(403, (int)answer.StatusCode);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
        Assert.Equal(200, (int)(await toy.Client.GetAsync("/system")).StatusCode);
    }

    [Fact]
    public async Task APortInUseIsNamed()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => ToyServer.StartAsync(o => o.EndPoints = [new IPEndPoint(IPAddress.Loopback, toy.Port)]));
        Assert.Equal(ErrorCode.HttpPortInUse, failure.Code);
        Assert.Contains(toy.Port.ToString(), failure.Detail);
    }

    [Theory]
    [InlineData("gzip, deflate", "gzip")]
    [InlineData("deflate", "deflate")]
    [InlineData("gzip;q=0, deflate", "deflate")]
    [InlineData("br", null)]
    [InlineData(null, null)]
    public async Task LargeAnswersAreCompressedWhereEnabled(string? accept, string? encoding)
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.CompressionEnabled = true);
        HttpRequestMessage request = new(HttpMethod.Get, "/big");
        HttpRequestMessage small = new(HttpMethod.Get, "/system");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
            small.Headers.TryAddWithoutValidation("Accept-Encoding", accept);
        }

        HttpResponseMessage answer = await toy.Client.SendAsync(request);
        Assert.Equal(encoding, answer.Content.Headers.ContentEncoding.SingleOrDefault());
        Stream body = await answer.Content.ReadAsStreamAsync();
        using Stream plain = encoding switch
        {
            "gzip" => new GZipStream(body, CompressionMode.Decompress),
            "deflate" => new ZLibStream(body, CompressionMode.Decompress),
            _ => body,
        };
        Assert.Equal(new string('a', 100_000), await new StreamReader(plain).ReadToEndAsync());
        Assert.Empty((await toy.Client.SendAsync(small)).Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task CompressionIsOffByDefault()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        toy.Client.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Encoding", "gzip");
        Assert.Empty((await toy.Client.GetAsync("/big")).Content.Headers.ContentEncoding);
    }

    [Fact]
    public async Task WithoutKeepAliveTheConnectionCloses()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.KeepAlive = false);
        string answer = await toy.RawAsync("GET /system HTTP/1.1\r\nHost: a\r\n\r\n", 2000);
        Assert.Contains("Connection: close\r\n", answer);
        Assert.DoesNotContain("[open]", answer);
    }

    [Fact]
    public async Task ErrorsMayBeLeftUndescribed()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.DescribeErrors = false);
        HttpResponseMessage answer = await toy.Client.GetAsync("/nope");
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task HttpsIsServed()
    {
        using RSA key = RSA.Create(2048);
        using X509Certificate2 made = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        ListLog log = new();
        await using ToyServer toy = await ToyServer.StartAsync(
            connection: TlsConnection.Middleware(() => new SslServerAuthenticationOptions { ServerCertificate = made }, TimeSpan.FromSeconds(30), log));
        Assert.Contains("\"Name\"", await toy.Client.GetStringAsync("/system"));
        byte[] body = new byte[500_000];
        Assert.Equal(body, await (await toy.Client.PostAsync("/echo", new ByteArrayContent(body))).Content.ReadAsByteArrayAsync());
        string refused = await toy.RawAsync("GET /system HTTP/1.1\r\nHost: a\r\n\r\n", 4000);
        Assert.DoesNotContain("HTTP/1.1 200", refused);
        for (int i = 0; i < 1000 && log.Lines.IsEmpty; i++)
        {
            await Task.Delay(10); // the client may see the end before the server has said so
        }

        Assert.Contains(log.Lines, static line => line.Message.StartsWith("TLS handshake failed", StringComparison.Ordinal));
        Assert.Contains("\"Name\"", await toy.Client.GetStringAsync("/system"));
    }

    [Fact]
    public async Task TheServerMeasuresItself()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        await toy.Client.GetStringAsync("/slow");
        toy.Metrics.Counter("a_counter").Add(3);
        toy.Metrics.Gauge("b_gauge", static () => 1.5);
        System.Buffers.ArrayBufferWriter<byte> text = new();
        MetricsText.Write(toy.Metrics, text, DateTimeOffset.FromUnixTimeMilliseconds(1000));
        string[] lines = Encoding.UTF8.GetString(text.WrittenSpan).Split('\n');
        Assert.Equal("a_counter 3 1000", lines[0]);
        Assert.Equal("b_gauge 1.5 1000", lines[1]);
        Assert.Equal("orthanc_rest_api_active_requests 1 1000", lines[2]);
        Assert.StartsWith("orthanc_rest_api_duration_ms ", lines[3]);
        Assert.InRange(int.Parse(lines[3].Split(' ')[1]), 250, 60_000);
        Assert.Throws<ArgumentException>(() => toy.Metrics.Counter("a_counter"));
    }

    [Fact]
    public void ExtremesForgetNothingWithinTheirSecond()
    {
        RecentExtreme maximum = new("m");
        RecentExtreme minimum = new("n", smallest: true);
        Assert.Equal(0, maximum.Read());
        foreach (int value in (int[])[5, 9, 7])
        {
            maximum.Record(value);
            minimum.Record(value);
        }

        Assert.Equal(9, maximum.Read());
        Assert.Equal(5, minimum.Read());
    }

    [Fact]
    public async Task TheWatchdogSeesALivingServer()
    {
        ToyServer toy = await ToyServer.StartAsync();
        Assert.True(await toy.Server.Heartbeat.ProbeAsync(TimeSpan.FromSeconds(2)));
        Assert.InRange(toy.Server.Heartbeat.Age, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        await toy.DisposeAsync();
        Assert.False(await toy.Server.Heartbeat.ProbeAsync(TimeSpan.FromMilliseconds(500)));
    }

    [Theory]
    [InlineData("GET", "/tools/now", "", 200, "20260101T000000")]
    [InlineData("GET", "nope", "", 404, null)]
    [InlineData("PUT", "/tools/metrics", "xyz", 200, "xyz")]
    [InlineData("POST", "/echo", "abc", 200, "abc")]
    [InlineData("DELETE", "/studies/x", "", 404, "")]
    [InlineData("GET", "/who", "", 200, "@127.0.0.1")]
    [InlineData("GET", "/fail/unexpected", "", 500, null)]
    public async Task InProcessRequestsUseTheSameRoutes(string method, string uri, string body, int status, string? expected)
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.AuthenticationEnabled = true, filter: new Filter(), credentials: new Store());
        InternalInvoker invoker = new(toy.Pipeline);
        RestReply reply = await invoker.InvokeAsync(method, uri, Encoding.UTF8.GetBytes(body), null, false, CancellationToken.None);
        Assert.Equal(status, reply.Status);
        Assert.Equal(status == 200, reply.Succeeded);
        if (expected is not null)
        {
            Assert.Equal(expected, Encoding.UTF8.GetString(reply.Body.Span));
        }
    }

    [Fact]
    public async Task InProcessListsAndRangesWork()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        InternalInvoker invoker = new(toy.Pipeline);
        RestReply list = await invoker.InvokeAsync("GET", "/list", default, null, false, CancellationToken.None);
        using var json = System.Text.Json.JsonDocument.Parse(list.Body);
        Assert.Equal(20_000, json.RootElement.GetArrayLength());
        RestReply range = await invoker.InvokeAsync("GET", "/instances/x/file", default, new Dictionary<string, string> { ["range"] = "bytes=1-2" }, false, CancellationToken.None);
        Assert.Equal((206, "12"), (range.Status, Encoding.UTF8.GetString(range.Body.Span)));
    }

    private sealed class Store : ICredentialStore
    {
        public long Version { get; set; }

        public int Verifications { get; private set; }

        public ValueTask<bool> VerifyAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancellation)
        {
            Verifications++;
            return ValueTask.FromResult(user == "alice" & CryptographicOperations.FixedTimeEquals(password.Span, "secret"u8));
        }

        public ValueTask<string?> FindBearerAsync(string token, CancellationToken cancellation) => ValueTask.FromResult(token == "token" ? "alice" : null);
    }

    private sealed class Filter : IRequestFilter
    {
        public ValueTask<bool> AllowAsync(RestRequest request) => ValueTask.FromResult(request.Path != "/who");
    }
}
