using Edge.Imaging;

namespace Edge.Engine.Images;

/// <summary>The pixels of a frame and how they are to be shown. Shared: whoever is given one disposes it, and the last one gives the memory back.</summary>
public sealed class DecodedFrame(PixelBuffer pixels, bool isInverted, FramePresentation presentation) : IDisposable
{
    private int _owners = 1;

    /// <summary>Not to be changed: others may look at them.</summary>
    public PixelBuffer Pixels { get; } = pixels;

    /// <summary>Whether grey goes from white to black.</summary>
    public bool IsInverted { get; } = isInverted;

    public FramePresentation Presentation { get; } = presentation;

    /// <summary>The memory it holds: the pool rents powers of two.</summary>
    public long Size => (long)System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)Pixels.Bytes.Length);

    /// <summary>Makes the caller one more owner; only for who knows that there is another.</summary>
    public DecodedFrame Share()
    {
        Interlocked.Increment(ref _owners);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) == 0)
        {
            Pixels.Dispose();
        }
    }
}
