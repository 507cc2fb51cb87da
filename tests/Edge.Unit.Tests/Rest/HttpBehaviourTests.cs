using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Xunit;

namespace Edge.Unit.Tests.Rest;

/// <summary>What clients see on the wire, case by case as on a running Orthanc.</summary>
public sealed class HttpBehaviourTests : IAsyncLifetime
{
    private ToyServer _toy = null!;

    public async ValueTask InitializeAsync() => _toy = await ToyServer.StartAsync();

    public async ValueTask DisposeAsync() => await _toy.DisposeAsync();

    [Fact]
    public async Task JsonIsIndentedByThreeAndEscapesAsOrthanc()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/system");
        Assert.Equal("application/json; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal("{\n   \"Name\": \"caf\\u00e9 <&+>\",\n   \"StorageAreaPlugin\": null\n}", await answer.Content.ReadAsStringAsync());
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("timeout=1", answer.Headers.GetValues("Keep-Alive").Single());
        Assert.Equal("keep-alive", answer.Headers.Connection.Single());
        Assert.NotNull(answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task AnUnknownUriIsDescribed()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/nope?x=1");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Equal("text/plain", answer.Content.Headers.ContentType!.ToString());
        string text = await answer.Content.ReadAsStringAsync();
        Assert.StartsWith("{\n\t\"HttpError\"", text);
        Assert.EndsWith("}\n", text);
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Equal(
            ["HttpError=Not Found", "HttpStatus=404", "Message=Unknown resource", "Method=GET", "OrthancError=Unknown resource", "OrthancStatus=17", "Uri=/nope"],
            json.RootElement.EnumerateObject().Select(p => $"{p.Name}={p.Value}"));
    }

    [Theory]
    [InlineData("DELETE", "/tools/metrics", "GET,PUT")]
    [InlineData("POST", "/tools", "GET")]
    [InlineData("PUT", "/studies/x", "GET,DELETE")]
    public async Task AnotherMethodIsRefusedWithAllow(string method, string uri, string allow)
    {
        HttpResponseMessage answer = await _toy.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), uri));
        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
        Assert.Equal(allow, string.Join(',', answer.Content.Headers.Allow));
        Assert.Equal(0, answer.Content.Headers.ContentLength);
    }

    [Fact]
    public async Task GetOnAPostRouteIsRefused()
    {
        string answer = await _toy.RawAsync("GET /instances HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 405 ", answer);
        Assert.Contains("\r\nAllow: POST\r\n", answer);
    }

    [Fact]
    public async Task AnIntermediateUriListsItsChildren() =>
        Assert.Equal("[\n   \"find\",\n   \"metrics\",\n   \"now\"\n]", await _toy.Client.GetStringAsync("/tools/"));

    [Theory]
    [InlineData("HEAD", "/system", 404)]
    [InlineData("OPTIONS", "/system", 404)]
    [InlineData("PROPFIND", "/nope", 404)]
    [InlineData("FOO", "/system", 400)]
    [InlineData("PROPFIND", "/webdav/x", 200)]
    public async Task ForeignVerbs(string method, string uri, int status)
    {
        HttpResponseMessage answer = await _toy.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), uri));
        Assert.Equal(status, (int)answer.StatusCode);
        if (status == 404)
        {
            Assert.Empty(await answer.Content.ReadAsByteArrayAsync());
        }
    }

    [Theory]
    [InlineData("/tools/metrics?_method=PUT", null, 200)]
    [InlineData("/tools/metrics?_method=POST", null, 400)]
    [InlineData("/studies/x?_method=DELETE", null, 404)]
    [InlineData("/tools/metrics", "PUT", 200)]
    [InlineData("/tools/metrics", "DELETE", 405)]
    [InlineData("/tools/metrics", "FOO", 400)]
    public async Task MethodsCanBeOverridden(string uri, string? header, int status)
    {
        HttpRequestMessage request = new(HttpMethod.Get, uri);
        if (header is not null)
        {
            request.Headers.Add("X-HTTP-Method-Override", header);
        }

        Assert.Equal(status, (int)(await _toy.Client.SendAsync(request)).StatusCode);
    }

    [Theory]
    [InlineData("GET", "/studies/x", 404)]
    [InlineData("DELETE", "/studies/x", 404)]
    [InlineData("POST", "/studies/x/anonymize", 400)]
    [InlineData("GET", "/fail/none", 404)]
    public async Task DeclinedRequestsHaveNoBody(string method, string uri, int status)
    {
        HttpResponseMessage answer = await _toy.Client.SendAsync(new HttpRequestMessage(new HttpMethod(method), uri));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(0, answer.Content.Headers.ContentLength);
        Assert.Null(answer.Content.Headers.ContentType);
    }

    [Theory]
    [InlineData("unexpected", 500, -1, null)]
    [InlineData("memory", 500, 4, null)]
    [InlineData("json", 400, 15, "The JSON of the request is not valid")]
    [InlineData("type", 400, 8, "A field of the request's JSON has an unexpected type")]
    [InlineData("number", 400, 5, "A value of the request cannot be parsed")]
    [InlineData("full", 507, 19, null)]
    [InlineData("detail", 400, 3, "the \"detail\"")]
    public async Task FailuresAreTranslated(string kind, int status, int code, string? details)
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/fail/" + kind);
        Assert.Equal(status, (int)answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("secret", text);
        using JsonDocument json = JsonDocument.Parse(text);
        Assert.Equal(code, json.RootElement.GetProperty("OrthancStatus").GetInt32());
        Assert.Equal(details, json.RootElement.TryGetProperty("Details", out JsonElement value) ? value.GetString() : null);
        if (kind == "unexpected")
        {
            Assert.Contains(_toy.Log.Lines, line => line.Failure is InvalidOperationException { Message: "secret" });
        }
    }

    [Fact]
    public async Task AFaceMayHaveItsOwnFailures() => Assert.Equal(418, (int)(await _toy.Client.GetAsync("/api/fail")).StatusCode);

    [Theory]
    [InlineData("{\"Level\":\"Study\"}", 200, 0)]
    [InlineData("/* c */ {\"Level\":\"Study\"} // d", 200, 0)]
    [InlineData("\uFEFF{\"Level\":\"Study\"}", 200, 0)]
    [InlineData("{\"Level\":5}", 400, 15)]
    [InlineData("{}", 400, 15)]
    [InlineData("[]", 400, 15)]
    [InlineData("{nope", 400, 15)]
    [InlineData("", 400, 15)]
    [InlineData("{\"Level\":\"\\ud800\"}", 400, 15)]
    [InlineData("{\"Level\":\"\\ud83d\\ude00 \\\\ud800\"}", 200, 0)]
    public async Task JsonBodies(string body, int status, int code)
    {
        HttpResponseMessage answer = await _toy.Client.PostAsync("/tools/find", new StringContent(body));
        Assert.Equal(status, (int)answer.StatusCode);
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(code, code == 0 ? 0 : json.RootElement.GetProperty("OrthancStatus").GetInt32());
    }

    [Fact]
    public async Task JsonThatIsNoUtf8IsRefused()
    {
        HttpResponseMessage answer = await _toy.Client.PostAsync("/tools/find", new ByteArrayContent([.. "{\"Level\":\""u8, 0xff, .. "\"}"u8]));
        Assert.Equal(400, (int)answer.StatusCode);
        Assert.Contains("\"OrthancStatus\": 15", await answer.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task TooDeepJsonIsRefused()
    {
        HttpResponseMessage answer = await _toy.Client.PostAsync("/tools/find", new StringContent(new string('[', 100_000)));
        Assert.Equal(400, (int)answer.StatusCode);
    }

    [Theory]
    [InlineData("", "False,False,-1,", 200)]
    [InlineData("?expand&full=false&since=12&text=a%20b%2Bc+d%C3%A9", "True,True,12,a b+c d\u00e9", 200)]
    [InlineData("?expand=1&&text=%zz", "True,False,-1,%zz", 200)]
    [InlineData("?expand=0", "False,False,-1,", 200)]
    [InlineData("?expand=yes", "3", 400)]
    [InlineData("?since=x", "5", 400)]
    [InlineData("?text=%00", "8", 400)]
    public async Task QueryArguments(string query, string expected, int status)
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/query" + query);
        Assert.Equal(status, (int)answer.StatusCode);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.Contains(status == 200 ? expected : $"\"OrthancStatus\": {expected}", text);
    }

    [Theory]
    [InlineData("bytes=2-4", 206, "234", "bytes 2-4/10")]
    [InlineData("bytes=-", 206, "0123456789", "bytes 0-9/10")]
    [InlineData("bytes=7-", 206, "789", "bytes 7-9/10")]
    [InlineData("bytes=-3", 206, "0123", "bytes 0-3/10")]
    [InlineData("bytes=5-99", 206, "56789", "bytes 5-9/10")]
    [InlineData("bytes=10-", 416, null, null)]
    [InlineData("bytes=4-2", 416, null, null)]
    [InlineData("bytes=1-2,4-5", 416, null, null)]
    [InlineData("chars=1-2", 416, null, null)]
    [InlineData("bytes=99999999999999999999-", 416, null, null)]
    public async Task Ranges(string range, int status, string? body, string? contentRange)
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/instances/x/file");
        request.Headers.TryAddWithoutValidation("Range", range);
        HttpResponseMessage answer = await _toy.Client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        if (body is not null)
        {
            Assert.Equal(body, await answer.Content.ReadAsStringAsync());
            Assert.Equal(contentRange, answer.Content.Headers.ContentRange!.ToString());
            Assert.Equal("application/octet-stream", answer.Content.Headers.ContentType!.ToString());
        }
    }

    [Fact]
    public async Task WithoutARangeTheTypeIsKept()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/instances/x/file");
        Assert.Equal("application/dicom", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(10, answer.Content.Headers.ContentLength);
    }

    [Theory]
    [InlineData("\"3-abc\"", 304)]
    [InlineData("3-abc", 304)]
    [InlineData("\"2-abc\"", 200)]
    [InlineData("\"3-abd\"", 200)]
    [InlineData("nonsense", 400)]
    [InlineData("a-b", 400)]
    public async Task EntityTags(string header, int status)
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/tag");
        request.Headers.TryAddWithoutValidation("If-None-Match", header);
        HttpResponseMessage answer = await _toy.Client.SendAsync(request);
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("\"3-abc\"", answer.Headers.ETag!.ToString());
    }

    [Fact]
    public async Task FileNamesCannotBreakOutOfTheirHeader()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/file-name?filename=a%22b%0D%0AX-Evil:%201%5C.dcm");
        Assert.Equal("filename=\"abX-Evil: 1.dcm\"", answer.Content.Headers.GetValues("Content-Disposition").Single());
        Assert.False(answer.Headers.Contains("X-Evil"));
    }

    [Fact]
    public async Task XmlWhereAskedFor()
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/system");
        request.Headers.TryAddWithoutValidation("Accept", "application/xml");
        HttpResponseMessage answer = await _toy.Client.SendAsync(request);
        Assert.Equal("application/xml; charset=utf-8", answer.Content.Headers.ContentType!.ToString());
        Assert.Equal(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<root>\n  <Name>caf\u00e9 &lt;&amp;+&gt;</Name>\n  <StorageAreaPlugin>null</StorageAreaPlugin>\n</root>\n",
            await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("text/html,application/xml", false)]
    [InlineData("application/xml;application/json", false)]
    [InlineData("application/json;application/xml", true)]
    [InlineData("*/*", false)]
    public async Task TheLastExactTokenDecides(string accept, bool xml)
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/system");
        request.Headers.TryAddWithoutValidation("Accept", accept);
        Assert.Equal(xml, (await (await _toy.Client.SendAsync(request)).Content.ReadAsStringAsync()).StartsWith("<?xml"));
    }

    [Theory]
    [InlineData(null, "image/png")]
    [InlineData("image/jpeg", "image/jpeg")]
    [InlineData("image/*", "image/png")]
    [InlineData("image/png;q=0.1, image/jpeg", "image/jpeg")]
    [InlineData("*/*;q=0.5, image/jpeg;q=0.4", "image/png")]
    [InlineData("text/html", null)]
    [InlineData("image/png;q=0", null)]
    public async Task Negotiation(string? accept, string? chosen)
    {
        HttpRequestMessage request = new(HttpMethod.Get, "/negotiate");
        if (accept is not null)
        {
            request.Headers.TryAddWithoutValidation("Accept", accept);
        }

        HttpResponseMessage answer = await _toy.Client.SendAsync(request);
        Assert.Equal(chosen, answer.Content.Headers.ContentType?.ToString());
        Assert.Equal(chosen is null ? 406 : 200, (int)answer.StatusCode);
    }

    [Fact]
    public async Task ALongListLeavesInParts()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/list", HttpCompletionOption.ResponseHeadersRead);
        Assert.True(answer.Headers.TransferEncodingChunked);
        using JsonDocument json = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
        Assert.Equal(20_000, json.RootElement.GetArrayLength());
    }

    [Fact]
    public async Task GzipBodiesAreInflated()
    {
        byte[] plain = Encoding.ASCII.GetBytes(new string('x', 200_000));
        ByteArrayContent content = new(Gzip(plain));
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal(plain, await (await _toy.Client.PostAsync("/echo", content)).Content.ReadAsByteArrayAsync());
        content = new ByteArrayContent(Gzip(plain));
        content.Headers.ContentEncoding.Add("gzip");
        Assert.Equal("200000", await (await _toy.Client.PostAsync("/instances", content)).Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("gzip", 400)]
    [InlineData("br", 415)]
    [InlineData("identity", 200)]
    public async Task EncodingsOfBodies(string encoding, int status)
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes("this is no gzip data at all"));
        content.Headers.ContentEncoding.Add(encoding);
        Assert.Equal(status, (int)(await _toy.Client.PostAsync("/echo", content)).StatusCode);
    }

    [Fact]
    public async Task ABombIsBounded()
    {
        ByteArrayContent content = new(Gzip(new byte[64 << 20]));
        content.Headers.ContentEncoding.Add("gzip");
        HttpResponseMessage answer = await _toy.Client.PostAsync("/echo", content);
        Assert.Equal(413, (int)answer.StatusCode);
        await _toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task TooLongABodyIsRefused()
    {
        Assert.Equal(413, (int)(await _toy.Client.PostAsync("/echo", new ByteArrayContent(new byte[(1 << 20) + 1]))).StatusCode);
        Assert.Equal(200, (int)(await _toy.Client.PostAsync("/echo", new ByteArrayContent(new byte[1 << 20]))).StatusCode);
    }

    [Fact]
    public async Task ChunkedBodiesAreRead()
    {
        byte[] body = new byte[700_000];
        new Span<byte>(body).Fill(7);
        HttpRequestMessage request = new(HttpMethod.Post, "/echo") { Content = new StreamContent(new MemoryStream(body)) };
        request.Headers.TransferEncodingChunked = true;
        Assert.Equal(body, await (await _toy.Client.SendAsync(request)).Content.ReadAsByteArrayAsync());
        await _toy.HoldsNothingAsync();
    }

    [Fact]
    public async Task TheRestOfThePathIsAParameter() =>
        Assert.Equal("x|0008-1111/0/0010-0020", await _toy.Client.GetStringAsync("/instances/x/content/0008-1111/0/0010-0020"));

    [Fact]
    public async Task TheRootRedirects()
    {
        HttpResponseMessage answer = await _toy.Client.GetAsync("/");
        Assert.Equal(307, (int)answer.StatusCode);
        Assert.Equal("app/explorer.html", answer.Headers.Location!.ToString());
    }

    [Fact]
    public async Task MultipartPartsAreStreamed()
    {
        MultipartFormDataContent form = new() { { new ByteArrayContent(new byte[300_000]), "file", "a;b.dcm" }, { new ByteArrayContent([]), "empty", "e" } };
        ByteArrayContent typed = new(Encoding.ASCII.GetBytes("\r\n--almost"));
        typed.Headers.ContentType = new MediaTypeHeaderValue("application/dicom");
        form.Add(typed, "typed", "t");
        HttpResponseMessage answer = await _toy.Client.PostAsync("/parts", form);
        Assert.Equal("file:a;b.dcm::300000;empty:e::0;typed:t:application/dicom:10;", await answer.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b--", ":::1;")]
    [InlineData("multipart/form-data; boundary=b", "preamble\r\n--b\r\nA: b\r\n\r\nxy\r\n--b--\r\nepilogue", ":::2;")]
    [InlineData("multipart/form-data; boundary=\"b\"", "--b--", "")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b", ":::1;")]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nx\r\n--b-", null)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\n\r\nx", null)]
    [InlineData("multipart/form-data; boundary=b", "--b\r\nA: b", null)]
    [InlineData("multipart/form-data; boundary=b", "--bx\r\n\r\nx\r\n--b--", null)]
    [InlineData("multipart/form-data; boundary=b", "", null)]
    [InlineData("multipart/form-data", "--b--", null)]
    [InlineData("multipart/form-data; boundary=", "--b--", null)]
    public async Task OddMultipartBodies(string type, string body, string? expected)
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        HttpResponseMessage answer = await _toy.Client.PostAsync("/parts", content);
        Assert.Equal(expected is null ? 400 : 200, (int)answer.StatusCode);
        if (expected is not null)
        {
            Assert.Equal(expected, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task ThePartHeadersAreBounded()
    {
        ByteArrayContent content = new(Encoding.ASCII.GetBytes("--b\r\nA: " + new string('x', 100_000)));
        content.Headers.TryAddWithoutValidation("Content-Type", "multipart/form-data; boundary=b");
        Assert.Equal(400, (int)(await _toy.Client.PostAsync("/parts", content)).StatusCode);
    }

    private static byte[] Gzip(byte[] plain)
    {
        MemoryStream packed = new();
        using (GZipStream zip = new(packed, CompressionLevel.Fastest))
        {
            zip.Write(plain);
        }

        return packed.ToArray();
    }
}
