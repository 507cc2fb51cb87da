using System.Runtime.CompilerServices;

namespace Edge.Dicom.Reading;

/// <summary>The bytes that a scan moves over: a span that begins a whole, or a window over a source that is filled anew where the scan jumps.</summary>
internal ref struct ScanWindow
{
    private readonly IByteSource? _source;
    private readonly Span<byte> _buffer;
    private ReadOnlySpan<byte> _window;
    private long _start;

    /// <summary>A prefix of <paramref name="total"/> bytes.</summary>
    public ScanWindow(ReadOnlySpan<byte> prefix, long total)
    {
        _window = prefix.Length > total ? prefix[..(int)total] : prefix;
        Total = Math.Max(total, 0);
    }

    /// <summary>A source, read in pieces of the buffer's size.</summary>
    public ScanWindow(IByteSource source, Span<byte> buffer)
    {
        _source = source;
        _buffer = buffer;
        Total = source.Length;
    }

    /// <summary>The length of the whole; of a deflated source lowered when the end shows.</summary>
    public long Total { get; private set; }

    /// <summary>Where the bytes at hand end.</summary>
    public readonly long Available => _start + _window.Length;

    /// <summary>The bytes at an offset, in place; false where they are beyond the prefix or the whole.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryGet(long offset, int count, out ReadOnlySpan<byte> bytes)
    {
        long at = offset - _start;
        if ((ulong)at <= (ulong)_window.Length && count <= _window.Length - at)
        {
            bytes = _window.Slice((int)at, count);
            return true;
        }

        return TryFill(offset, count, out bytes);
    }

    /// <summary>Copies bytes that may be more than the window holds.</summary>
    public bool TryCopy(long offset, Span<byte> destination)
    {
        if (TryGet(offset, Math.Min(destination.Length, _source is null ? int.MaxValue : _buffer.Length), out ReadOnlySpan<byte> bytes))
        {
            bytes.CopyTo(destination);
            if (bytes.Length == destination.Length)
            {
                return true;
            }
        }
        else
        {
            return false;
        }

        // Straight from the source; the window is what it was, unless the source goes forward only.
        long next = offset + bytes.Length;
        Span<byte> rest = destination[bytes.Length..];
        long have = Available - next;
        if (have > 0)
        {
            int known = (int)Math.Min(have, rest.Length);
            _window.Slice((int)(next - _start), known).CopyTo(rest);
            next += known;
            rest = rest[known..];
        }

        int count = rest.Length == 0 ? 0 : _source!.Read(next, rest);
        if (count > 0)
        {
            _start = next + count;
            _window = default;
        }

        if (count < rest.Length)
        {
            Total = Math.Min(Total, next + count);
            return false;
        }

        return true;
    }

    private bool TryFill(long offset, int count, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        if (_source is null || count > _buffer.Length || offset >= Total)
        {
            return false;
        }

        // Keep what is at hand from the offset on: a forward-only source does not give it again.
        int kept = 0;
        if (offset >= _start && offset < Available)
        {
            ReadOnlySpan<byte> tail = _window[(int)(offset - _start)..];
            kept = tail.Length;
            tail.CopyTo(_buffer);
        }

        int wanted = (int)Math.Min(_buffer.Length, Total - offset);
        int read = wanted > kept ? _source.Read(offset + kept, _buffer[kept..wanted]) : 0;
        _start = offset;
        _window = _buffer[..(kept + read)];
        if (kept + read < wanted)
        {
            Total = Math.Min(Total, offset + kept + read);
        }

        if (_window.Length < count)
        {
            return false;
        }

        bytes = _window[..count];
        return true;
    }
}
