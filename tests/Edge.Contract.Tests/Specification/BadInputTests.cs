using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Edge.TestKit.Server;
using Xunit;

namespace Edge.Contract.Tests.Specification;

/// <summary>Every parameter of every operation that is served, with values that do not belong there.</summary>
public sealed class BadInputTests(OperationServer at) : IClassFixture<OperationServer>
{
    private static readonly string[] QueryValues =
        ["", "nope", "-1", "0", "99999999999999999999", "1.5", "true", "a;b", ";", ",", "*", "%00", "%ff", "%E2%28", "..%2f..%2fetc%2fpasswd", "%22%0d%0aX-Evil:1", "%27%20OR%201=1--", new string('x', 4000)];

    private static readonly string[] HeaderValues = ["", "x", "\"x\"", "bytes=9-1", "bytes=-", "bytes=0-99999999999999999999", "application/xml", "*/*", new string('x', 4000)];

    private static readonly string[] BodyValues =
        ["null", "12345", "-1", "1.5", "99999999999999999999", "1e999", "\"\"", "\"text\"", "true", "[]", "{}", "[[]]", "[\"x\"]", "[1]", "{\"x\":1}", "[null]", "\"../../etc/passwd\"", "\"\\u0000\"", "\"" + new string('x', 100_000) + "\""];

    private static readonly string[] Bodies =
        ["", "x", "{", "[]", "{}", "null", "\"x\"", "12", "true", "[1]", "{\"a\":1}", "{\"a\":1,\"a\":2}", "\ud83d", new string('[', 5000), new string('x', 300_000)];

    /// <summary>Statuses of 500 are Orthanc's for these alone: a protocol that fails, a path that cannot be written to, an unknown tag, an impossible application entity title.</summary>
    private static readonly int[] KnownFailures = [9, 14, 27, 2009];

    private readonly EdgeServer _server = at.Server;

    [Fact]
    public Task ParametersOfTheQuery() => DriveAsync(static operation =>
        from parameter in operation.Parameters
        where parameter.Place == "query"
        from value in QueryValues
        select new Attempt($"{parameter.Name}={value}", null, null));

    [Fact]
    public Task ParametersNobodyKnows() => DriveAsync(static _ => [new Attempt("no-such-parameter=1", null, null), new Attempt("%ff=%", null, null)]);

    [Fact]
    public Task Headers() => DriveAsync(static operation =>
        from parameter in operation.Parameters
        where parameter.Place == "header"
        from value in HeaderValues
        select new Attempt("", (parameter.Name, value), null));

    [Fact]
    public Task MembersOfTheBody() => DriveAsync(operation =>
        from parameter in operation.Parameters
        where parameter.Place == "body"
        from value in BodyValues
        select new Attempt("", null, With(HappyCases.Body(operation, at), parameter.Name, value)));

