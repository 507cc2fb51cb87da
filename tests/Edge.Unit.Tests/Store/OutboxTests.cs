using Edge.Core.Ids;
using Edge.Store.Index;
using Edge.Store.Outbox;
using Edge.Store.Sqlite;
using Xunit;

namespace Edge.Unit.Tests.Store;

/// <summary>The outbox under a backlog: what is due is found without looking at what is not, and counts are kept, not made.</summary>
public sealed class OutboxTests : IAsyncLifetime
{
    private static readonly OutboxRequest Pacs = new("dicom", "PACS");
    private readonly StoreFixture _store = new();
    private readonly DateTimeOffset _now = DateTimeOffset.UtcNow.AddMinutes(1);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _store.DisposeAsync();

    [Fact]
    public async Task EveryStatementUsesItsIndex()
    {
        string Plan(string sql) => _store.Read(r => ((SqliteReader)r).Explain(sql)).Result;
        (string Sql, string Index)[] expected =
        [
            (OutboxTable.LinesSql, "outbox_lines_order (destination=?)"),
            (OutboxTable.DueSql, "outbox_ready (destination=? AND series=?)"),
            (OutboxTable.HeadSql, "outbox_ready (destination=? AND series=?)"),
            (OutboxTable.SendingSql, "outbox_state (destination=? AND state=?)"),
            (OutboxTable.LaterSql, "outbox_later (destination=? AND not_before>? AND not_before<?)"),
            (OutboxTable.ListSql, "outbox_state (destination=? AND state=? AND id>?)"),
            (OutboxTable.DeliveredSql, "outbox_delivered (destination=? AND updated>? AND updated<?)"),
            (OutboxTable.OldestSql, "outbox_state (destination=? AND state=?)"),
            (Recycling.NextSql, "recycling_owed (owed=?)"),
            (OutboxSweep.Sql, "outbox_state (destination=? AND state=? AND id>?)"),
        ];
        foreach ((string sql, string index) in expected)
        {
            string plan = Plan(sql);
            Assert.True(plan.Contains(index, StringComparison.Ordinal), $"{sql}: {plan}");
            Assert.DoesNotContain("SCAN", plan);
            Assert.DoesNotContain("TEMP B-TREE", plan);
        }

        await Task.CompletedTask;
    }

    [Fact]
    public async Task ABusySeriesDoesNotHideTheOthers()
    {
        for (int i = 1; i <= 20; i++)
        {
            await AddAsync(1, i);
        }

        await AddAsync(2, 1);
        Assert.Equal([(1, 1), (1, 2), (1, 3)], await ClaimAsync(3));
        Assert.Equal([(2, 1)], await ClaimAsync(64));
        Assert.Empty(await ClaimAsync(64));
    }

    [Fact]
    public async Task TheOldestHeadGoesFirstUnlessPrioritySaysOtherwise()
    {
        await AddAsync(1, 1);
        await AddAsync(2, 1);
        await AddAsync(1, 2);
        await AddAsync(3, 1, Pacs with { Priority = 1 });
        Assert.Equal([(3, 1), (1, 1), (1, 2), (2, 1)], await ClaimAsync(64));
    }

    [Fact]
    public async Task ARowThatWaitsForItsTimeIsDueThenAndNotBefore()
    {
        await AddAsync(1, 1, Pacs with { NotBefore = _now.AddHours(1) });
        await AddAsync(1, 2);
        Assert.Equal([(1, 2)], await ClaimAsync(64));
        await SettleAsync(OutboxState.Delivered);
        Assert.Empty(await ClaimAsync(64));
        Assert.Single(await _store.Index.ClaimOutboxAsync("PACS", _now.AddHours(2), 64, []));
    }

    [Fact]
    public async Task CountsFollowEveryChange()
    {
        for (int i = 1; i <= 6; i++)
        {
            await AddAsync(i % 2, i);
        }

        await _store.Add(1, 1, 9, 9, r => r with { Outbox = [Pacs with { Destination = "OTHER" }] });
        await ClaimAsync(3);
        await AssertCountsAsync();
        List<OutboxRow> sending = await _store.Read(r => r.Outbox("PACS", OutboxState.Sending, 0, 10));
        await _store.Index.SettleOutboxAsync(
        [
            new(sending[0].Id, OutboxState.Delivered, 0, "", _now), new(sending[1].Id, OutboxState.Parked, 0xC000, "refused", _now), new(sending[2].Id, OutboxState.Pending, 0xA700, "full", _now.AddHours(1)),
        ]);
        await AssertCountsAsync();
        Assert.Equal(1, await _store.Index.RetryOutboxAsync("PACS", null, OutboxState.Parked));
        await AssertCountsAsync();
        await ClaimAsync(1);
        await _store.ReopenAsync();
        await AssertCountsAsync();
        await _store.Add(1, 1, sending[0].InstancePublicId == StoreFixture.InstanceOf(1, 1, 1, 1) ? 1 : 2, 1, r => r with { Overwrite = true, Outbox = [Pacs] });
        await AssertCountsAsync();
        await _store.Index.DeleteResourceAsync(sending[2].InstancePublicId, ResourceLevel.Instance);
        await AssertCountsAsync();
        Assert.NotEmpty(await _store.Index.DropOutboxAsync("PACS", null, OutboxState.Pending));
        await AssertCountsAsync();
    }

