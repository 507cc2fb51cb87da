using System.Buffers;
using System.Security.Cryptography;
using Edge.Store.Format;

namespace Edge.Store.Files;

/// <summary>Data in memory.</summary>
internal sealed class SequenceSource(ReadOnlySequence<byte> content) : IRandomSource
{
    public long Length => content.Length;

    public int Read(long offset, Span<byte> target)
    {
        long left = content.Length - offset;
        if (left <= 0)
        {
            return 0;
        }

        int take = (int)Math.Min(left, target.Length);
        content.Slice(offset, take).CopyTo(target);
        return take;
    }

    public void Dispose()
    {
    }
}

/// <summary>The data inside a container, owned.</summary>
internal sealed class ContainerSource(StorageFile container) : IRandomSource
{
    public long Length => container.Length;

    public int Read(long offset, Span<byte> target) => container.Read(offset, target);

    public void Dispose() => container.Dispose();
}

/// <summary>A forward stream into a file that counts and hashes what passes.</summary>
internal sealed class HashingTarget(IRandomTarget target, bool hash) : Stream
{
    private readonly IncrementalHash? _md5 = hash ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
    private readonly byte[] _gathered = ArrayPool<byte>.Shared.Rent(64 << 10);
    private long _flushed;
    private int _held;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => _flushed + _held;

    public override long Position { get => Length; set => throw new NotSupportedException(); }

    public string? Digest() => _md5 is null ? null : Convert.ToHexStringLower(_md5.GetHashAndReset());

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _md5?.AppendData(buffer);
        while (!buffer.IsEmpty)
        {
            int take = Math.Min(buffer.Length, _gathered.Length - _held);
            buffer[..take].CopyTo(_gathered.AsSpan(_held));
            _held += take;
            buffer = buffer[take..];
            if (_held == _gathered.Length)
            {
                Flush();
            }
        }
    }

    public override void Flush()
    {
        target.Write(_flushed, _gathered.AsSpan(0, _held));
        _flushed += _held;
        _held = 0;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            ArrayPool<byte>.Shared.Return(_gathered);
            _md5?.Dispose();
        }

        base.Dispose(disposing);
    }
}