    [Fact]
    public Task WholeBodies() => DriveAsync(static operation =>
        from body in operation.Method is "POST" or "PUT" ? Bodies : []
        select new Attempt("", null, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("POST", "/tools/find", "x", 400, 8)]
    [InlineData("POST", "/tools/find", "[]", 400, 8)]
    [InlineData("POST", "/tools/find", """{"Level":"Study","Query":{},"Full":"x"}""", 400, 15)]
    [InlineData("POST", "/tools/find", """{"Level":"Study","Query":{},"Limit":"x"}""", 400, 8)]
    [InlineData("POST", "/tools/find", """{"Level":"Study","Query":{},"Limit":-1}""", 400, 3)]
    [InlineData("POST", "/tools/find", """{"Level":"Study","Query":{"NoSuchTag":"x"}}""", 500, 27)]
    [InlineData("POST", "/tools/find", """{"Level":"Study","Query":{"StudyDate":"2*"}}""", 400, 3)]
    [InlineData("POST", "/tools/bulk-content", "x", 400, 8)]
    [InlineData("POST", "/tools/bulk-content", """{"Level":"x"}""", 400, 3)]
    [InlineData("POST", "/tools/bulk-content", "{}", 400, 15)]
    [InlineData("PUT", "/modalities/new", "", 400, 15)]
    [InlineData("PUT", "/modalities/new", "{", 400, 15)]
    [InlineData("PUT", "/modalities/new", "{'a':1}", 400, 15)]
    [InlineData("PUT", "/modalities/new", "42", 400, 15)]
    [InlineData("PUT", "/peers/new", "{", 400, 15)]
    [InlineData("POST", "/tools/create-dicom", "{", 400, 8)]
    [InlineData("POST", "/tools/create-dicom", "[]", 400, 8)]
    [InlineData("POST", "/tools/bulk-modify", "{}", 400, 15)]
    [InlineData("POST", "/tools/bulk-anonymize", """{"Resources":"x"}""", 400, 15)]
    [InlineData("POST", "/tools/create-archive", """{"Resources":[1]}""", 400, 15)]
    [InlineData("POST", "/tools/create-archive", """{"Resources":[],"Asynchronous":"x"}""", 400, 15)]
    [InlineData("POST", "/studies/{study}/merge", "{}", 400, 15)]
    [InlineData("POST", "/studies/{study}/archive", """{"Transcode":1}""", 400, 15)]
    [InlineData("POST", "/studies/{study}/anonymize", """{"Synchronous":1}""", 400, 15)]
    [InlineData("POST", "/instances/{instance}/modify", """{"Transcode":"nope"}""", 400, 3)]
    [InlineData("POST", "/studies/{study}/modify", """{"Transcode":"nope"}""", 400, 15)]
    [InlineData("POST", "/instances/{instance}/modify", """{"Transcode":1}""", 400, 15)]
    [InlineData("POST", "/tools/bulk-delete", "", 400, 8)]
    [InlineData("GET", "/studies?since=nope", null, 400, 8)]
    [InlineData("GET", "/studies?limit=-1&since=x", null, 400, 5)]
    [InlineData("GET", "/studies?expand=nope", null, 400, 3)]
    [InlineData("GET", "/studies?expand&requested-tags=NoSuchTag", null, 400, 8)]
    [InlineData("GET", "/studies?full=%ff", null, 400, 8)]
    [InlineData("GET", "/instances/{instance}/tags?ignore-length=", null, 500, 27)]
    [InlineData("PUT", "/patients/{patient}/protected", "2", 400, 15)]
    [InlineData("PUT", "/tools/log-level", "loud", 400, 3)]
    [InlineData("PUT", "/tools/metrics", "maybe", 400, 15)]
    [InlineData("PUT", "/studies/{study}/labels/a.b", "", 400, 3)]
    public async Task TheErrorIsOrthancs(string method, string path, string? body, int status, int code)
    {
        await at.PrepareAsync();
        (await _server.AskAsync(method, path.Replace("{instance}", at.Instance).Replace("{patient}", at.Patient).Replace("{study}", at.Study), body)).IsError(status, code);
    }

    /// <summary>The good body with one member replaced; where the good one is no object, an object with that member alone.</summary>
    private static byte[] With(byte[]? body, string name, string value)
    {
        JsonObject members = [];
        try
        {
            members = JsonNode.Parse(body) as JsonObject ?? [];
        }
        catch (Exception e) when (e is JsonException or ArgumentNullException)
        {
            // A body of text.
        }

        members[name] = "@";
        return Encoding.UTF8.GetBytes(members.ToJsonString().Replace($"{JsonSerializer.Serialize(name)}:\"@\"", $"{JsonSerializer.Serialize(name)}:{value}"));
    }

    private async Task DriveAsync(Func<Operation, IEnumerable<Attempt>> attemptsOf)
    {
        await at.PrepareAsync();
        await at.PrepareRemoteAsync();
        List<string> wrong = [];
        int driven = 0;
        string? known = null;
        foreach (Operation operation in Operation.All.Where(Drives))
        {
            foreach (Attempt attempt in attemptsOf(operation))
            {
                Case good = HappyCases.Of(operation, at);
                string before = operation.Method == "GET" ? "" : known ??= await StateAsync();
                using HttpRequestMessage request = new(new HttpMethod(operation.Method), good.Path + (attempt.Query.Length == 0 ? "" : (good.Path.Contains('?') ? "&" : "?") + attempt.Query));
                byte[]? body = attempt.Body ?? good.Body;
                request.Content = body is null ? null : new ByteArrayContent(body);
                if (attempt.Header is { } header)
                {
                    request.Headers.TryAddWithoutValidation(header.Name, header.Value);
                }

                using HttpResponseMessage answer = await _server.Http.SendAsync(request);
                byte[] bytes = await answer.Content.ReadAsByteArrayAsync();
                string text = Encoding.UTF8.GetString(bytes);
                driven++;
                if (Fault(answer, text) is { } fault)
                {
                    wrong.Add($"{operation.Method} {request.RequestUri} {Short(attempt)}: {fault}");
                }
                else if (operation.Method != "GET" && answer.StatusCode >= HttpStatusCode.BadRequest && await StateAsync() is var after && after != before)
                {
                    wrong.Add($"{operation.Method} {request.RequestUri} {Short(attempt)}: refused with {(int)answer.StatusCode}, but has changed {before} to {after}");
                }

                if (answer.StatusCode < HttpStatusCode.BadRequest && operation.Method is not "GET")
                {
                    known = null;
                    await at.PrepareAsync();
                }

                if (wrong.Count > 40)
                {
                    Assert.Fail(string.Join('\n', wrong));
                }
            }
        }

        Assert.True(driven > 200, $"only {driven} requests");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>Not those that end the server, run code, or wait for other systems: they have tests of their own.</summary>
    private bool Drives(Operation operation) => at.Served.Contains(operation.Key)
        && operation.Key is not ("POST /tools/shutdown" or "POST /tools/reset" or "POST /tools/execute-script")
        && !operation.Path.StartsWith("/jobs", StringComparison.Ordinal)
        && !(operation.Method == "POST" && (operation.Path.StartsWith("/modalities/", StringComparison.Ordinal) || operation.Path.StartsWith("/peers/", StringComparison.Ordinal) || operation.Path.StartsWith("/queries/", StringComparison.Ordinal) || operation.Path == "/tools/dicom-echo"));

    private static string? Fault(HttpResponseMessage answer, string text)
    {
        int status = (int)answer.StatusCode;
        if (answer.Headers.Contains("X-Evil"))
        {
            return "a header was injected";
        }

        if (status < 400 || text.Length == 0)
        {
            return status >= 500 ? $"an empty {status}" : null;
        }

        try
        {
            JsonNode error = JsonNode.Parse(text)!;
            int code = (int)error["OrthancStatus"]!;
            return (int)error["HttpStatus"]! != status ? $"{status} is described as {error["HttpStatus"]}"
                : status >= 500 && !KnownFailures.Contains(code) ? $"{status}: {text}"
                : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException)
        {
            return $"{status} with a body that is no error: {text[..Math.Min(text.Length, 200)]}";
        }
    }

    /// <summary>What a request that is refused must leave as it is.</summary>
    private async Task<string> StateAsync()
    {
        StringBuilder state = new();
        foreach (string path in new[] { "/statistics", "/modalities?expand", "/peers?expand", "/tools/default-encoding", "/tools/log-level", $"/studies/{at.Study}?response-content=Metadata;Labels;Attachments" })
        {
            state.Append(await _server.Http.GetStringAsync(path));
        }

        return state.ToString();
    }

    private static string Short(Attempt attempt)
    {
        string text = $"{attempt.Header} {(attempt.Body is null ? "" : Encoding.UTF8.GetString(attempt.Body))}";
        return text[..Math.Min(text.Length, 160)];
    }

    private sealed record Attempt(string Query, (string Name, string Value)? Header, byte[]? Body);
}
