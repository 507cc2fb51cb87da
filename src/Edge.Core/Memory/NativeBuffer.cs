using System.Buffers;
using System.Runtime.InteropServices;

namespace Edge.Core.Memory;

/// <summary>
/// A block of memory outside the managed heap. Objects of half a megabyte that live for milliseconds would otherwise
/// fill the large-object heap and decide when the collector runs. There is no finalizer: a span may outlive the object
/// that made it, so only the owner knows when the memory is free.
/// </summary>
public sealed unsafe class NativeBuffer : MemoryManager<byte>
{
    private byte* _start;

    public NativeBuffer(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(length);
        Length = length;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)length, 64);
    }

    /// <summary>The size in bytes.</summary>
    public int Length { get; }

    public override Span<byte> GetSpan()
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        return new Span<byte>(_start, Length);
    }

    public override MemoryHandle Pin(int elementIndex = 0)
    {
        ObjectDisposedException.ThrowIf(_start is null, this);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)elementIndex, (uint)Length, nameof(elementIndex));
        return new MemoryHandle(_start + elementIndex, pinnable: this);
    }

    public override void Unpin()
    {
        // Native memory does not move.
    }

    protected override void Dispose(bool disposing)
    {
        if (_start is not null)
        {
            NativeMemory.AlignedFree(_start);
            _start = null;
        }
    }
}
