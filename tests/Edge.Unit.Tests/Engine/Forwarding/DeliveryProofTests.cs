using System.Collections.Concurrent;
using System.Diagnostics;
using Edge.Core.Configuration;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Engine.Forwarding;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Store.Outbox;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Forwarding;

/// <summary>Storage commitment as proof of delivery, with a destination that answers as the test says.</summary>
public sealed class DeliveryProofTests
{
    private static readonly ForwardingDestinationOptions Proven = new() { RetryMinimum = 1, RetryMaximum = 1, StorageCommitment = true };

    [Fact]
    public async Task WhatWasTakenIsDeliveredWhenTheDestinationAnswersForIt()
    {
        await using StoreFixture store = new();
        await AddAsync(store, 650);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        Destination pacs = new(static (_, items) => null);
        await using ForwardingPump pump = Pump(store, sender, pacs, Proven);
        await pump.StartAsync();
        await UntilAsync(async () => pacs.Asked.Sum(static asked => asked.Items.Count) == 650 && (await CountsAsync(store)).Uncommitted == 650);

        // Owed until then: neither deleted nor recycled.
        await using Edge.Engine.Stability.StabilityMonitor stability = new(TimeSpan.FromSeconds(60), static _ => ValueTask.CompletedTask);
        await using DeliveredRetention retention = new(store.Index, store.Files, new Edge.Engine.ResourceDeletion(store.Index, stability), new ForwardingOptions { DeleteDeliveredAfter = 0 });
        Assert.Equal(0, await retention.SweepAsync());
        Assert.False(await store.Index.EnforceLimitsAsync(new Edge.Store.Index.StorageLimits(1, 0, Recycle: true)));
        Assert.All(pacs.Asked, static asked => Assert.InRange(asked.Items.Count, 1, 500));

        Assert.True(pacs.Report(pacs.Asked.First()));
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == pacs.Asked.First().Items.Count);
        foreach ((string Transaction, IReadOnlyList<CommitmentItem> Items) asked in pacs.Asked.Skip(1))
        {
            pacs.Report(asked);
        }

