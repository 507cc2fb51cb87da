using System.Buffers.Binary;
using System.IO.Compression;
using Edge.Core.Errors;
using Edge.Store.Format;

namespace Edge.Store.Files;

/// <summary>Orthanc's compressed form: the plain size in 8 bytes little-endian, then a zlib stream; empty stays empty.</summary>
internal static class ZlibForm
{
    private const int Piece = 64 << 10;

    /// <summary>Compresses <paramref name="plainSize"/> bytes of <paramref name="source"/> into <paramref name="target"/>.</summary>
    public static void Write(IRandomSource source, long plainSize, Stream target)
    {
        if (plainSize == 0)
        {
            return;
        }

        Span<byte> size = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(size, plainSize);
        target.Write(size);
        using ZLibStream zlib = new(target, CompressionLevel.Optimal, leaveOpen: true);
        byte[] piece = new byte[Piece];
        for (long at = 0; at < plainSize;)
        {
            int read = source.Read(at, piece.AsSpan(0, (int)Math.Min(Piece, plainSize - at)));
            if (read == 0)
            {
                throw new EdgeException(ErrorCode.CorruptedFile, "The data ended before its size");
            }

            zlib.Write(piece, 0, read);
            at += read;
        }
    }

    /// <summary>Whether the bytes at the start of a file look like this form.</summary>
    public static bool IsLikely(ReadOnlySpan<byte> start, out long plainSize)
    {
        plainSize = start.Length >= 10 ? BinaryPrimitives.ReadInt64LittleEndian(start) : 0;
        return plainSize is > 0 and < 1L << 44 && (start[8] & 0x0F) == 8 && ((start[8] << 8) | start[9]) % 31 == 0;
    }
}

/// <summary>The plain data of a file in zlib form, read forwards; going back starts again.</summary>
internal sealed class ZlibSource(IRandomSource stored, long plainSize) : IRandomSource
{
    private ZLibStream? _inflater;
    private long _position;

    public long Length => plainSize;

    public int Read(long offset, Span<byte> target)
    {
        if (offset >= plainSize)
        {
            return 0;
        }

        if (_inflater is null || offset < _position)
        {
            _inflater?.Dispose();
            _inflater = new ZLibStream(new SourceStream(stored) { Position = 8 }, CompressionMode.Decompress);
            _position = 0;
        }

        try
        {
            byte[] skipped = offset > _position ? new byte[32 << 10] : [];
            while (_position < offset)
            {
                int read = _inflater.Read(skipped, 0, (int)Math.Min(skipped.Length, offset - _position));
                if (read == 0)
                {
                    throw ContainerHeader.Damaged("the zlib stream ends early");
                }

                _position += read;
            }

            int done = _inflater.ReadAtLeast(target, (int)Math.Min(target.Length, plainSize - offset), throwOnEndOfStream: false);
            _position += done;
            return done;
        }
        catch (InvalidDataException e)
        {
            throw new EdgeException(ErrorCode.CorruptedFile, "Damaged stored file: the zlib stream is broken", e);
        }
    }

    public void Dispose()
    {
        _inflater?.Dispose();
        stored.Dispose();
    }
}

/// <summary>A read-only stream over a source, not owning it.</summary>
internal sealed class SourceStream(IRandomSource source) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => source.Length;

    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        int read = source.Read(Position, buffer);
        Position += read;
        return read;
    }

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
