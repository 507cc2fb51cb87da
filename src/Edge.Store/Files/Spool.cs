using System.Security.Cryptography;
using Edge.Core.Errors;
using Edge.Store.Format;
using Edge.Store.Native;
using Edge.Core.Threads;

namespace Edge.Store.Files;

/// <summary>An object in <c>incoming/</c>.</summary>
internal sealed class Spool : ISpool, IRandomSource
{
    private readonly ThreadCrew _crew;
    private readonly FullDisk _fullDisk;
    private readonly IncrementalHash? _md5;
    private int _descriptor = -1;
    private string? _digest;

    /// <param name="hashes">Whether the MD5 is worked out as the object comes; else when it is asked for.</param>
    public Spool(ThreadCrew crew, string path, bool hashes, FullDisk fullDisk)
    {
        _crew = crew;
        _fullDisk = fullDisk;
        _md5 = hashes ? IncrementalHash.CreateHash(HashAlgorithmName.MD5) : null;
        FilePath = path;
    }

    public string FilePath { get; }

    public long Length { get; private set; }

    public ValueTask AppendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Spool: this, Bytes: bytes), static s =>
        {
            s.Spool.Append(s.Bytes.Span);
            return true;
        }, cancellation));

    public ValueTask<int> ReadAsync(long offset, Memory<byte> destination, CancellationToken cancellation = default) =>
        new(_crew.RunAsync((Spool: this, Offset: offset, Target: destination), static s => s.Spool.Read(s.Offset, s.Target.Span), cancellation));

    public int Read(long offset, Span<byte> target)
    {
        long left = Length - offset;
        return left <= 0 ? 0 : Posix.Read(_descriptor, left < target.Length ? target[..(int)left] : target, offset);
    }

    /// <summary>MD5 of all that was appended.</summary>
    public string Digest() => _digest ??= _md5 is null ? FileArea.Md5Of(this) : Convert.ToHexStringLower(_md5.GetHashAndReset());

    /// <summary>Ends the object, of no bytes too, and makes them durable where <paramref name="sync"/>.</summary>
    public void Finish(bool sync)
    {
        EnsureOpen();
        if (sync)
        {
            Posix.Sync(_descriptor);
        }
    }

    public ValueTask DisposeAsync() =>
        new(_crew.RunAsync(this, static spool =>
        {
            spool.Close();
            if (File.Exists(spool.FilePath))
            {
                File.Delete(spool.FilePath);
            }

            return true;
        }));

    void IDisposable.Dispose()
    {
        // A reader over a spool does not own it.
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        if (_digest is not null)
        {
            throw new EdgeException(ErrorCode.BadSequenceOfCalls, "A spool that was adopted takes no more bytes");
        }

        try
        {
            EnsureOpen();
            Posix.Write(_descriptor, bytes, Length);
        }
        catch (EdgeException e)
        {
            _fullDisk.Failed(e, Length + bytes.Length);
            throw;
        }

        Length += bytes.Length;
        _fullDisk.Wrote(bytes.Length);
        _md5?.AppendData(bytes);
    }

    private void EnsureOpen()
    {
        if (_descriptor < 0)
        {
            AreaLayout.EnsureFolder(Path.GetDirectoryName(FilePath)!);
            _descriptor = Posix.Open(FilePath, Posix.ReadWrite | Posix.Create | Posix.Exclusive);
        }
    }

    private void Close()
    {
        if (_descriptor >= 0)
        {
            Posix.Close(_descriptor);
            _descriptor = -1;
        }

        _md5?.Dispose();
    }
}
