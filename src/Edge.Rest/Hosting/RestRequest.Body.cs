using System.Buffers;
using System.IO.Compression;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Rest.Json;
using Microsoft.AspNetCore.Http.Features;

namespace Edge.Rest.Hosting;

/// <content>The body: streamed, or read into memory that the byte budget has granted.</content>
public sealed partial class RestRequest
{
    private const int FirstBlock = 16 * 1024;

    // Same limits for every JSON body: comments as Orthanc's parser allows them, depth far above any real document.
    private static readonly JsonDocumentOptions JsonRules = new() { CommentHandling = JsonCommentHandling.Skip, MaxDepth = 64 };

    private long _charged;
    private byte[]? _bodyArray;
    private PipeReader? _bodyReader;
    private GZipStream? _inflater;

    /// <summary>The announced length of the body in bytes as transferred; null where it is chunked.</summary>
    public long? ContentLength => _request.Headers.ContentLength;

    /// <summary>The Content-Type header, or null.</summary>
    public string? ContentType => _request.Headers.ContentType is { Count: > 0 } type ? type[0] : null;

    /// <summary>
    /// The body as a stream of unbounded length, inflated where <c>Content-Encoding</c> is gzip. Reading throws
    /// <see cref="EdgeException"/> past <see cref="RestOptions.MaximumInflatedBytes"/> and for damaged gzip data.
    /// </summary>
    /// <exception cref="EdgeException">415 for another encoding.</exception>
    public PipeReader BodyReader => _bodyReader ??= OpenBody();

