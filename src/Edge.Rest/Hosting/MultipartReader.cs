using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Edge.Core.Errors;

namespace Edge.Rest.Hosting;

/// <summary>The header lines of one part.</summary>
/// <param name="Name">The <c>name</c> of the Content-Disposition, or null.</param>
/// <param name="FileName">Its <c>filename</c>, or null.</param>
/// <param name="ContentType">The type, or null.</param>
public sealed record MultipartPart(string? Name, string? FileName, string? ContentType);

/// <summary>
/// Reads <c>multipart/form-data</c> and <c>multipart/related</c> (RFC 2046 5.1) part by part as a stream: nothing but the
/// header lines of a part and the pipe's window is held in memory.
/// </summary>
/// <remarks>
/// Use: <c>while (await reader.NextPartAsync() is { } part) { while (true) { var read = await reader.ReadAsync(); …; reader.Advance(n); } }</c>.
/// What is left of a part is skipped by the next <see cref="NextPartAsync"/>.
/// </remarks>
public sealed class MultipartReader
{
    private const int MaximumHeaderBytes = 16 * 1024;
    private const int MaximumParts = 100_000;
    private readonly PipeReader _input;
    private readonly byte[] _delimiter;
    private State _state = State.Preamble;
    private long _offered;
    private ReadOnlySequence<byte> _window;
    private int _parts;

    private MultipartReader(PipeReader input, string boundary)
    {
        _input = input;
        _delimiter = Encoding.ASCII.GetBytes($"\r\n--{boundary}");
    }

    private enum State
    {
        Preamble,
        Part,
        PartEnded,
        Finished,
    }

