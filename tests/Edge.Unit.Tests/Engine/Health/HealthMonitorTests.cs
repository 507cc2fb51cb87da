using Edge.Core.Options;
using Edge.Engine.Health;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Health;

public sealed class HealthMonitorTests
{
    [Fact]
    public async Task AWholeServerIsReadyAndBacklogDoesNotChangeThat()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1, static record => record with { Outbox = [new("dicom", "pacs")] });
        Readiness readiness = await Monitor(store, static () => true).ReadinessAsync();
        Assert.True(readiness.IsReady, string.Join(", ", readiness.Checks));
        Assert.Equal(["storage", "index", "disk", "dicom"], readiness.Checks.Select(static check => check.Name));
        Assert.Equal(1, Assert.Single(readiness.Backlog).Pending);
        Assert.True(readiness.FreeBytes > 0);
    }

    [Fact]
    public async Task ADeadListenerMakesItUnready()
    {
        await using StoreFixture store = new();
        Readiness readiness = await Monitor(store, static () => false).ReadinessAsync();
        Assert.Equal("dicom", Assert.Single(readiness.Checks, static check => !check.IsWell).Name);
    }

    [Fact]
    public async Task ANarrowDiskMakesItUnready()
    {
        await using StoreFixture store = new();
        Readiness readiness = await Monitor(store, null, minimumFreeMB: int.MaxValue).ReadinessAsync();
        HealthCheck check = Assert.Single(readiness.Checks, static check => !check.IsWell);
        Assert.Equal("disk", check.Name);
        Assert.Contains("MinimumFreeMB", check.Problem);
    }

    [Fact]
    public async Task AStorageThatCannotBeWrittenMakesItUnready()
    {
        await using StoreFixture store = new();
        string incoming = Path.Combine(store.Folder, "incoming");
        if (Directory.Exists(incoming))
        {
            Directory.Delete(incoming, true);
        }

        await File.WriteAllTextAsync(incoming, "a file where the folder was");
        Readiness readiness = await Monitor(store, null).ReadinessAsync();
        Assert.Equal("storage", Assert.Single(readiness.Checks, static check => !check.IsWell).Name);
        File.Delete(incoming);
    }

    [Fact]
    public async Task OneProbeAnswersAllWhoAskWithinASecond()
    {
        await using StoreFixture store = new();
        HealthMonitor monitor = Monitor(store, null);
        Task<Readiness> first = monitor.ReadinessAsync();
        Assert.Same(first, monitor.ReadinessAsync());
        await first;
    }

    private static HealthMonitor Monitor(StoreFixture store, Func<bool>? isDicomUp, int minimumFreeMB = 0)
    {
        EdgeOptions options = new();
        options.Health.MinimumFreeMB = minimumFreeMB;
        options.Storage.IndexDirectory = store.Folder;
        return new HealthMonitor(store.Index, store.Files, options, isDicomUp);
    }
}
