using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Rest.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Edge.Rest.Hosting;

/// <content>The answers.</content>
public sealed partial class RestRequest
{
    private const int SliceBytes = 64 * 1024;
    private const int SmallBytes = 4096;
    private readonly AnswerBuffer _buffer = new();
    private Utf8JsonWriter? _json;

    /// <summary>The headers of the answer. Use <see cref="SetHeader"/> for values that hold text of clients.</summary>
    public IHeaderDictionary AnswerHeaders => _response.Headers;

    /// <summary>Sets a header of the answer, without the control characters that its value may hold.</summary>
    public void SetHeader(string name, string value) => _response.Headers[name] = HeaderText.WithoutControls(value);

    /// <summary>Announces a file name: <c>Content-Disposition: filename="x"</c>, without quotes, CR and LF in the name.</summary>
    public void SetFileName(string name) => _response.Headers.ContentDisposition = HeaderText.FileName(name);

    /// <summary>Answers JSON, or XML where the client prefers it. The writer's keys must come in alphabetical order.</summary>
    public ValueTask Json(Action<Utf8JsonWriter> write, int status = 200)
    {
        Utf8JsonWriter json = OpenJson();
        write(json);
        return CloseJson(json, status);
    }

    /// <summary>Answers JSON from a state, so that <paramref name="write"/> can be a static function.</summary>
    public ValueTask Json<TState>(TState state, Action<Utf8JsonWriter, TState> write, int status = 200)
        where TState : allows ref struct
    {
        Utf8JsonWriter json = OpenJson();
        write(json, state);
        return CloseJson(json, status);
    }

    /// <summary>
    /// Answers a JSON document that may be large: the function writes and calls <see cref="JsonSink.FlushAsync"/> now and then
    /// (after each resource of a list, say); what has gathered past 64 KiB then leaves chunked, and memory stays bounded.
    /// </summary>
    public async ValueTask JsonStream<TState>(TState state, Func<JsonSink, TState, ValueTask> write)
    {
        Utf8JsonWriter json = OpenJson();
        JsonSink sink = new(this, json, mayStream: !PrefersXml && !MayCompress("application/json"));
        await write(sink, state).ConfigureAwait(false);
        json.Flush();
        if (sink.HasStreamed)
        {
            await SendSlicesAsync(_buffer.WrittenMemory).ConfigureAwait(false);
            _buffer.Reset();
            return;
        }

        await CloseJson(json, 200).ConfigureAwait(false);
    }

    /// <summary>Answers bytes that are JSON already.</summary>
    public ValueTask JsonBytes(ReadOnlySpan<byte> utf8, int status = 200)
    {
        _buffer.Reset();
        _buffer.Write(utf8);
        return SendJson(status);
    }

    /// <summary>The <c>{}</c> that many POST and PUT routes answer, as plain <c>application/json</c>.</summary>
    public ValueTask EmptyObject() => Bytes("{}"u8, "application/json");

    /// <summary>Answers text, <c>text/plain</c> unless told otherwise.</summary>
    public ValueTask Text(ReadOnlySpan<char> text, string contentType = "text/plain", int status = 200)
    {
        _buffer.Reset();
        Encoding.UTF8.GetBytes(text, _buffer);
        return SendBuffer(contentType, status);
    }

    /// <summary>200 with <c>text/plain</c> and no bytes: what PUT and DELETE answer.</summary>
    public ValueTask EmptyText() => Bytes([], "text/plain");

