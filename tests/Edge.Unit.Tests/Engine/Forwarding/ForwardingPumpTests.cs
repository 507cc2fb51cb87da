using System.Buffers;
using System.Diagnostics;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Forwarding;
using Edge.Engine.Ports;
using Edge.Engine.Runtime;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;
using Edge.TestKit.Samples;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Forwarding;

public sealed class ForwardingPumpTests
{
    private static readonly ForwardingDestinationOptions Eager = new() { RetryMinimum = 1, RetryMaximum = 1 };

    [Fact]
    public async Task DeliversInTheOrderOfEachSeries()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 3, instances: 40);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, sender, new() { Associations = 3 });
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 120);
        string[] delivered = [.. sender.Delivered];
        for (int series = 1; series <= 3; series++)
        {
            string[] expected = [.. Enumerable.Range(1, 40).Select(i => StoreFixture.InstanceOf(1, 1, series, i))];
            Assert.Equal(expected, delivered.Where(expected.Contains));
        }

        Assert.InRange(sender.MostOpen, 1, 3);
        DestinationStatus status = Assert.Single(await pump.StatusAsync());
        Assert.Equal(120, status.SentLastMinute);
        Assert.Equal("", status.LastError);
    }

    [Fact]
    public async Task ADeadDestinationDelaysItselfAloneAndLosesNothing()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 2, instances: 10, destinations: ["dead", "pacs"]);
        bool isDead = true;
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        FakeSender dying = new((instance, _) => isDead ? FakeSender.Outage(instance) : FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, new ByName(name => name == "DEAD" ? dying : sender), Eager, "dead", "pacs");
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store, "pacs")).Delivered == 20 && dying.Batches >= 2);
        OutboxCounts dead = await CountsAsync(store, "dead");
        Assert.Equal((20L, 0L), (dead.Pending + dead.Sending, dead.Parked));
        Assert.True(pump.SinceHeartbeat < TimeSpan.FromSeconds(5));
        Assert.Equal("connection refused", (await pump.StatusAsync())[0].LastError[^18..]);

        isDead = false;
        await UntilAsync(async () => (await CountsAsync(store, "dead")).Delivered == 20);
        Assert.Equal(dying.Delivered.Where(id => id.Length > 0).Order(), sender.Delivered.Order());
    }

    [Fact]
    public async Task AFailingInstanceDelaysItselfAlone()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 1, instances: 10);
        string busy = StoreFixture.InstanceOf(1, 1, 1, 3);
        FakeSender sender = new((instance, tries) => instance.PublicId == busy && tries < 2 ? FakeSender.Busy(instance) : FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, sender, Eager);
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 10);
        Assert.Equal(busy, sender.Delivered.Last());
    }

    [Fact]
    public async Task APermanentFailureIsParkedWithItsReasonUntilSomebodyRetriesOrDropsIt()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 1, instances: 5);
        string first = StoreFixture.InstanceOf(1, 1, 1, 1);
        string second = StoreFixture.InstanceOf(1, 1, 1, 2);
        FakeSender sender = new((instance, tries) => (instance.PublicId == first && tries < 2) || instance.PublicId == second ? FakeSender.Refused(instance) : FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, sender, Eager);
        await pump.StartAsync();
        await UntilAsync(async () => await CountsAsync(store) is { Delivered: 3, Parked: 2 });
        List<OutboxRow> parked = await pump.RowsAsync("pacs", OutboxState.Parked, 0, 10);
        Assert.All(parked, static row => Assert.Equal((0xA900, true), (row.LastStatus, row.Reason.Contains("A900"))));

        Assert.Equal(2, await pump.RetryAsync("pacs", null, OutboxState.Parked, "user tester"));
        await UntilAsync(async () => await CountsAsync(store) is { Delivered: 4, Parked: 1 });
        Assert.Equal(second, Assert.Single(await pump.DropAsync("pacs", null, OutboxState.Parked, "user tester")).InstancePublicId);
        Assert.Equal(0, (await CountsAsync(store)).Parked);
        await Assert.ThrowsAsync<EdgeException>(async () => await pump.PauseAsync("nowhere", "user tester"));
    }

    [Fact]
    public async Task AnInstanceThatBreaksTheConnectionDoesNotHoldBackTheOthersForEver()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 1, instances: 6);
        string poison = StoreFixture.InstanceOf(1, 1, 1, 1);
        FakeSender sender = new((instance, _) => instance.PublicId == poison ? FakeSender.Outage(instance) : FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, sender, Eager);
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 5);
        Assert.DoesNotContain(poison, sender.Delivered);
    }

    [Fact]
    public async Task WhatAStopInterruptsIsSentAfterTheNextStart()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 1, instances: 50);
        using SemaphoreSlim reached = new(0);
        FakeSender slow = new((instance, _) =>
        {
            reached.Release();
            Thread.Sleep(20);
            return FakeSender.Sent(instance);
        });
        await using (ForwardingPump pump = Pump(store, slow, Eager))
        {
            await pump.StartAsync();
            await reached.WaitAsync();
            await reached.WaitAsync();
        }

        OutboxCounts counts = await CountsAsync(store);
        Assert.Equal((50L, 0L), (counts.Pending + counts.Delivered, counts.Sending));
        Assert.Equal(slow.Delivered.Count, counts.Delivered);
        await store.ReopenAsync();
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using ForwardingPump next = Pump(store, sender, Eager);
        await next.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 50);
        Assert.Empty(slow.Delivered.Intersect(sender.Delivered));
    }

    [Fact]
    public async Task APausedDestinationStaysPausedOverARestart()
    {
        await using StoreFixture store = new();
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using (ForwardingPump pump = Pump(store, sender, Eager))
        {
            await pump.StartAsync();
            await pump.PauseAsync("pacs", "user alice");
        }

        await FillAsync(store, series: 1, instances: 3);
        await using ForwardingPump next = Pump(store, sender, Eager);
        await next.StartAsync();
        DestinationStatus status = Assert.Single(await next.StatusAsync());
        Assert.Equal((DestinationActivity.Paused, "user alice"), (status.Activity, status.PausedBy));
        await Task.Delay(200);
        Assert.Empty(sender.Delivered);
        await next.ResumeAsync("pacs", "user alice");
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 3);
    }

    [Fact]
    public async Task TheBandwidthLimitHolds()
    {
        await using StoreFixture store = new();
        for (int i = 1; i <= 4; i++)
        {
            byte[] bytes = new SyntheticInstance { Rows = 160, Columns = 160, Seed = i }.ToFile();
            AttachmentRecord file = await store.Files.WriteAsync(new ReadOnlySequence<byte>(bytes), new WriteOptions());
            await store.Index.StoreInstanceAsync(StoreFixture.Record(1, 1, 1, i, file) with { Outbox = [new("dicom", "pacs")] });
        }

        FakeSender sender = new((instance, _) => FakeSender.Sent(instance)) { ReadsData = true };
        await using ForwardingPump pump = Pump(store, sender, new() { MaximumKBps = 200 });
        Stopwatch clock = Stopwatch.StartNew();
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 4);
        Assert.InRange(sender.BytesRead, 204_800, 220_000);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.6, 5);
    }

    [Fact]
    public async Task RetentionDeletesWhatEveryDestinationConfirmedAndNothingElse()
    {
        await using StoreFixture store = new();
        await FillAsync(store, series: 1, instances: 3, destinations: ["dead", "pacs"]);
        await store.Add(2, 1, 1, 1, static record => record with { Outbox = [new("dicom", "pacs")] });
        await store.Add(3, 1, 1, 1);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using ForwardingPump pump = Pump(store, sender, Eager, "pacs");
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 4);
        await pump.PauseAsync("dead", "user tester");
        ForwardingOptions options = new() { DeleteDeliveredAfter = 0 };
        await using Edge.Engine.Stability.StabilityMonitor stability = new(TimeSpan.FromSeconds(60), static _ => ValueTask.CompletedTask);
        bool deadHasThem = (await CountsAsync(store, "dead")).Delivered == 3;
        await using DeliveredRetention retention = new(store.Index, store.Files, new Edge.Engine.ResourceDeletion(store.Index, stability), options);
        int deleted = await retention.SweepAsync();
        Assert.Equal(deadHasThem ? 4 : 1, deleted);
        Assert.Null(await store.Read(static reader => reader.Find(StoreFixture.InstanceOf(2, 1, 1, 1))));
        Assert.NotNull(await store.Read(static reader => reader.Find(StoreFixture.InstanceOf(3, 1, 1, 1))));
    }

    private static async Task FillAsync(StoreFixture store, int series, int instances, params string[] destinations)
    {
        OutboxRequest[] requests = [.. (destinations.Length == 0 ? ["pacs"] : destinations).Select(static name => new OutboxRequest("dicom", name))];
        for (int i = 1; i <= instances; i++)
        {
            for (int s = 1; s <= series; s++)
            {
                await store.Add(1, 1, s, i, record => record with { Outbox = requests });
            }
        }
    }

    private static ForwardingPump Pump(StoreFixture store, IDicomSender sender, ForwardingDestinationOptions destination, params string[] names)
    {
        names = names.Length == 0 ? ["pacs"] : names;
        EdgeOptions options = new();
        foreach (string name in names)
        {
            options.Remote.DicomModalities[name] = new ModalityOptions { Aet = name.ToUpperInvariant(), Host = "localhost", Port = 104 };
            options.Forwarding.Destinations[name] = destination;
        }

        options.Forwarding.Rules["all"] = new ForwardingRuleOptions { Node = new(Edge.Core.Configuration.ConfigurationKind.Map, "", 0), To = names };
        return new ForwardingPump(store.Index, store.Files, sender, new RuntimeSettings(options), options.Forwarding);
    }

    private static async Task<OutboxCounts> CountsAsync(StoreFixture store, string destination = "pacs") =>
        (await store.Read(static reader => reader.OutboxCounts())).Find(at => at.Destination == destination) ?? new OutboxCounts(destination, 0, 0, 0, 0, null);

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "it did not happen within 30 seconds");
            await Task.Delay(20);
        }
    }

    private sealed class ByName(Func<string, IDicomSender> choose) : IDicomSender
    {
        public IAsyncEnumerable<SendResult> SendAsync(ModalityOptions destination, IReadOnlyList<OutgoingInstance> instances, SendOptions? options = null, CancellationToken cancellation = default) =>
            choose(destination.Aet).SendAsync(destination, instances, options, cancellation);
    }
}
