using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Edge.Core.Errors;
using Edge.Core.Memory;
using Edge.Core.Metrics;
using Edge.Rest.Hosting;
using Edge.Rest.Json;

namespace Edge.Unit.Tests.Rest;

/// <summary>A server on a free loopback port with a few routes that behave like Orthanc's.</summary>
internal sealed class ToyServer : IAsyncDisposable
{
    private readonly RestServer _server;

    private ToyServer(RestServer server, RestPipeline pipeline, ListLog log, MetricsRegistry metrics, string scheme)
    {
        _server = server;
        Pipeline = pipeline;
        Log = log;
        Metrics = metrics;
        Port = server.EndPoints[0].Port;
        Client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, SslOptions = { RemoteCertificateValidationCallback = static (_, _, _, _) => true } })
        {
            BaseAddress = new Uri($"{scheme}://127.0.0.1:{Port}"),
        };
    }

    public HttpClient Client { get; }

    public int Port { get; }

    public RestServer Server => _server;

    public RestPipeline Pipeline { get; }

    public ListLog Log { get; }

    public MetricsRegistry Metrics { get; }

    public static Gate Held { get; } = new();

    /// <summary>All of the budget is given back, soon: an answer may arrive before its request has ended.</summary>
    public async Task HoldsNothingAsync()
    {
        for (int i = 0; i < 200 && Pipeline.Budget.Used > 0; i++)
        {
            await Task.Delay(20);
        }

        Xunit.Assert.Equal(0, Pipeline.Budget.Used);
    }

    public static async Task<ToyServer> StartAsync(
        Action<RestOptions>? configure = null,
        long budget = 8 << 20,
        ICredentialStore? credentials = null,
        IRequestFilter? filter = null,
        Func<Microsoft.AspNetCore.Connections.ConnectionDelegate, Microsoft.AspNetCore.Connections.ConnectionDelegate>? connection = null)
    {
        RestOptions options = new() { EndPoints = [new IPEndPoint(IPAddress.Any, 0)] };
        configure?.Invoke(options);
        ListLog log = new();
        MetricsRegistry metrics = new();
        AccessControl? access = credentials is null ? new AccessControl(options, new NobodyStore()) : new AccessControl(options, credentials);
        RestPipeline pipeline = new(options, new RouteMatcher(Routes()), new ByteBudget(budget), log, access, filter, metrics);
        RestServer server = new(pipeline, connection);
        await server.StartAsync();
        return new ToyServer(server, pipeline, log, metrics, connection is null ? "http" : "https");
    }

    public static Route[] Routes() =>
    [
        new("GET", "/system", static r => r.Json(static json =>
        {
            json.WriteStartObject();
            json.WriteString("Name", "caf\u00e9 <&+>");
            json.WriteNull("StorageAreaPlugin");
            json.WriteEndObject();
        }), "system"),
        new("GET", "/tools/now", static r => r.Text("20260101T000000"), "now"),
        new("POST", "/tools/find", static async r =>
        {
            using var body = await r.ReadJsonAsync();
            string level = body.RootElement.AsObject().MandatoryText("Level");
            await r.Json(level, static (json, text) => json.WriteStringValue(text));
        }, "find"),
        new("GET", "/tools/metrics", static r => r.Text("1"), "metrics"),
        new("PUT", "/tools/metrics", static async r => await r.Text(await r.ReadTextAsync()), "metrics"),
        new("GET", "/studies/{id}", static r => r.Param("id") == "known" ? r.Text(r.Param(0)) : r.Decline(), "study"),
        new("DELETE", "/studies/{id}", static r => r.Decline(), "delete"),
        new("POST", "/studies/{id}/anonymize", static r => r.Decline(), "anonymize"),
        new("GET", "/studies/{id}/tags", static _ => throw new EdgeException(ErrorCode.UnknownResource), "tags"),
        new("GET", "/instances/{id}/content/{path}", static r => r.Text(r.Param("id") + "|" + r.Param("path")), "content"),
        new("GET", "/instances/{id}/file", static r => r.Content(new MemorySource(Encoding.ASCII.GetBytes("0123456789")), "application/dicom"), "file"),
        new("POST", "/instances", static async r => await r.Text((await CountAsync(r)).ToString()), "upload"),
        new("POST", "/echo", static async r => await r.Bytes(await r.ReadBodyAsync(1 << 20), "application/octet-stream"), "echo"),
        new("POST", "/parts", static r => AnswerPartsAsync(r), "parts"),
        new("GET", "/query", static r => AnswerQuery(r), "query"),
        new("GET", "/who", static r => r.Text(r.Username + "@" + r.RemoteIp), "who"),
        new("GET", "/big", static r => r.Text(new string('a', 100_000)), "big"),
        new("GET", "/list", static r => r.JsonStream(20_000, static async (sink, count) =>
        {
            sink.Writer.WriteStartArray();
            for (int i = 0; i < count; i++)
            {
                sink.Writer.WriteStringValue("element number " + i);
                await sink.FlushAsync();
            }

            sink.Writer.WriteEndArray();
        }), "list"),
        new("GET", "/fail/{kind}", static r => Fail(r), "fail"),
        new("GET", "/file-name", static r =>
        {
            r.SetFileName(r.Argument("filename")!);
            return r.Text("x");
        }, "name"),
        new("GET", "/tag", static r =>
        {
            r.SetETag(new RevisionTag(3, "abc"));
            return r.IfNoneMatch() == new RevisionTag(3, "abc") ? r.Empty(304) : r.Text("value");
        }, "tag"),
        new("GET", "/slow", static async r =>
        {
            await Task.Delay(300, r.Aborted);
            await r.Text("done");
        }, "slow"),
        new("GET", "/thread", static r => r.Text(Thread.CurrentThread.Name), "thread"),
        new("GET", "/thread-id", static r => r.Text(Path.GetFileName(File.ResolveLinkTarget("/proc/thread-self", false)!.FullName)), "thread"),
        new("GET", "/held", static r =>
        {
            Held.Take();
            return r.Text("released");
        }, "held"),
        new("POST", "/mirror", static r => r.Stream("application/octet-stream", async (output, cancellation) => await r.BodyReader.CopyToAsync(output, cancellation), r.ContentLength), "mirror"),
        new("GET", "/", static r => r.Redirect("app/explorer.html"), "root"),
        new(Route.AnyMethod, "/webdav/{path}", static r => r.Text(r.Method), "webdav"),
        new("GET", "/api/fail", static _ => throw new EdgeException(ErrorCode.UnknownResource), "own failures")
        {
            Failures = static (r, _) => r.Text("own", status: 418),
        },
        new("GET", "/negotiate", static r => r.Negotiate("image/png", "image/jpeg") is { } type ? r.Bytes("x"u8, type) : r.Empty(406), "negotiate"),
    ];

    /// <summary>Sends bytes as they are and reads until the server closes or <paramref name="patience"/> ends.</summary>
    public async Task<string> RawAsync(string request, int patience = 3000, Func<Socket, Task>? after = null)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, Port);
        await socket.SendAsync(Encoding.Latin1.GetBytes(request));
        if (after is not null)
        {
            await after(socket);
        }

        StringBuilder answer = new();
        byte[] buffer = new byte[65536];
        using CancellationTokenSource limit = new(patience);
        try
        {
            int count;
            while ((count = await socket.ReceiveAsync(buffer, limit.Token)) > 0)
            {
                answer.Append(Encoding.Latin1.GetString(buffer, 0, count));
            }
        }
        catch (Exception failure) when (failure is OperationCanceledException or SocketException)
        {
            answer.Append(failure is OperationCanceledException ? "[open]" : "[reset]");
        }

        return answer.ToString();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await _server.DisposeAsync();
    }

    private static async Task<long> CountAsync(RestRequest request)
    {
        long total = 0;
        while (true)
        {
            var read = await request.BodyReader.ReadAsync(request.Aborted);
            total += read.Buffer.Length;
            request.BodyReader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return total;
            }
        }
    }

    private static async ValueTask AnswerPartsAsync(RestRequest request)
    {
        MultipartReader reader = MultipartReader.Create(request.BodyReader, request.ContentType!);
        StringBuilder answer = new();
        while (await reader.NextPartAsync(request.Aborted) is { } part)
        {
            long size = 0;
            while (true)
            {
                var content = await reader.ReadAsync(request.Aborted);
                if (content.IsEmpty)
                {
                    break;
                }

                size += content.Length;
                reader.Advance(content.Length);
            }

            answer.Append($"{part.Name}:{part.FileName}:{part.ContentType}:{size};");
        }

        await request.Text(answer.ToString());
    }

    private static ValueTask AnswerQuery(RestRequest request)
    {
        string text = $"{request.BooleanArgument("expand", false)},{request.HasFlag("full")},{(request.TryGetInt("since", out long since) ? since : -1)},{request.Argument("text")}";
        return request.Text(text);
    }

    private static ValueTask Answer(string text, RestRequest request) => request.Text(text);

    private static ValueTask Fail(RestRequest request) => request.Param("kind") switch
    {
        "unexpected" => throw new InvalidOperationException("secret"),
        "memory" => throw new OutOfMemoryException(),
        "json" => throw new System.Text.Json.JsonException("x"),
        "type" => Answer(System.Text.Json.JsonDocument.Parse("5").RootElement.GetString()!, request),
        "number" => throw new FormatException("x"),
        "full" => throw new EdgeException(ErrorCode.FullStorage),
        "detail" => throw new EdgeException(ErrorCode.ParameterOutOfRange, "the \"detail\""),
        "none" => ValueTask.CompletedTask,
        _ => request.Decline(),
    };

    private sealed class NobodyStore : ICredentialStore
    {
        public long Version => 0;

        public ValueTask<bool> VerifyAsync(string user, ReadOnlyMemory<byte> password, CancellationToken cancellation) => ValueTask.FromResult(false);
    }
}