        await UntilAsync(async () => (await CountsAsync(store)) is { Delivered: 650, Uncommitted: 0 });
        Assert.Equal(650, await retention.SweepAsync());
        Assert.Equal(650, sender.Delivered.Count);
        Assert.False(pacs.Report(pacs.Asked.First())); // nobody waits for it any more
    }

    [Fact]
    public async Task WhatItDoesNotHaveIsSentAgainAndParkedInTheEnd()
    {
        await using StoreFixture store = new();
        await AddAsync(store, 3);
        string missing = "1.1.1.1.2", slow = "1.1.1.1.3";
        int failures = 0;
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        Destination pacs = new((_, items) => items.Select(item =>
            item.SopInstanceUid == missing || (item.SopInstanceUid == slow && Interlocked.Increment(ref failures) == 1) ? item with { FailureReason = 0x0213 } : item));
        await using ForwardingPump pump = Pump(store, sender, pacs, Proven);
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)) is { Delivered: 2, Parked: 1 });
        OutboxRow parked = Assert.Single(await pump.RowsAsync("pacs", OutboxState.Parked, 0, 10));
        Assert.Equal(StoreFixture.InstanceOf(1, 1, 1, 2), parked.InstancePublicId);
        Assert.Contains("0213H", parked.Reason);
        Assert.Equal(0x0213, parked.LastStatus);
        Assert.Equal([1, 3, 2], Enumerable.Range(1, 3).Select(i => sender.Delivered.Count(id => id == StoreFixture.InstanceOf(1, 1, 1, i))));
        Assert.Contains("0213H", Assert.Single(await pump.StatusAsync()).LastError);
    }

    [Fact]
    public async Task AnAnswerThatLeavesAnInstanceOutDoesNotProveIt()
    {
        await using StoreFixture store = new();
        await AddAsync(store, 2);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        Destination pacs = new(static (_, items) => items.Where(static item => item.SopInstanceUid != "1.1.1.1.2"));
        await using ForwardingPump pump = Pump(store, sender, pacs, Proven);
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)) is { Delivered: 1, Parked: 1 });
        Assert.Contains("0112H", Assert.Single(await pump.RowsAsync("pacs", OutboxState.Parked, 0, 10)).Reason);
    }

    [Fact]
    public async Task WhereNoReportComesOrTheRequestFailsItIsAskedAgain()
    {
        await using StoreFixture store = new();
        await AddAsync(store, 2);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        Destination pacs = new(static (call, items) => call switch
        {
            1 => throw new EdgeException(ErrorCode.NetworkProtocol, "connection refused"),
            2 => null,
            _ => items,
        });
        await using ForwardingPump pump = Pump(store, sender, pacs, Proven with { CommitmentTimeout = 1 });
        await pump.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)).Delivered == 2);
        Assert.True(pacs.Calls >= 3);
        Assert.Equal(2, sender.Delivered.Count); // asked again, not sent again
        Assert.Contains("no report of storage commitment within 1 s", Assert.Single(await pump.StatusAsync()).LastError);
    }

    [Fact]
    public async Task AfterARestartItIsAskedAgainAndWithoutTheOptionWhatWasTakenIsDelivered()
    {
        await using StoreFixture store = new();
        await AddAsync(store, 2);
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        Destination silent = new(static (_, _) => null);
        await using (ForwardingPump first = Pump(store, sender, silent, Proven))
        {
            await first.StartAsync();
            await UntilAsync(async () => (await CountsAsync(store)).Uncommitted == 2 && silent.Calls > 0);
        }

        Destination again = new(static (_, _) => null);
        await using (ForwardingPump second = Pump(store, sender, again, Proven))
        {
            await second.StartAsync();
            await UntilAsync(() => Task.FromResult(again.Asked.Sum(static asked => asked.Items.Count) == 2));
            Assert.Equal(2, (await CountsAsync(store)).Uncommitted);
        }

        await using ForwardingPump third = Pump(store, sender, again, Proven with { StorageCommitment = false });
        await third.StartAsync();
        await UntilAsync(async () => (await CountsAsync(store)) is { Delivered: 2, Uncommitted: 0 });
        Assert.Equal(2, sender.Delivered.Count);
    }

    private static async Task AddAsync(StoreFixture store, int instances)
    {
        for (int i = 1; i <= instances; i++)
        {
            await store.Add(1, 1, 1, i, static record => record with { Outbox = [new OutboxRequest("dicom", "pacs")] });
        }
    }

    private static ForwardingPump Pump(StoreFixture store, IDicomSender sender, Destination destination, ForwardingDestinationOptions how)
    {
        EdgeOptions options = new();
        options.Remote.DicomModalities["pacs"] = new ModalityOptions { Aet = "PACS", Host = "localhost", Port = 104 };
        options.Forwarding.Destinations["pacs"] = how;
        options.Forwarding.Rules["all"] = new ForwardingRuleOptions { Node = new(ConfigurationKind.Map, "", 0), To = ["pacs"] };
        ForwardingPump pump = new(store.Index, store.Files, sender, new RuntimeSettings(options), options.Forwarding);
        pump.ProveWith(destination, destination.Reports);
        return pump;
    }

    private static async Task<OutboxCounts> CountsAsync(StoreFixture store) => Assert.Single(await store.Read(static reader => reader.OutboxCounts()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), "it did not happen within a minute");
            await Task.Delay(20);
        }
    }

    /// <summary>Answers at once with what the test makes of the items, by the number of the call; null: not yet.</summary>
    private sealed class Destination(Func<int, IReadOnlyList<CommitmentItem>, IEnumerable<CommitmentItem>?> answer) : IModalityClient
    {
        private int _calls;

        public CommitmentReports Reports { get; } = new(1);

        public ConcurrentQueue<(string Transaction, IReadOnlyList<CommitmentItem> Items)> Asked { get; } = [];

        public int Calls => Volatile.Read(ref _calls);

        public bool Report((string Transaction, IReadOnlyList<CommitmentItem> Items) asked) => Reports.Complete(asked.Transaction, static aet => aet == "PACS", asked.Items);

        public ValueTask RequestCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default)
        {
            IEnumerable<CommitmentItem>? answered = answer(Interlocked.Increment(ref _calls), items);
            Asked.Enqueue((transactionUid, items));
            if (answered is not null)
            {
                Assert.True(Reports.Complete(transactionUid, static aet => aet == "PACS", [.. answered]));
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask EchoAsync(ModalityOptions modality, ModalityCall call, bool checksFind, CancellationToken cancellation = default) => throw new NotSupportedException();

        public ValueTask<List<DataSet>> FindAsync(ModalityOptions modality, ModalityCall call, ResourceLevel level, DataSet query, CancellationToken cancellation = default) => throw new NotSupportedException();

        public ValueTask<List<DataSet>> FindWorklistAsync(ModalityOptions modality, ModalityCall call, DataSet query, CancellationToken cancellation = default) => throw new NotSupportedException();

        public IAsyncEnumerable<RetrieveOutcome> MoveAsync(ModalityOptions modality, ModalityCall call, string targetAet, IReadOnlyList<DataSet> identifiers, CancellationToken cancellation = default) => throw new NotSupportedException();

        public IAsyncEnumerable<RetrieveOutcome> GetAsync(ModalityOptions modality, ModalityCall call, IReadOnlyList<DataSet> identifiers, IReadOnlyList<string> sopClasses, CancellationToken cancellation = default) => throw new NotSupportedException();

        public ValueTask ReportCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default) => throw new NotSupportedException();
    }
}