    /// <summary>Answers a status without a body.</summary>
    public ValueTask Empty(int status)
    {
        Start(status);
        if (status is not (204 or 304))
        {
            _response.Headers.ContentLength = 0;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Answers bytes that are copied at once.</summary>
    public ValueTask Bytes(ReadOnlySpan<byte> body, string contentType, int status = 200)
    {
        _buffer.Reset();
        _buffer.Write(body);
        return SendBuffer(contentType, status);
    }

    /// <summary>Answers bytes without gathering them first; they must stay as they are until the task ends.</summary>
    public ValueTask Bytes(ReadOnlyMemory<byte> body, string contentType, int status = 200)
    {
        if (MayCompress(contentType) && body.Length >= AnswerCompression.MinimumBytes)
        {
            return Bytes(body.Span, contentType, status);
        }

        Start(status);
        _response.Headers.ContentType = contentType;
        _response.Headers.ContentLength = body.Length;
        return SendSlicesAsync(body);
    }

    /// <summary>Answers a chunked stream of unknown length, such as an archive; <paramref name="write"/> flushes often enough that memory stays bounded.</summary>
    /// <param name="length">The length, where it is known after all.</param>
    public async ValueTask Stream(string contentType, Func<PipeWriter, CancellationToken, ValueTask> write, long? length = null)
    {
        Start(200);
        _response.Headers.ContentType = contentType;
        _response.Headers.ContentLength = length;
        PipeWriter output = OpenStream();
        await write(output, Aborted).ConfigureAwait(false);
        await output.FlushAsync(Aborted).ConfigureAwait(false);
    }

    /// <summary>Answers the bytes of a source, or the range of them that the client asks for (206, <c>application/octet-stream</c>).</summary>
    /// <param name="ranges">Whether the <c>Range</c> header is obeyed.</param>
    /// <exception cref="EdgeException">416 (41) for a bad range.</exception>
    public async ValueTask Content(IAnswerSource source, string contentType, bool ranges = true)
    {
        long length = source.Length;
        string? asked = ranges ? Header("Range") : null;
        long offset = 0;
        long count = length;
        if (asked is not null)
        {
            (offset, count) = ByteRange.Parse(asked, length);
            Start(206);
            _response.Headers.ContentType = "application/octet-stream";
            _response.Headers.ContentRange = $"bytes {offset}-{offset + count - 1}/{length}";
        }
        else
        {
            Start(200);
            _response.Headers.ContentType = contentType;
        }

        _response.Headers.ContentLength = count;
        if (count > 0)
        {
            PipeWriter output = OpenStream();
            await source.WriteAsync(output, offset, count, Aborted).ConfigureAwait(false);
            await output.FlushAsync(Aborted).ConfigureAwait(false);
        }
    }

    /// <summary>Answers a redirect: 307 as since Orthanc 1.12.4.</summary>
    /// <param name="location">A relative or absolute location of the server's own making.</param>
    public ValueTask Redirect(string location, int status = 307)
    {
        SetHeader("Location", location);
        return Empty(status);
    }

    /// <summary>Declines to answer, as Orthanc does for an unknown resource: an empty 404, or an empty 400 for POST.</summary>
    public ValueTask Decline() => Empty(Method == "POST" ? 400 : 404);

    internal async ValueTask SendSlicesAsync(ReadOnlyMemory<byte> body)
    {
        PipeWriter output = _responseBody.Writer;
        if (body.Length <= SmallBytes)
        {
            // The server flushes at the end of the request: that is one segment, and pipelined answers share it.
            body.Span.CopyTo(output.GetSpan(body.Length));
            output.Advance(body.Length);
            return;
        }

        while (!body.IsEmpty)
        {
            // Headers and the first slice leave in one segment: nothing is written before them.
            int slice = Math.Min(body.Length, SliceBytes);
            FlushResult flushed = await output.WriteAsync(body[..slice], Aborted).ConfigureAwait(false);
            body = body[slice..];
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                return;
            }
        }
    }

    internal async ValueTask StreamJsonPartAsync()
    {
        if (!HasAnswered)
        {
            Start(200);
            _response.Headers.ContentType = JsonAnswer.ContentType;
        }

        await SendSlicesAsync(_buffer.WrittenMemory).ConfigureAwait(false);
        _buffer.Reset();
    }

    internal int PendingBytes => _buffer.WrittenCount;

    private bool PrefersXml => JsonAnswer.PrefersXml(_request.Headers.Accept);

    private bool MayCompress(string contentType) =>
        _pipeline.Options.CompressionEnabled && AnswerCompression.IsCompressible(contentType) && AnswerCompression.Choose(_request.Headers.AcceptEncoding) is not null;

    private AnswerWriter OpenStream()
    {
        _buffer.Reset();
        return new AnswerWriter(_buffer, _responseBody.Writer);
    }

    private Utf8JsonWriter OpenJson()
    {
        _buffer.Reset();
        if (_json is null)
        {
            _json = new Utf8JsonWriter(_buffer, JsonAnswer.WriterOptions);
        }
        else
        {
            _json.Reset(_buffer);
        }

        return _json;
    }

    private ValueTask CloseJson(Utf8JsonWriter json, int status)
    {
        json.Flush();
        return SendJson(status);
    }

    private ValueTask SendJson(int status)
    {
        if (!PrefersXml)
        {
            return SendBuffer(JsonAnswer.ContentType, status);
        }

        using AnswerBuffer xml = new();
        XmlAnswer.Convert(_buffer.WrittenMemory.Span, xml);
        _buffer.Reset();
        _buffer.Write(xml.WrittenMemory.Span);
        return SendBuffer(XmlAnswer.ContentType, status);
    }

    private ValueTask SendBuffer(string contentType, int status)
    {
        Start(status);
        if (_pipeline.Options.CompressionEnabled && _buffer.WrittenCount >= AnswerCompression.MinimumBytes && AnswerCompression.IsCompressible(contentType)
            && AnswerCompression.Choose(_request.Headers.AcceptEncoding) is { } encoding)
        {
            AnswerCompression.Compress(_buffer, encoding);
            _response.Headers.ContentEncoding = encoding;
            _response.Headers.Vary = "Accept-Encoding";
        }

        _response.Headers.ContentType = contentType;
        _response.Headers.ContentLength = _buffer.WrittenCount;
        return SendSlicesAsync(_buffer.WrittenMemory);
    }

    /// <summary>Sets the status; a second answer to one request is a fault of the handler.</summary>
    private void Start(int status)
    {
        if (HasAnswered)
        {
            throw new InvalidOperationException("a request is answered once");
        }

        HasAnswered = true;
        _response.StatusCode = status;
        _pipeline.SetConnectionHeaders(_request.Headers, _response.Headers);
    }

    /// <summary>Takes back an answer of which nothing has left yet, so that a failure can be described instead; an entity tag stays.</summary>
    internal void Retract()
    {
        HasAnswered = false;
        StringValues tag = _response.Headers.ETag;
        _response.Headers.Clear();
        _response.Headers.ETag = tag;
        _buffer.Reset();
    }

    private void ResetAnswer() => _buffer.Release();
}
