using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Edge.Rest.Hosting.Transport;

/// <summary>
/// Pinned blocks for the pipes of connections, in three sizes: 4 KB for headers and small answers, 16 KB, and 64 KB for bodies,
/// which are read with few system calls. A bounded number of each is kept; the rest is garbage.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    public const int Small = 4 << 10;
    public const int Medium = 16 << 10;
    public const int Large = 64 << 10;

    private readonly Shelf _small = new(Small, 256);
    private readonly Shelf _medium = new(Medium, 64);
    private readonly Shelf _large = new(Large, 24);

    public override int MaxBufferSize => Large;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => minBufferSize switch
    {
        <= Small => _small.Take(),
        <= Medium => _medium.Take(),
        <= Large => _large.Take(),
        _ => throw new ArgumentOutOfRangeException(nameof(minBufferSize)),
    };

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Shelf(int size, int most)
    {
        private readonly ConcurrentStack<Block> _free = new();
        private int _count;

        public Block Take()
        {
            if (_free.TryPop(out Block? block))
            {
                Interlocked.Decrement(ref _count);
                return block;
            }

            return new Block(this, GC.AllocateUninitializedArray<byte>(size, pinned: true));
        }

        public void Put(Block block)
        {
            if (Volatile.Read(ref _count) < most)
            {
                Interlocked.Increment(ref _count);
                _free.Push(block);
            }
        }
    }

    private sealed class Block(Shelf shelf, byte[] bytes) : IMemoryOwner<byte>
    {
        public Memory<byte> Memory { get; } = MemoryMarshal.CreateFromPinnedArray(bytes, 0, bytes.Length);

        public void Dispose() => shelf.Put(this);
    }
}