    /// <summary>Reads the whole body.</summary>
    /// <param name="maximumBytes">The most that is accepted, after inflation.</param>
    /// <returns>Memory that is valid until the request ends or <see cref="ReleaseBody"/>.</returns>
    /// <exception cref="EdgeException">413 where it is longer; 503 where the byte budget stays exhausted.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadBodyAsync(long maximumBytes)
    {
        long limit = Math.Min(maximumBytes, Math.Min(_pipeline.Budget.Capacity, Array.MaxLength));
        bool plain = _request.Headers.ContentEncoding.Count == 0;
        if (plain && ContentLength > limit)
        {
            throw TooLong(limit);
        }

        if (!HasBody || ContentLength == 0)
        {
            return ReadOnlyMemory<byte>.Empty;
        }

        PipeReader reader = BodyReader;
        int capacity = plain && ContentLength is { } length ? (int)length : (int)Math.Min(FirstBlock, limit);
        await RechargeAsync(capacity).ConfigureAwait(false);
        byte[] array = _bodyArray = ArrayPool<byte>.Shared.Rent(Math.Max(capacity, 1));
        int count = 0;
        while (true)
        {
            ReadResult read = await reader.ReadAsync(Aborted).ConfigureAwait(false);
            if (count + read.Buffer.Length > limit)
            {
                reader.AdvanceTo(read.Buffer.End);
                throw TooLong(limit);
            }

            int needed = count + (int)read.Buffer.Length;
            if (needed > array.Length)
            {
                int grown = (int)Math.Min(Math.Max(needed, array.Length * 2L), Math.Max(limit, needed));
                await ChargeAsync(grown - array.Length).ConfigureAwait(false);
                byte[] larger = ArrayPool<byte>.Shared.Rent(grown);
                array.AsSpan(0, count).CopyTo(larger);
                ArrayPool<byte>.Shared.Return(array);
                array = _bodyArray = larger;
            }

            read.Buffer.CopyTo(array.AsSpan(count));
            count = needed;
            reader.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return array.AsMemory(0, count);
            }
        }
    }

    /// <summary>Reads the whole body as UTF-8 text; a byte order mark is dropped, ill-formed bytes become U+FFFD.</summary>
    /// <param name="maximumBytes">The most that is accepted; 0 for <see cref="RestOptions.MaximumTextBytes"/>.</param>
    public async ValueTask<string> ReadTextAsync(long maximumBytes = 0)
    {
        ReadOnlyMemory<byte> body = await ReadBodyAsync(maximumBytes > 0 ? maximumBytes : _pipeline.Options.MaximumTextBytes).ConfigureAwait(false);
        return Encoding.UTF8.GetString(WithoutMark(body).Span);
    }

    /// <summary>Reads the whole body as JSON. Dispose the document; its elements are valid until the request ends.</summary>
    /// <param name="maximumBytes">The most that is accepted; 0 for <see cref="RestOptions.MaximumTextBytes"/>.</param>
    /// <exception cref="EdgeException">400 (15) where the body is empty or no JSON. Values of an unexpected type, found later by the handler, are 400 (8).</exception>
    /// <param name="malformed">The code of the error, for the few routes of Orthanc that answer another.</param>
    public async ValueTask<JsonDocument> ReadJsonAsync(long maximumBytes = 0, ErrorCode malformed = ErrorCode.BadFileFormat) =>
        await ReadOptionalJsonAsync(maximumBytes, malformed).ConfigureAwait(false)
        ?? throw new EdgeException(malformed, "The body of the request must be JSON, but is empty");

    /// <summary>As <see cref="ReadJsonAsync"/>, but null for an empty body.</summary>
    public async ValueTask<JsonDocument?> ReadOptionalJsonAsync(long maximumBytes = 0, ErrorCode malformed = ErrorCode.BadFileFormat)
    {
        ReadOnlyMemory<byte> body = WithoutMark(await ReadBodyAsync(maximumBytes > 0 ? maximumBytes : _pipeline.Options.MaximumTextBytes).ConfigureAwait(false));
        if (body.IsEmpty)
        {
            return null;
        }

        if (!JsonText.IsWellFormed(body.Span))
        {
            throw new EdgeException(malformed, "The JSON of the request is not valid UTF-8");
        }

        await ChargeAsync(IndexSize(body.Span)).ConfigureAwait(false);
        try
        {
            return JsonDocument.Parse(body, JsonRules);
        }
        catch (JsonException failure)
        {
            throw new EdgeException(malformed, $"The body of the request is not valid JSON (line {failure.LineNumber + 1}, byte {failure.BytePositionInLine})", failure);
        }
    }

    /// <summary>Gives back the memory of a body that was read, before the request ends.</summary>
    public void ReleaseBody()
    {
        if (_bodyArray is { } array)
        {
            _bodyArray = null;
            ArrayPool<byte>.Shared.Return(array);
        }

        if (_charged > 0)
        {
            _pipeline.Budget.Release(_charged);
            _charged = 0;
        }
    }

    /// <summary>Reserves bytes of the network budget until the request ends, waiting for them for a bounded time.</summary>
    /// <exception cref="EdgeException">413 where the request would hold more than the whole budget; 503 (4) where the bytes do not become free.</exception>
    public async ValueTask ChargeAsync(long bytes)
    {
        if (bytes <= 0)
        {
            return;
        }

        if (_charged + bytes > _pipeline.Budget.Capacity)
        {
            throw TooLong(_pipeline.Budget.Capacity); // could only wait for itself
        }

        if (_pipeline.Budget.TryReserve(bytes))
        {
            _charged += bytes;
            return;
        }

        using CancellationTokenSource patience = CancellationTokenSource.CreateLinkedTokenSource(Aborted);
        patience.CancelAfter(_pipeline.Options.BudgetPatience);
        try
        {
            long reserved = await _pipeline.Budget.ReserveAsync(bytes, patience.Token).ConfigureAwait(false);
            _charged += reserved;
        }
        catch (OperationCanceledException) when (!Aborted.IsCancellationRequested)
        {
            throw new EdgeException(ErrorCode.NotEnoughMemory, "Too many bytes are being received at the moment, try again later") { HttpStatus = 503 };
        }
    }

    /// <summary>Replaces what is charged so far: nothing is held while waiting, so that large bodies cannot block each other.</summary>
    private ValueTask RechargeAsync(long bytes)
    {
        if (bytes <= _charged)
        {
            return ValueTask.CompletedTask;
        }

        _pipeline.Budget.Release(_charged);
        _charged = 0;
        return ChargeAsync(bytes);
    }

    private void ResetBody()
    {
        _inflater?.Dispose();
        _inflater = null;
        _bodyReader = null;
        ReleaseBody();
    }

    private PipeReader OpenBody()
    {
        PipeReader plain = _features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader;
        string? encoding = Header("Content-Encoding");
        if (string.IsNullOrEmpty(encoding) || encoding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            return plain;
        }

        if (!encoding.Equals("gzip", StringComparison.OrdinalIgnoreCase) || _request.Headers.ContentEncoding.Count > 1)
        {
            throw new EdgeException(ErrorCode.UnsupportedMediaType, "The only Content-Encoding accepted for a request is gzip");
        }

        _inflater = new GZipStream(plain.AsStream(leaveOpen: true), CompressionMode.Decompress, leaveOpen: true);
        return PipeReader.Create(new InflatedBody(_inflater, _pipeline.Options.MaximumInflatedBytes), new StreamPipeReaderOptions(bufferSize: FirstBlock, leaveOpen: true));
    }

    /// <summary>The most that <see cref="JsonDocument"/> needs to index the text: 12 bytes per token.</summary>
    private static long IndexSize(ReadOnlySpan<byte> json) =>
        12L * (json.Count((byte)',') + json.Count((byte)':') + (2 * (json.Count((byte)'[') + json.Count((byte)'{'))) + 1);

    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> body) => body.Span.StartsWith("\uFEFF"u8) ? body[3..] : body;

    private static EdgeException TooLong(long limit) =>
        new(ErrorCode.BadRequest, $"The body of the request exceeds the {limit} bytes accepted here") { HttpStatus = 413 };
}
