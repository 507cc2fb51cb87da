namespace Edge.Core.Memory;

/// <summary>
/// Blocks of native memory in a few sizes, kept for the next object. What comes back beyond the number kept of a size
/// is freed, so that a burst does not set the memory of the process for ever.
/// </summary>
public sealed class NativeBufferPool : IDisposable
{
    private static readonly (int Size, int Keep)[] Classes =
    [
        (64 << 10, 16),
        (1 << 20, 12),
        (4 << 20, 1),
        (16 << 20, 0),
    ];

    private readonly Stack<NativeBuffer>[] _free = new Stack<NativeBuffer>[Classes.Length];
    private readonly Lock _gate = new();
    private bool _disposed;

    public NativeBufferPool()
    {
        for (int i = 0; i < _free.Length; i++)
        {
            _free[i] = new Stack<NativeBuffer>(Classes[i].Keep);
        }
    }

    /// <summary>The largest block the pool hands out, in bytes.</summary>
    public static int LargestSize => Classes[^1].Size;

    /// <summary>The size of the block that <see cref="Rent"/> would hand out for <paramref name="length"/> bytes.</summary>
    public static int SizeFor(int length)
    {
        foreach ((int size, _) in Classes)
        {
            if (length <= size)
            {
                return size;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(length), length, $"at most {LargestSize} bytes");
    }

    /// <summary>A block of at least <paramref name="length"/> bytes, its content undefined. Give it back with <see cref="Return"/>.</summary>
    public NativeBuffer Rent(int length)
    {
        int size = SizeFor(length);
        lock (_gate)
        {
            if (_free[ClassOf(size)].TryPop(out NativeBuffer? kept))
            {
                return kept;
            }
        }

        return new NativeBuffer(size);
    }

    public void Return(NativeBuffer buffer)
    {
        int index = ClassOf(buffer.Length);
        lock (_gate)
        {
            if (!_disposed && _free[index].Count < Classes[index].Keep)
            {
                _free[index].Push(buffer);
                return;
            }
        }

        ((IDisposable)buffer).Dispose();
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            foreach (Stack<NativeBuffer> stack in _free)
            {
                while (stack.TryPop(out NativeBuffer? kept))
                {
                    ((IDisposable)kept).Dispose();
                }
            }
        }
    }

    private static int ClassOf(int size)
    {
        for (int i = 0; i < Classes.Length; i++)
        {
            if (Classes[i].Size == size)
            {
                return i;
            }
        }

        throw new ArgumentOutOfRangeException(nameof(size), size, "not a block of this pool");
    }
}
