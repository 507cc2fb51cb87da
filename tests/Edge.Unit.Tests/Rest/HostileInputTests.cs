using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>Input that no honest client sends: the defined refusal, and a server that goes on.</summary>
public sealed class HostileInputTests
{
    private const string Close = "Connection: close\r\n\r\n";

    [Theory]
    [InlineData("GET /system HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: foo\r\n\r\nabcd", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", "400")]
    [InlineData("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc", "400")]
    [InlineData("GET /system HTTP/1.1\r\n\r\n", "400")]
    [InlineData("GET /system HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n", "400")]
    [InlineData("GET /system HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", "400")]
    [InlineData("GET /system HTTP/9.9\r\nHost: a\r\n\r\n", "505")]
    [InlineData("nonsense\r\n\r\n", "400")]
    [InlineData("GET /a/%00 HTTP/1.1\r\nHost: a\r\n\r\n", "400")]
    [InlineData("GET /a/%ff/d HTTP/1.1\r\nHost: a\r\n\r\n", "400")]
    [InlineData("GET /a/../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "400")]
    public async Task MalformedRequestsAreRefused(string request, string status)
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        string answer = await toy.RawAsync(request, 4000);
        Assert.StartsWith($"HTTP/1.1 {status}", answer);
        Assert.Contains("\"Name\"", await toy.Client.GetStringAsync("/system"));
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task ContentLengthBesideChunkedIsNotASecondRequest()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        string answer = await toy.RawAsync("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /who HTTP/1.1\r\nHost: a\r\n" + Close, 4000);
        Assert.DoesNotContain("@127.0.0.1", answer);
    }

    [Theory]
    [InlineData(200, 400, "431")]
    [InlineData(1, 100_000, "431")]
    public async Task HugeHeadersAreRefused(int count, int size, string status)
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        StringBuilder request = new("GET /system HTTP/1.1\r\nHost: a\r\n");
        for (int i = 0; i < count; i++)
        {
            request.Append($"X-{i}: {new string('x', size)}\r\n");
        }

        Assert.StartsWith($"HTTP/1.1 {status}", await toy.RawAsync(request + Close, 4000));
    }

    [Fact]
    public async Task MutatedRequestsLeaveTheServerHealthy()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        const string valid = "POST /tools/find?expand=true&a=%41 HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=b\r\nAccept: application/xml\r\nContent-Length: 17\r\n\r\n{\"Level\":\"Study\"}";
        uint seed = 1;
        int Next(int below)
        {
            seed = (seed * 1664525) + 1013904223;
            return (int)((seed >> 8) % (uint)below);
        }

        for (int i = 0; i < 300; i++)
        {
            char[] request = valid.ToCharArray();
            for (int change = Next(6); change >= 0; change--)
            {
                request[Next(request.Length)] = (char)Next(256);
            }

            string sent = new string(request)[..(request.Length - Next(4) * Next(30))];
            string answer = await toy.RawAsync(sent, 5000, static socket =>
            {
                socket.Shutdown(SocketShutdown.Send);
                return Task.CompletedTask;
            });
            Assert.False(answer.Contains(" 500 ") || answer.Contains("[open]"), $"{sent}\n{answer}\n{string.Join('\n', toy.Log.Lines)}");
        }

        Assert.Contains("\"Name\"", await toy.Client.GetStringAsync("/system"));
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task JsonWhoseIndexExceedsTheBudgetIsRefusedAtOnce()
    {
        await using ToyServer toy = await ToyServer.StartAsync(budget: 1 << 20);
        HttpResponseMessage answer = await toy.Client.PostAsync("/tools/find", new StringContent("[" + string.Join(',', Enumerable.Repeat('0', 200_000)) + "]"));
        Assert.Equal(413, (int)answer.StatusCode);
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task AHugeUriIsRefused()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        Assert.StartsWith("HTTP/1.1 414", await toy.RawAsync($"GET /{new string('a', 100_000)} HTTP/1.1\r\nHost: a\r\n{Close}", 4000));
    }

    [Fact]
    public async Task AQueryOfManyArgumentsIsRefused()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        HttpResponseMessage answer = await toy.Client.GetAsync("/query?" + string.Join('&', Enumerable.Range(0, 1000).Select(i => $"a{i}")));
        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Fact]
    public async Task PipelinedRequestsAreAnsweredInOrder()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        string answer = await toy.RawAsync(
            "GET /slow HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nfirstGET /nope HTTP/1.1\r\nHost: a\r\n\r\nGET http://a/tools/now HTTP/1.1\r\nHost: a\r\n" + Close, 4000);
        int[] at = [answer.IndexOf("done", StringComparison.Ordinal), answer.IndexOf("first", StringComparison.Ordinal), answer.IndexOf("\"Uri\": \"/nope\"", StringComparison.Ordinal), answer.IndexOf("20260101T", StringComparison.Ordinal)];
        Assert.DoesNotContain(-1, at);
        Assert.Equal(at.Order(), at);
        Assert.DoesNotContain("[open]", answer);
    }

