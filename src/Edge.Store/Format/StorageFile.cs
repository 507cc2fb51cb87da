using System.Buffers;
using System.Buffers.Binary;
using Edge.Core.Errors;

namespace Edge.Store.Format;

/// <summary>
/// Reads one stored file by itself, without server or index (<c>edge-dicom extract</c>): docs/storage-format.md.
/// Every block is verified before its bytes are given out. One caller at a time.
/// </summary>
public sealed class StorageFile : IDisposable
{
    private readonly IRandomSource _source;
    private readonly ContainerHeader? _header;
    private readonly byte[] _index;
    private readonly long[] _offsets;
    private byte[]? _block;
    private int _blockNumber = -1;

    private StorageFile(IRandomSource source, ContainerHeader? header, byte[] index, long[] offsets)
    {
        _source = source;
        _header = header;
        _index = index;
        _offsets = offsets;
    }

    /// <summary>Bytes of the data.</summary>
    public long Length => _header?.PlainSize ?? _source.Length;

    /// <summary>Whether it is a container; false: stored as it came.</summary>
    public bool IsContainer => _header is not null;

    /// <summary>Opens a stored file. A file that is not a container is read as it is.</summary>
    /// <exception cref="EdgeException"><c>CorruptedFile</c>: a container with a damaged header; <c>InexistentFile</c>.</exception>
    public static StorageFile Open(string path)
    {
        try
        {
            return Open(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0));
        }
        catch (IOException e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new EdgeException(ErrorCode.InexistentFile, "No such stored file", e);
        }
    }

    /// <summary>The same over a seekable stream, which it then owns.</summary>
    public static StorageFile Open(Stream stream) => Open(new StreamSource(stream));

    internal static StorageFile Open(IRandomSource source)
    {
        try
        {
            Span<byte> start = stackalloc byte[ContainerHeader.Size];
            int read = source.Read(0, start);
            if (read < ContainerHeader.Magic.Length || !start[..ContainerHeader.Magic.Length].SequenceEqual(ContainerHeader.Magic))
            {
                return new StorageFile(source, null, [], []);
            }

            ContainerHeader header = ContainerHeader.Read(start[..read], source.Length);
            byte[] index = new byte[header.BlocksOffset];
            if (source.Read(0, index) != index.Length
                || ContainerHeader.Checksum(index) != BinaryPrimitives.ReadUInt32LittleEndian(index.AsSpan(60)))
            {
                throw ContainerHeader.Damaged("the checksum of its header is wrong");
            }

            return new StorageFile(source, header, index, Locate(header, index));
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Reads from <paramref name="offset"/> until <paramref name="destination"/> is full or the data ends; only the blocks touched are read.</summary>
    /// <exception cref="EdgeException"><c>CorruptedFile</c>, naming the block.</exception>
    public int Read(long offset, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (_header is null)
        {
            return _source.Read(offset, destination);
        }

        int done = 0;
        while (done < destination.Length && offset + done < _header.PlainSize)
        {
            int number = (int)((offset + done) / _header.BlockLength);
            long start = (long)number * _header.BlockLength;
            int within = (int)(offset + done - start);
            int length = (int)Math.Min(_header.BlockLength, _header.PlainSize - start);
            int take = Math.Min(length - within, destination.Length - done);
            if (within == 0 && take == length && number != _blockNumber)
            {
                DecodeBlock(number, destination.Slice(done, length));
            }
            else
            {
                Load(number, length);
                _block.AsSpan(within, take).CopyTo(destination[done..]);
            }

            done += take;
        }

        return done;
    }

    /// <summary>Copies all of the data.</summary>
    public void CopyTo(Stream target)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(ContainerHeader.BlockSize);
        try
        {
            long at = 0;
            int read;
            while ((read = Read(at, buffer.AsSpan(0, ContainerHeader.BlockSize))) > 0)
            {
                target.Write(buffer, 0, read);
                at += read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        _source.Dispose();
        if (_block is { } block)
        {
            _block = null;
            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static long[] Locate(ContainerHeader header, byte[] index)
    {
        long[] offsets = new long[header.Blocks + 1];
        offsets[0] = header.BlocksOffset;
        for (int i = 0; i < header.Blocks; i++)
        {
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(index.AsSpan(ContainerHeader.Size + (i * ContainerHeader.IndexEntrySize))) & ~ContainerHeader.StoredPlain;
            if (length == 0 || length > header.BlockLength)
            {
                throw ContainerHeader.Damaged($"block {i} has a wrong length");
            }

            offsets[i + 1] = offsets[i] + length;
        }

        return offsets[^1] == header.StoredSize ? offsets : throw ContainerHeader.Damaged("its blocks do not fill it");
    }

    private void Load(int number, int length)
    {
        if (_blockNumber == number)
        {
            return;
        }

        _blockNumber = -1;
        _block ??= ArrayPool<byte>.Shared.Rent(_header!.BlockLength);
        DecodeBlock(number, _block.AsSpan(0, length));
        _blockNumber = number;
    }

    private void DecodeBlock(int number, Span<byte> target)
    {
        int length = (int)(_offsets[number + 1] - _offsets[number]);
        byte[] stored = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            if (_source.Read(_offsets[number], stored.AsSpan(0, length)) != length)
            {
                throw ContainerHeader.Damaged($"block {number} is cut off");
            }

            ReadOnlySpan<byte> entry = _index.AsSpan(ContainerHeader.Size + (number * ContainerHeader.IndexEntrySize));
            BlockCodec.Decode(stored.AsSpan(0, length), BinaryPrimitives.ReadUInt32LittleEndian(entry), BinaryPrimitives.ReadUInt32LittleEndian(entry[4..]),
                number, (long)number * _header!.BlockLength, _header.Filter, target);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(stored);
        }
    }
}
