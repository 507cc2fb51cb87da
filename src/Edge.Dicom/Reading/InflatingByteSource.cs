using System.IO.Compression;

namespace Edge.Dicom.Reading;

/// <summary>
/// A deflated data set (PS3.5 A.5) as inflated bytes, meant to be read forward: an offset before the last one read starts again from the beginning.
/// How long it is shows only at the end: until then <see cref="Length"/> is the limit.
/// </summary>
internal sealed class InflatingByteSource : IByteSource, IDisposable
{
    private readonly Func<Stream> _open;
    private readonly byte[] _skipped = new byte[8192];
    private Stream _deflated;
    private DeflateStream _inflater;
    private long _position;

    /// <param name="open">Gives the deflated bytes from their start.</param>
    public InflatingByteSource(Func<Stream> open, long limit)
    {
        _open = open;
        _deflated = open();
        _inflater = new DeflateStream(_deflated, CompressionMode.Decompress);
        Length = limit;
    }

    /// <summary>How many deflated bytes were taken.</summary>
    public long DeflatedPosition => _deflated.Position;

    public long Length { get; }

    /// <summary>Whether the deflated bytes ended before the stream's end mark, or are damaged.</summary>
    public bool IsDamaged { get; private set; }

    public int Read(long offset, Span<byte> destination)
    {
        if (offset < _position)
        {
            Restart();
        }

        while (_position < offset)
        {
            int skipped = ReadSome(_skipped.AsSpan(0, (int)Math.Min(_skipped.Length, offset - _position)));
            if (skipped == 0)
            {
                return 0;
            }
        }

        int total = 0;
        while (total < destination.Length)
        {
            int count = ReadSome(destination[total..]);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }

    /// <summary>All bytes up to the limit.</summary>
    /// <exception cref="DicomFormatException">More than the limit.</exception>
    public byte[] ReadAll(int limit)
    {
        using var output = new MemoryStream();
        var piece = new byte[81920];
        for (int count = Read(_position, piece); count > 0; count = Read(_position, piece))
        {
            if (output.Length + count > limit)
            {
                throw new DicomFormatException($"The deflated data set is larger than {limit} bytes");
            }

            output.Write(piece, 0, count);
        }

        return output.ToArray();
    }

    public void Dispose() => _inflater.Dispose();

    private void Restart()
    {
        _inflater.Dispose();
        _deflated = _open();
        _inflater = new DeflateStream(_deflated, CompressionMode.Decompress);
        _position = 0;
    }

    private int ReadSome(Span<byte> destination)
    {
        try
        {
            int count = _inflater.Read(destination);
            _position += count;
            return count;
        }
        catch (InvalidDataException)
        {
            // Damaged: what was inflated so far counts, as with a truncated file.
            IsDamaged = true;
            return 0;
        }
    }
}

/// <summary>A part of a byte source as a stream.</summary>
internal sealed class ByteSourceStream(IByteSource source, long start) : Stream
{
    private readonly long _start = start;
    private long _position = start;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => source.Length - _start;

    public override long Position
    {
        get => _position - _start;
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = source.Read(_position, buffer);
        _position += count;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