    [Fact]
    public async Task ASlowBodyIsRefused()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => (o.RequestTimeout, o.MinimumBodyRate) = (2, 1000));
        string answer = await toy.RawAsync("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", 8000);
        Assert.StartsWith("HTTP/1.1 408", answer);
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task SlowHeadersAreRefused()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.RequestTimeout = 1);
        Assert.StartsWith("HTTP/1.1 408", await toy.RawAsync("GET /system HTTP/1.1\r\nHost:", 6000));
    }

    [Fact]
    public async Task ASilentConnectionIsClosedAfterTheKeepAliveTime()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        string answer = await toy.RawAsync("GET /system HTTP/1.1\r\nHost: a\r\n\r\n", 7000);
        Assert.StartsWith("HTTP/1.1 200", answer);
        Assert.DoesNotContain("[open]", answer);
    }

    [Fact]
    public async Task AClientThatGoesAwayCancelsItsRequest()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        await toy.RawAsync("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n", 50, static socket =>
        {
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
            return Task.CompletedTask;
        }).ContinueWith(static _ => { });
        for (int i = 0; i < 50 && toy.Pipeline.ActiveRequests > 0; i++)
        {
            await Task.Delay(20);
        }

        Assert.Equal(0, toy.Pipeline.ActiveRequests);
        Assert.DoesNotContain(toy.Log.Lines, static line => line.Level == Edge.Rest.Hosting.RestLogLevel.Error);
    }

    [Fact]
    public async Task AnAbortedUploadGivesItsBytesBack()
    {
        await using ToyServer toy = await ToyServer.StartAsync();
        await toy.RawAsync("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabc", 10, static async socket =>
        {
            await Task.Delay(100);
            socket.Shutdown(SocketShutdown.Both);
        });
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task ExhaustedBudgetIs503AndThenRecovers()
    {
        await using ToyServer toy = await ToyServer.StartAsync(o => o.BudgetPatience = TimeSpan.FromMilliseconds(200), budget: 1 << 20);
        Assert.True(toy.Pipeline.Budget.TryReserve(1 << 20));
        HttpResponseMessage refused = await toy.Client.PostAsync("/echo", new ByteArrayContent(new byte[1000]));
        Assert.Equal(503, (int)refused.StatusCode);
        toy.Pipeline.Budget.Release(1 << 20);
        Assert.Equal(200, (int)(await toy.Client.PostAsync("/echo", new ByteArrayContent(new byte[1000]))).StatusCode);
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task ManyUploadsShareTheBudget()
    {
        await using ToyServer toy = await ToyServer.StartAsync(budget: 2 << 20);
        byte[] body = new byte[900_000];
        HttpResponseMessage[] answers = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => toy.Client.PostAsync("/echo", new ByteArrayContent(body))));
        Assert.All(answers, static a => Assert.Equal(200, (int)a.StatusCode));
        await toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task ALargeUploadStreamsInBoundedMemory()
    {
        await using ToyServer toy = await ToyServer.StartAsync(budget: 1 << 20);
        const long size = 256L << 20;
        using StreamContent content = new(new ZeroStream(size), 1 << 16);
        content.Headers.ContentLength = size;
        long before = GC.GetTotalMemory(true);
        HttpResponseMessage answer = await toy.Client.PostAsync("/instances", content);
        Assert.Equal(size.ToString(), await answer.Content.ReadAsStringAsync());
        Assert.True(GC.GetTotalMemory(false) - before < 40 << 20);
    }

    [Fact]
    public async Task StoppingLetsRunningRequestsEnd()
    {
        ToyServer toy = await ToyServer.StartAsync();
        Task<string> running = toy.Client.GetStringAsync("/slow");
        while (toy.Pipeline.ActiveRequests == 0)
        {
            await Task.Delay(5);
        }

        await toy.Server.StopAsync();
        Assert.Equal("done", await running);
        await Assert.ThrowsAsync<HttpRequestException>(() => toy.Client.GetStringAsync("/system"));
        await toy.DisposeAsync();
    }

    private sealed class ZeroStream(long length) : Stream
    {
        private long _left = length;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            int read = (int)Math.Min(count, _left);
            _left -= read;
            return read;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