    /// <summary>Whether a content type is multipart of a kind that uploads use.</summary>
    public static bool IsMultipart(string? contentType) =>
        contentType is not null && (contentType.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) || contentType.StartsWith("multipart/related", StringComparison.OrdinalIgnoreCase));

    /// <param name="contentType">The request's Content-Type, with its <c>boundary</c>.</param>
    /// <exception cref="EdgeException">400 (8): the boundary is absent or not 1 to 70 ASCII characters.</exception>
    public static MultipartReader Create(PipeReader body, string contentType)
    {
        string? boundary = Parameter(contentType, "boundary");
        if (boundary is null || boundary.Length is 0 or > 70 || !Ascii.IsValid(boundary) || boundary.AsSpan().ContainsAny('\r', '\n'))
        {
            throw Bad("the boundary of the multipart body is missing or malformed");
        }

        return new MultipartReader(body, boundary);
    }

    /// <summary>Goes to the next part.</summary>
    /// <returns>Null after the last one.</returns>
    /// <exception cref="EdgeException">400 (8): the body ends before its closing delimiter, or header lines are too long.</exception>
    public async ValueTask<MultipartPart?> NextPartAsync(CancellationToken cancellation = default)
    {
        if (_state == State.Finished)
        {
            return null;
        }

        Advance(0);
        if (_state == State.Preamble)
        {
            await SkipPreambleAsync(cancellation).ConfigureAwait(false);
        }

        while (_state == State.Part)
        {
            ReadOnlySequence<byte> rest = await ReadAsync(cancellation).ConfigureAwait(false);
            Advance(rest.Length);
        }

        if (!await EntersPartAsync(cancellation).ConfigureAwait(false))
        {
            _state = State.Finished;
            return null;
        }

        if (++_parts > MaximumParts)
        {
            throw Bad("the multipart body has too many parts");
        }

        MultipartPart part = await ReadHeadersAsync(cancellation).ConfigureAwait(false);
        _state = State.Part;
        return part;
    }

    /// <summary>Yields further bytes of the part.</summary>
    /// <returns>Bytes to take, then to <see cref="Advance"/> over; empty at the part's end.</returns>
    public async ValueTask<ReadOnlySequence<byte>> ReadAsync(CancellationToken cancellation = default)
    {
        while (_state == State.Part)
        {
            ReadResult read = await _input.ReadAsync(cancellation).ConfigureAwait(false);
            ReadOnlySequence<byte> buffer = read.Buffer;
            SequenceReader<byte> search = new(buffer);
            if (search.TryReadTo(out ReadOnlySequence<byte> content, _delimiter, advancePastDelimiter: false))
            {
                if (content.IsEmpty)
                {
                    EndPart(buffer);
                    break;
                }

                return Offer(content);
            }

            // The delimiter may be cut at the end of the window: hold back as much as could be its beginning.
            long certain = buffer.Length - (_delimiter.Length - 1);
            if (certain > 0)
            {
                return Offer(buffer.Slice(0, certain));
            }

            if (read.IsCompleted)
            {
                throw Truncated();
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
        }

        return ReadOnlySequence<byte>.Empty;
    }

    /// <summary>Tells that <paramref name="bytes"/> of what <see cref="ReadAsync"/> yielded were taken.</summary>
    public void Advance(long bytes)
    {
        if (bytes > _offered)
        {
            throw new ArgumentOutOfRangeException(nameof(bytes));
        }

        if (_offered > 0)
        {
            _input.AdvanceTo(_window.GetPosition(bytes));
            _offered = 0;
            _window = default;
        }
    }

    private ReadOnlySequence<byte> Offer(ReadOnlySequence<byte> content)
    {
        _window = content;
        _offered = content.Length;
        return content;
    }

    private void EndPart(ReadOnlySequence<byte> buffer)
    {
        _input.AdvanceTo(buffer.GetPosition(_delimiter.Length));
        _state = State.PartEnded;
    }

    /// <summary>Skips to behind the first delimiter, which may stand at the very beginning without its line break.</summary>
    private async ValueTask SkipPreambleAsync(CancellationToken cancellation)
    {
        ReadOnlyMemory<byte> first = _delimiter.AsMemory(2);
        ReadResult read = await _input.ReadAtLeastAsync(first.Length, cancellation).ConfigureAwait(false);
        if (StartsWith(read.Buffer, first.Span))
        {
            _input.AdvanceTo(read.Buffer.GetPosition(first.Length));
            _state = State.PartEnded;
            return;
        }

        _input.AdvanceTo(read.Buffer.Start);
        _state = State.Part; // the preamble reads like a part that nobody wants
    }

    /// <summary>
    /// After a delimiter: a line break leads to a part, two dashes close the body, and so does its end, for there are clients that leave the
    /// dashes out. Only what HTTP says is complete gets here: a body that was cut off fails when it is read.
    /// </summary>
    private async ValueTask<bool> EntersPartAsync(CancellationToken cancellation)
    {
        ReadResult read = await _input.ReadAtLeastAsync(2, cancellation).ConfigureAwait(false);
        if (StartsWith(read.Buffer, "--"u8) || (read.Buffer.IsEmpty && read.IsCompleted))
        {
            _input.AdvanceTo(read.Buffer.End);
            return false;
        }

        if (!StartsWith(read.Buffer, "\r\n"u8))
        {
            _input.AdvanceTo(read.Buffer.End);
            throw read.Buffer.Length < 2 ? Truncated() : Bad("a delimiter of the multipart body is malformed");
        }

        // The line break stays: an empty header block is then the same "\r\n\r\n" as a filled one.
        _input.AdvanceTo(read.Buffer.Start);
        return true;
    }

    private async ValueTask<MultipartPart> ReadHeadersAsync(CancellationToken cancellation)
    {
        while (true)
        {
            ReadResult read = await _input.ReadAsync(cancellation).ConfigureAwait(false);
            SequenceReader<byte> search = new(read.Buffer);
            if (search.TryReadTo(out ReadOnlySequence<byte> block, "\r\n\r\n"u8))
            {
                if (block.Length > MaximumHeaderBytes)
                {
                    _input.AdvanceTo(read.Buffer.End);
                    throw Bad("the header lines of a part of the multipart body are too long");
                }

                string text = Encoding.UTF8.GetString(block);
                _input.AdvanceTo(search.Position);
                return ParseHeaders(text);
            }

            if (read.IsCompleted || read.Buffer.Length > MaximumHeaderBytes)
            {
                _input.AdvanceTo(read.Buffer.End);
                throw read.IsCompleted ? Truncated() : Bad("the header lines of a part of the multipart body are too long");
            }

            _input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private static MultipartPart ParseHeaders(string block)
    {
        string? name = null;
        string? fileName = null;
        string? type = null;
        foreach (Range range in block.AsSpan().Split("\r\n"))
        {
            ReadOnlySpan<char> line = block.AsSpan()[range];
            int colon = line.IndexOf(':');
            if (colon <= 0)
            {
                continue;
            }

            ReadOnlySpan<char> key = line[..colon].Trim();
            string value = line[(colon + 1)..].Trim().ToString();
            if (key.Equals("Content-Disposition", StringComparison.OrdinalIgnoreCase))
            {
                name = Parameter(value, "name");
                fileName = Parameter(value, "filename");
            }
            else if (key.Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
            {
                type = value;
            }
        }

        return new MultipartPart(name, fileName, type);
    }

    /// <summary>The value of <c>; name=value</c> or <c>; name="value"</c>.</summary>
    private static string? Parameter(string header, string name)
    {
        int at = header.IndexOf(';');
        while (at >= 0 && at < header.Length)
        {
            ReadOnlySpan<char> rest = header.AsSpan(at + 1);
            int equals = rest.IndexOf('=');
            if (equals < 0)
            {
                return null;
            }

            bool found = rest[..equals].Trim().Equals(name, StringComparison.OrdinalIgnoreCase);
            ReadOnlySpan<char> value = rest[(equals + 1)..];
            int skipped = value.Length;
            value = value.TrimStart();
            skipped -= value.Length;
            int end;
            if (value.StartsWith('"'))
            {
                int close = value[1..].IndexOf('"');
                if (close < 0)
                {
                    return null;
                }

                if (found)
                {
                    return value.Slice(1, close).ToString();
                }

                end = close + 2;
            }
            else
            {
                end = value.IndexOf(';');
                end = end < 0 ? value.Length : end;
                if (found)
                {
                    return value[..end].Trim().ToString();
                }
            }

            int next = header.IndexOf(';', at + 1 + equals + 1 + skipped + end);
            at = next;
        }

        return null;
    }

    private static bool StartsWith(ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> text)
    {
        if (buffer.Length < text.Length)
        {
            return false;
        }

        SequenceReader<byte> reader = new(buffer);
        return reader.IsNext(text);
    }

    private static EdgeException Truncated() => Bad("the multipart body ends before its closing delimiter");

    private static EdgeException Bad(string detail) => new(ErrorCode.BadRequest, detail);
}
