using System.Buffers;

namespace Edge.Rest.Hosting;

/// <summary>A growing buffer on pooled arrays. An array that is no longer needed goes back at <see cref="Release"/>, so idle connections hold nothing.</summary>
internal sealed class AnswerBuffer : IBufferWriter<byte>, IDisposable
{
    private const int FirstBytes = 4096;
    private byte[] _array = [];

    public int WrittenCount { get; private set; }

    public ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, WrittenCount);

    public void Advance(int count) => WrittenCount += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _array.AsMemory(WrittenCount);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _array.AsSpan(WrittenCount);
    }

    public void Reset() => WrittenCount = 0;

    /// <summary>Takes over the content of <paramref name="other"/>, which becomes empty.</summary>
    public void Take(AnswerBuffer other)
    {
        Release();
        (_array, WrittenCount) = (other._array, other.WrittenCount);
        (other._array, other.WrittenCount) = ([], 0);
    }

    public void Release()
    {
        WrittenCount = 0;
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
        }
    }

    public void Dispose() => Release();

    private void Ensure(int sizeHint)
    {
        int needed = Math.Max(sizeHint, 1);
        if (_array.Length - WrittenCount >= needed)
        {
            return;
        }

        long grown = Math.Max(Math.Max(_array.Length * 2L, FirstBytes), (long)WrittenCount + needed);
        if (grown > Array.MaxLength)
        {
            grown = (long)WrittenCount + needed <= Array.MaxLength ? Array.MaxLength : throw new OutOfMemoryException("the answer is too long");
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent((int)grown);
        _array.AsSpan(0, WrittenCount).CopyTo(larger);
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
        }

        _array = larger;
    }
}
