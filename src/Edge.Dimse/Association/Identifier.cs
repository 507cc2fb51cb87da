using System.Buffers;
using Edge.Core.Memory;

namespace Edge.Dimse.Association;

/// <summary>A data set gathered in a rented array that is charged to the byte budget.</summary>
internal struct Identifier
{
    private byte[]? _array;
    private int _length;
    private long _charged;

    /// <summary>It was longer than allowed, or the budget is used up: the bytes were dropped.</summary>
    public bool Exceeded { get; private set; }

    public readonly ReadOnlyMemory<byte> Bytes => _array.AsMemory(0, _length);

    public void Append(ReadOnlySpan<byte> bytes, int greatest, ByteBudget budget)
    {
        if (Exceeded || bytes.IsEmpty)
        {
            return;
        }

        if (_length + (long)bytes.Length > greatest || !Grow(_length + bytes.Length, budget))
        {
            Release(budget);
            Exceeded = true;
            return;
        }

        bytes.CopyTo(_array.AsSpan(_length));
        _length += bytes.Length;
    }

    public void Release(ByteBudget budget)
    {
        if (_array is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
            budget.Release(_charged);
        }

        (_array, _length, _charged) = (null, 0, 0);
    }

    private bool Grow(int needed, ByteBudget budget)
    {
        if (_array is not null && _array.Length >= needed)
        {
            return true;
        }

        int size = Math.Max(needed, Math.Max(1024, 2 * _length));
        if (!budget.TryReserve(size))
        {
            return false; // refused rather than waited for: what is held here would make others wait
        }

        byte[] larger = ArrayPool<byte>.Shared.Rent(size);
        _array.AsSpan(0, _length).CopyTo(larger);
        int length = _length;
        Release(budget);
        (_array, _length, _charged) = (larger, length, size);
        return true;
    }
}