    [Fact]
    public async Task WhatCameToOweSomethingIsNotDeletedAsDelivered()
    {
        await AddAsync(1, 1);
        await AddAsync(1, 2);
        await ClaimAsync(64);
        await SettleAsync(OutboxState.Delivered);
        await _store.Add(1, 1, 1, 1, r => r with { OutboxIfAlreadyStored = [Pacs] });
        DeleteOutcome outcome = await _store.Index.DeleteDeliveredAsync([StoreFixture.InstanceOf(1, 1, 1, 1), StoreFixture.InstanceOf(1, 1, 1, 2)]);
        Assert.Equal([StoreFixture.InstanceOf(1, 1, 1, 2)], outcome.Deleted.Select(each => each.PublicId));
        Assert.NotNull(await _store.Read(r => r.Find(StoreFixture.InstanceOf(1, 1, 1, 1))));
    }

    [Fact]
    public async Task WhatWasInFlightIsDueAfterARestart()
    {
        await AddAsync(1, 1);
        await AddAsync(1, 2);
        await ClaimAsync(64);
        await _store.ReopenAsync();
        Assert.Equal([(1, 1), (1, 2)], await ClaimAsync(64));
    }

    [Fact]
    public async Task WhatIsSentAgainOnRepetitionGoesToTheEndOfItsSeries()
    {
        await AddAsync(1, 1);
        await ClaimAsync(64);
        await SettleAsync(OutboxState.Delivered);
        await AddAsync(1, 2);
        await _store.Add(1, 1, 1, 1, r => r with { OutboxIfAlreadyStored = [Pacs] });
        Assert.Equal([(1, 2), (1, 1)], await ClaimAsync(64));
    }

    [Fact]
    public async Task DeliveredRowsAreListedByTheTimeOfTheirConfirmation()
    {
        for (int i = 1; i <= 3; i++)
        {
            await AddAsync(i, 1);
        }

        List<OutboxRow> claimed = [.. await _store.Index.ClaimOutboxAsync("PACS", _now, 64, [])];
        foreach (OutboxRow row in new[] { claimed[2], claimed[0], claimed[1] })
        {
            await Task.Delay(2);
            await _store.Index.SettleOutboxAsync([new(row.Id, OutboxState.Delivered, 0, "", _now)]);
        }

        List<OutboxRow> all = await _store.Read(r => r.OutboxDelivered("PACS", _now, null, 10));
        Assert.Equal([claimed[2].Id, claimed[0].Id, claimed[1].Id], all.Select(row => row.Id));
        Assert.Equal([claimed[1].Id], (await _store.Read(r => r.OutboxDelivered("PACS", _now, all[1], 10))).Select(row => row.Id));
        Assert.Empty(await _store.Read(r => r.OutboxDelivered("PACS", all[0].Updated.AddMilliseconds(-1), null, 10)));
    }

    private async Task AddAsync(int series, int instance, OutboxRequest? request = null) => await _store.Add(1, 1, series, instance, r => r with { Outbox = [request ?? Pacs] });

    private async Task<List<(int Series, int Instance)>> ClaimAsync(int limit)
    {
        IReadOnlyList<OutboxRow> rows = await _store.Index.ClaimOutboxAsync("PACS", _now, limit, []);
        Dictionary<string, (int, int)> names = [];
        for (int series = 0; series < 10; series++)
        {
            for (int instance = 1; instance <= 20; instance++)
            {
                names[StoreFixture.InstanceOf(1, 1, series, instance)] = (series, instance);
            }
        }

        return [.. rows.Select(row => names[row.InstancePublicId])];
    }

    private async Task SettleAsync(OutboxState state)
    {
        List<OutboxRow> sending = await _store.Read(r => r.Outbox("PACS", OutboxState.Sending, 0, 100));
        await _store.Index.SettleOutboxAsync([.. sending.Select(row => new OutboxResult(row.Id, state, 0, "", _now))]);
    }

    /// <summary>The counts that are kept are those that counting gives.</summary>
    private async Task AssertCountsAsync()
    {
        List<OutboxCounts> kept = await _store.Read(r => r.OutboxCounts());
        foreach (OutboxCounts at in kept)
        {
            foreach ((OutboxState state, long rows) in new[] { (OutboxState.Pending, at.Pending), (OutboxState.Sending, at.Sending), (OutboxState.Parked, at.Parked), (OutboxState.Delivered, at.Delivered) })
            {
                Assert.Equal(rows, (await _store.Read(r => r.Outbox(at.Destination, state, 0, 100))).Count);
            }
        }
    }
}