/// <summary>Keeps log lines for assertions.</summary>
internal sealed class ListLog : IRestLog
{
    public ConcurrentQueue<(RestLogLevel Level, string Message, Exception? Failure)> Lines { get; } = new();

    public bool IsEnabled(RestLogLevel level) => level <= RestLogLevel.Info;

    public void Write(RestLogLevel level, string message, Exception? failure = null) => Lines.Enqueue((level, message, failure));
}

internal sealed class MemorySource(byte[] bytes) : IAnswerSource
{
    public long Length => bytes.Length;

    public async ValueTask WriteAsync(System.IO.Pipelines.PipeWriter output, long offset, long count, CancellationToken cancellation) =>
        await output.WriteAsync(bytes.AsMemory((int)offset, (int)count), cancellation);
}

/// <summary>Keeps whoever comes by, thread and all, until it is released.</summary>
internal sealed class Gate
{
    private readonly ManualResetEventSlim _open = new();
    private int _count;

    public void Take()
    {
        Interlocked.Increment(ref _count);
        _open.Wait(TimeSpan.FromMinutes(1));
    }

    public async Task WaitAsync(int count, TimeSpan patience)
    {
        for (DateTime end = DateTime.UtcNow + patience; Volatile.Read(ref _count) < count; await Task.Delay(10))
        {
            Xunit.Assert.True(DateTime.UtcNow < end, "the threads have not come");
        }
    }

    public void Release() => _open.Set();
}
