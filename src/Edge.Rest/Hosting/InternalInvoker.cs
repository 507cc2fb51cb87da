using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using Edge.Core.Errors;
using Edge.Engine.Scripting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Rest.Hosting;

/// <summary>
/// Runs requests of scripts through the same routes without a socket. Access rules and filters do not apply: the script
/// was let in already. Calls nest at most <see cref="MaximumDepth"/> deep, and an answer is bounded.
/// </summary>
public sealed class InternalInvoker(RestPipeline pipeline) : IRestInvoker
{
    /// <summary>The bytes of an answer that a script may take.</summary>
    public const int MaximumAnswerBytes = 256 << 20;

    private const int MaximumDepth = 8;
    private static readonly AsyncLocal<int> Depth = new();

    public async ValueTask<RestReply> InvokeAsync(string method, string uri, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers, bool builtin, CancellationToken cancellation)
    {
        if (Depth.Value >= MaximumDepth)
        {
            throw new EdgeException(ErrorCode.BadSequenceOfCalls, "REST calls of scripts are nested too deeply");
        }

        Depth.Value++;
        Exchange exchange = new(method, uri, body, headers, cancellation);
        using RestRequest request = new(pipeline);
        request.Begin(exchange.Features);
        request.Origin = RequestOrigin.Lua;
        request.BuiltinOnly = builtin;
        await pipeline.ServeAsync(request).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        return exchange.Reply();
    }

    /// <summary>The features of one in-process request: the answer gathers in memory.</summary>
    private sealed class Exchange : IHttpResponseBodyFeature, IRequestBodyPipeFeature, IHttpRequestBodyDetectionFeature, IHttpRequestLifetimeFeature, IHttpConnectionFeature, IHttpResponseFeature
    {
        private readonly ArrayBufferWriter<byte> _answer = new();
        private readonly GatheringWriter _writer;
        private readonly CancellationTokenSource _aborted;

        public Exchange(string method, string uri, ReadOnlyMemory<byte> body, IReadOnlyDictionary<string, string>? headers, CancellationToken cancellation)
        {
            _aborted = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            _writer = new GatheringWriter(_answer);
            Reader = PipeReader.Create(new ReadOnlySequence<byte>(body));
            CanHaveBody = !body.IsEmpty;
            HttpRequestFeature request = new() { Method = method, RawTarget = uri.StartsWith('/') ? uri : "/" + uri, Headers = new HeaderDictionary() };
            foreach ((string name, string value) in headers ?? new Dictionary<string, string>())
            {
                request.Headers[name] = value;
            }

            request.Headers.ContentLength = body.Length;
            Features.Set<IHttpRequestFeature>(request);
            Features.Set<IHttpResponseFeature>(this);
            Features.Set<IHttpResponseBodyFeature>(this);
            Features.Set<IRequestBodyPipeFeature>(this);
            Features.Set<IHttpRequestBodyDetectionFeature>(this);
            Features.Set<IHttpRequestLifetimeFeature>(this);
            Features.Set<IHttpConnectionFeature>(this);
        }

        public FeatureCollection Features { get; } = new();

        public PipeReader Reader { get; }

        public bool CanHaveBody { get; }

        public int StatusCode { get; set; } = 200;

        public string? ReasonPhrase { get; set; }

        IHeaderDictionary IHttpResponseFeature.Headers { get; set; } = new HeaderDictionary();

        Stream IHttpResponseFeature.Body { get; set; } = System.IO.Stream.Null;

        public bool HasStarted => false;

        public System.IO.Stream Stream => _writer.AsStream();

        public PipeWriter Writer => _writer;

        public CancellationToken RequestAborted
        {
            get => _aborted.Token;
            set => throw new NotSupportedException();
        }

        public string ConnectionId { get; set; } = "internal";

        public IPAddress? RemoteIpAddress { get; set; } = IPAddress.Loopback;

        public IPAddress? LocalIpAddress { get; set; } = IPAddress.Loopback;

        public int RemotePort { get; set; }

        public int LocalPort { get; set; }

        public RestReply Reply()
        {
            _aborted.Dispose();
            string? type = ((IHttpResponseFeature)this).Headers.ContentType;
            return new RestReply(StatusCode, type, _answer.WrittenMemory);
        }

        public void Abort()
        {
            StatusCode = 500;
            _aborted.Cancel();
        }

        public void DisableBuffering()
        {
        }

        public Task StartAsync(CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task CompleteAsync() => Task.CompletedTask;

        public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public void OnStarting(Func<object, Task> callback, object state) => throw new NotSupportedException();

        public void OnCompleted(Func<object, Task> callback, object state) => throw new NotSupportedException();
    }

    /// <summary>A pipe writer that keeps what is written, up to the limit.</summary>
    private sealed class GatheringWriter(ArrayBufferWriter<byte> target) : PipeWriter
    {
        public override void Advance(int bytes)
        {
            target.Advance(bytes);
            if (target.WrittenCount > MaximumAnswerBytes)
            {
                throw new EdgeException(ErrorCode.NotEnoughMemory, $"The answer exceeds the {MaximumAnswerBytes} bytes that a script may take");
            }
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => target.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => target.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(new FlushResult(false, false));

        public override bool CanGetUnflushedBytes => true;

        public override long UnflushedBytes => 0;

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }
    }
}
