using Edge.Engine.Images;
using Edge.Imaging;
using Xunit;

namespace Edge.Unit.Tests.Engine.Images;

public sealed class FrameCacheTests
{
    private const int FrameSize = 1 << 16;

    [Fact]
    public void TheFramesUsedLastStay()
    {
        using FrameCache cache = new(4 * FrameSize);
        Guid file = Guid.NewGuid();
        for (int frame = 0; frame < 4; frame++)
        {
            Add(cache, file, frame);
        }

        cache.Find(file, 0)!.Dispose();
        Add(cache, file, 4);
        Assert.Equal(4 * FrameSize, cache.Used);
        Assert.Null(cache.Find(file, 1));
        Assert.Null(cache.Find(Guid.NewGuid(), 0));
        foreach (int there in new[] { 0, 2, 3, 4 })
        {
            using DecodedFrame frame = cache.Find(file, there)!;
            Assert.Equal((byte)there, frame.Pixels.Bytes[0]);
        }
    }

    [Fact]
    public void AFrameInUseOutlivesItsPlaceInTheCache()
    {
        FrameCache cache = new(4 * FrameSize);
        Guid file = Guid.NewGuid();
        Add(cache, file, 7);
        DecodedFrame used = cache.Find(file, 7)!;
        cache.Dispose();
        Assert.Equal(0, cache.Used);
        Assert.Equal(7, used.Pixels.Bytes[0]);
        used.Dispose();
        Assert.Throws<ObjectDisposedException>(() => used.Pixels.Bytes[0]);
    }

    [Fact]
    public void WhatWouldDriveOutTheRestIsNotKept()
    {
        using FrameCache cache = new(3 * FrameSize);
        Add(cache, Guid.NewGuid(), 0);
        Assert.Equal(0, cache.Used);
        using FrameCache none = new(0);
        Add(none, Guid.NewGuid(), 0);
        Assert.Equal(0, none.Used);
    }

    private static void Add(FrameCache cache, Guid file, int frame)
    {
        PixelBuffer pixels = new(256, 256, PixelFormat.Gray8);
        pixels.Bytes[0] = (byte)frame;
        using DecodedFrame decoded = new(pixels, false, default);
        cache.Add(file, frame, decoded);
    }
}
