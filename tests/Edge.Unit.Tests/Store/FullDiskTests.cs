using Edge.Core.Errors;
using Edge.Store;
using Edge.Store.Files;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class FullDiskTests
{
    [Fact]
    public void AnEpisodeIsToldOnceAndEndsWhenWhatWasRefusedFits()
    {
        List<StoreEvent> told = [];
        long free = 100;
        FullDisk disk = new(() => free, told.Add);
        disk.Failed(new EdgeException(ErrorCode.CannotWriteFile, "read-only"), 500);
        disk.Wrote(10);
        Assert.Empty(told);

        EdgeException full = new(ErrorCode.FullStorage, "full");
        disk.Failed(full, 500);
        disk.Wrote(10); // A small one still finds room.
        disk.Failed(full, 400);
        Assert.Contains("is full", Assert.Single(told).Text);

        free = 501;
        disk.Wrote(10);
        disk.Wrote(500);
        Assert.Equal(2, told.Count);
        Assert.Contains("room again", told[1].Text);

        free = 0;
        disk.Failed(full, 300);
        disk.Wrote(300);
        Assert.Equal(4, told.Count);
        Assert.All(told, static e => Assert.True(e.IsProblem));
    }
}
