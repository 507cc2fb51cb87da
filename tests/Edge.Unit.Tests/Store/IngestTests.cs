using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Outbox;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class IngestTests
{
    [Fact]
    public async Task ANewInstanceMakesItsParentsAndLogsChangesInOrthancsOrder()
    {
        await using StoreFixture store = new();
        StoreOutcome first = await store.Add(1, 1, 1, 1);
        Assert.Equal(StoreStatus.Stored, first.Status);
        Assert.True(first is { NewPatient: true, NewStudy: true, NewSeries: true });
        StoreOutcome second = await store.Add(1, 1, 1, 2);
        Assert.True(second is { NewPatient: false, NewStudy: false, NewSeries: false });

        ChangePage page = await store.Read(r => r.Changes(new ChangeQuery()));
        Assert.Equal([ChangeKind.NewInstance, ChangeKind.NewSeries, ChangeKind.NewStudy, ChangeKind.NewPatient, ChangeKind.NewInstance], page.Rows.Select(c => c.Kind));
        Assert.Equal([1, 2, 3, 4, 5], page.Rows.Select(c => c.Sequence));
        Assert.Equal(StoreFixture.InstanceOf(1, 1, 1, 1), page.Rows[0].PublicId);
        Assert.True(page.Done);

        ResourceRow study = (await store.Read(r => r.Find(StoreFixture.StudyOf(1, 1), ResourceLevel.Study)))!;
        Assert.Equal("A1-1", study.Tags.Get(0x00080050));
        Assert.Equal("Müller^Jo 00001", study.PatientTags.Get(0x00100010));
        Assert.Matches("^[0-9]{8}T[0-9]{6}$", study.Metadata.Get(MetadataType.LastUpdate));
        Assert.Equal([StoreFixture.SeriesOf(1, 1, 1)], await store.Read(r => r.ChildIds(study.Id)));
        Assert.Equal(new OriginRecord("dicom", "SENDER", 7), await store.Read(r => r.Origin(first.InstanceId)));
        IndexTotals totals = await store.Read(r => r.Totals());
        Assert.Equal(new ResourceCounts(1, 1, 1, 2), totals.Counts);
        Assert.Equal(200, totals.Sizes.Plain);
        Assert.Null(await store.Read(r => r.Find(StoreFixture.StudyOf(1, 1), ResourceLevel.Series)));
        Assert.Null(await store.Read(r => r.Find("nonsense")));
    }

    [Fact]
    public async Task AnExistingInstanceIsKeptAndTheNewFileRemoved()
    {
        await using StoreFixture store = new();
        StoreOutcome first = await store.Add(1, 1, 1, 1);
        StoreOutcome again = await store.Add(1, 1, 1, 1);
        Assert.Equal(StoreStatus.AlreadyStored, again.Status);
        Assert.Equal(first.InstanceId, again.InstanceId);
        await store.Store.DrainRemovalsAsync();
        Assert.Single(await Files(store));
        Assert.Equal(100, (await store.Read(r => r.Totals())).Sizes.Plain);
    }

    [Fact]
    public async Task OverwritingStoresANewVersionThatKeepsTheImageNumber()
    {
        await using StoreFixture store = new();
        StoreOutcome first = await store.Add(1, 1, 1, 1, r => r with { Outbox = [new OutboxRequest("dicom", "PACS")] });
        await store.Add(1, 1, 1, 2);
        StoreOutcome again = await store.Add(1, 1, 1, 1, r => r with { Overwrite = true, Outbox = [new OutboxRequest("dicom", "PACS")] }, size: 300);
        Assert.Equal(StoreStatus.Stored, again.Status);
        Assert.True(again.Overwritten);
        Assert.True(again.InstanceId > first.InstanceId);
        Assert.Equal(first.ImageId, again.ImageId);
        Assert.Equal("PACS", Assert.Single(again.Settled).Destination);
        Assert.Equal(again.InstanceId, (await store.Read(r => r.FindByImageId(first.ImageId)))!.Id);
        Assert.Equal(400, (await store.Read(r => r.Totals())).Sizes.Plain);
        await store.Store.DrainRemovalsAsync();
        Assert.Equal(2, (await Files(store)).Count);

        StoreOutcome third = await store.Add(1, 1, 1, 1, r => r with { Overwrite = true });
        Assert.Equal(first.ImageId, third.ImageId);
    }

    [Fact]
    public async Task OverwritingTheOnlyInstanceMakesItsParentsNewAgain()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        StoreOutcome again = await store.Add(1, 1, 1, 1, r => r with { Overwrite = true });
        Assert.True(again is { NewPatient: true, NewStudy: true, NewSeries: true });
        Assert.Equal(new ResourceCounts(1, 1, 1, 1), (await store.Read(r => r.Totals())).Counts);
        Assert.Equal([5, 6, 7, 8], (await store.Read(r => r.Changes(new ChangeQuery()))).Rows.Select(c => c.Sequence));
    }

    [Fact]
    public async Task TheLastOfTheExpectedInstancesCompletesTheSeries()
    {
        await using StoreFixture store = new();
        InstanceRecord Expecting(InstanceRecord r) => r with { Series = r.Series with { Metadata = [new(MetadataType.ExpectedNumberOfInstances, "3")] } };
        Assert.False((await store.Add(1, 1, 1, 1, Expecting)).CompletedSeries);
        Assert.False((await store.Add(1, 1, 1, 3, Expecting)).CompletedSeries);
        Assert.True((await store.Add(1, 1, 1, 2, Expecting)).CompletedSeries);
        Assert.Equal(ChangeKind.CompletedSeries, (await store.Read(r => r.LastChange())).Rows[0].Kind);
        Assert.False((await store.Add(1, 1, 1, 4, Expecting)).CompletedSeries);
    }

    [Fact]
    public async Task RecyclingTakesTheLeastRecentlyTouchedUnprotectedPatient()
    {
        await using StoreFixture store = new();
        StorageLimits limits = new(0, 3, Recycle: true);
        for (int p = 1; p <= 3; p++)
        {
            await store.Add(p, 1, 1, 1, r => r with { Limits = limits });
        }

        await store.Add(1, 1, 1, 2, r => r with { Limits = limits }); // 2 is now the oldest
        Assert.True(await store.Index.SetProtectedAsync(StoreFixture.PatientOf(2), true));
        StoreOutcome fourth = await store.Add(4, 1, 1, 1, r => r with { Limits = limits });
        Assert.Equal(StoreFixture.PatientOf(3), fourth.Deleted[^1].PublicId);
        Assert.Equal([1, 2, 4], (await store.Read(r => r.List(ResourceLevel.Patient))).Select(p => int.Parse(p.Tags.Get(0x00100020)![1..])));
        Assert.Equal(StoreStatus.Stored, (await store.Add(5, 1, 1, 1, r => r with { Limits = limits })).Status);
        Assert.Null(await store.Read(r => r.Find(StoreFixture.PatientOf(1))));

        await store.Index.SetProtectedAsync(StoreFixture.PatientOf(4), true);
        await store.Index.SetProtectedAsync(StoreFixture.PatientOf(5), true);
        long instances = (await store.Read(r => r.Totals())).Counts.Instances;
        Assert.Equal(StoreStatus.StorageFull, (await store.Add(6, 1, 1, 1, r => r with { Limits = limits })).Status);
        Assert.Equal(StoreStatus.StorageFull, (await store.Add(6, 1, 1, 1, r => r with { Limits = limits with { Recycle = false } })).Status);
        Assert.Equal(instances, (await store.Read(r => r.Totals())).Counts.Instances);
        await store.Store.DrainRemovalsAsync();
        Assert.Equal(instances, (await Files(store)).Count);
    }

    [Fact]
    public async Task BytesOnDiskAreLimitedAndTheReceivedPatientIsNeverRecycled()
    {
        await using StoreFixture store = new();
        long one = (await store.Files.WriteAsync(new(new byte[8]), new WriteOptions { Format = StorageFormat.Raw })).StoredSize;
        Assert.Equal(8, one);
        StorageLimits limits = new(1000, 0, Recycle: true);
        await store.Add(1, 1, 1, 1, r => r with { Limits = limits }, size: 400);
        await store.Add(2, 1, 1, 1, r => r with { Limits = limits }, size: 300);
        StoreOutcome more = await store.Add(1, 1, 1, 2, r => r with { Limits = limits }, size: 400);
        Assert.Equal(StoreFixture.PatientOf(2), more.Deleted[^1].PublicId);
        Assert.Equal(StoreStatus.StorageFull, (await store.Add(1, 1, 1, 3, r => r with { Limits = limits }, size: 400)).Status);
        Assert.Equal(StoreStatus.StorageFull, (await store.Add(9, 1, 1, 3, r => r with { Limits = limits }, size: 4000)).Status);
        Assert.NotNull(await store.Read(r => r.Find(StoreFixture.PatientOf(1))));
    }

    [Fact]
    public async Task WhatWaitsForDeliveryIsNotRecycled()
    {
        await using StoreFixture store = new();
        StorageLimits limits = new(0, 1, Recycle: true);
        await store.Add(1, 1, 1, 1, r => r with { Limits = limits, Outbox = [new OutboxRequest("dicom", "PACS")] });
        Assert.Equal(StoreStatus.StorageFullOfUndelivered, (await store.Add(2, 1, 1, 1, r => r with { Limits = limits })).Status);
        OutboxRow row = Assert.Single(await store.Index.ClaimOutboxAsync("PACS", DateTimeOffset.UtcNow, 10, []));
        await store.Index.SettleOutboxAsync([new OutboxResult(row.Id, OutboxState.Delivered, 0, "", DateTimeOffset.UtcNow)]);
        Assert.Equal(StoreStatus.Stored, (await store.Add(2, 1, 1, 1, r => r with { Limits = limits })).Status);
    }

    [Fact]
    public async Task WhoIsSparedKeepsItsPlaceInTheOrder()
    {
        await using StoreFixture store = new();
        StorageLimits limits = new(0, 3, Recycle: true);
        Task<StoreOutcome> Add(int patient, int instance, params OutboxRequest[] outbox) => store.Add(patient, 1, 1, instance, r => r with { Limits = limits, Outbox = outbox });
        OutboxRequest pacs = new("dicom", "PACS");
        await Add(1, 1, pacs);
        await Add(2, 1, pacs);
        await Add(3, 1);
        Assert.Equal(StoreFixture.PatientOf(3), (await Add(4, 1)).Deleted[^1].PublicId);

        // Touched without owing anything new, protected and released: owed all the same.
        await Add(2, 2);
        await store.Index.SetProtectedAsync(StoreFixture.PatientOf(2), true);
        await store.Index.SetProtectedAsync(StoreFixture.PatientOf(2), false);
        IReadOnlyList<OutboxRow> rows = await store.Index.ClaimOutboxAsync("PACS", DateTimeOffset.UtcNow, 1, []);
        Assert.Equal(StoreFixture.InstanceOf(1, 1, 1, 1), Assert.Single(rows).InstancePublicId);
        await store.Index.SettleOutboxAsync([new OutboxResult(rows[0].Id, OutboxState.Delivered, 0, "", DateTimeOffset.UtcNow)]);

        // 1 owes nothing any more and was there before 4.
        Assert.Equal(StoreFixture.PatientOf(1), (await Add(5, 1)).Deleted[^1].PublicId);
        Assert.Equal(StoreFixture.PatientOf(4), (await Add(6, 1)).Deleted[^1].PublicId);

        // With its last owed instance 2 is free as well, in the place of its release: before 5.
        await store.Index.DeleteResourceAsync(StoreFixture.InstanceOf(2, 1, 1, 1), ResourceLevel.Instance);
        Assert.Equal(StoreFixture.PatientOf(2), (await Add(7, 1)).Deleted[^1].PublicId);
        Assert.Equal(StoreFixture.PatientOf(5), (await Add(8, 1)).Deleted[^1].PublicId);
    }

    [Fact]
    public async Task LimitsAreEnforcedAtStart()
    {
        await using StoreFixture store = new();
        for (int p = 1; p <= 5; p++)
        {
            await store.Add(p, 1, 1, 1);
        }

        Assert.True(await store.Index.EnforceLimitsAsync(new StorageLimits(0, 2, true)));
        Assert.Equal(2, (await store.Read(r => r.Totals())).Counts.Patients);
        Assert.False(await store.Index.EnforceLimitsAsync(new StorageLimits(0, 1, Recycle: false)));
    }

    [Fact]
    public async Task ConcurrentWritersAndReadersSeeWholeInstancesOnly()
    {
        await using StoreFixture store = new();
        using CancellationTokenSource stop = new();
        Task reading = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                (IndexTotals totals, int listed, int attached) = await store.Read(r =>
                {
                    List<ResourceRow> instances = r.List(ResourceLevel.Instance);
                    return (r.Totals(), instances.Count, instances.Count(i => r.Attachment(i.Id, AttachmentType.Dicom) is not null));
                });
                Assert.Equal(totals.Counts.Instances, listed);
                Assert.Equal(listed, attached);
            }
        });
        await Task.WhenAll(Enumerable.Range(0, 8).Select(w => Task.Run(async () =>
        {
            for (int i = 0; i < 40; i++)
            {
                // Four writers fight for each patient, two for each instance.
                StoreOutcome outcome = await store.Add(w / 4, i % 3, 1, (w / 2 * 1000) + i);
                Assert.True(outcome.Status is StoreStatus.Stored or StoreStatus.AlreadyStored);
            }
        })));
        await stop.CancelAsync();
        await reading;
        Assert.Equal(160, (await store.Read(r => r.Totals())).Counts.Instances);
        await store.Store.DrainRemovalsAsync();
        Assert.Equal(160, (await Files(store)).Count);
    }

    [Fact]
    public async Task ABadRequestDoesNotTouchTheOthersOfItsGroup()
    {
        await using StoreFixture store = new();
        List<Task<StoreOutcome>> all = [];
        for (int i = 0; i < 60; i++)
        {
            all.Add(i % 7 == 3
                ? store.Add(1, 1, 1, i, r => r with { Instance = r.Instance with { PublicId = "not an id" } })
                : store.Add(1, 1, 1, i));
        }

        for (int i = 0; i < 60; i++)
        {
            if (i % 7 == 3)
            {
                await Assert.ThrowsAsync<Edge.Core.Errors.EdgeException>(() => all[i]);
            }
            else
            {
                Assert.Equal(StoreStatus.Stored, (await all[i]).Status);
            }
        }

        Assert.Equal(51, (await store.Read(r => r.Totals())).Counts.Instances);
        Assert.Empty(await store.Index.CheckAsync(full: true));
    }

    internal static async Task<List<StoredFile>> Files(StoreFixture store)
    {
        List<StoredFile> files = [];
        await foreach (StoredFile file in store.Files.EnumerateAsync())
        {
            files.Add(file);
        }

        return files;
    }
}
