using System.Security.Cryptography;
using System.Text;
using Edge.Core.Ids;
using Edge.Store.Files;
using Edge.Store.Index;
using Edge.Store.Jobs;
using Edge.Store.Outbox;
using Xunit;

namespace Edge.Unit.Tests.Store;

public sealed class EditTests
{
    private static readonly RevisionCheck Strict = new(true, null, null);

    [Fact]
    public async Task MetadataFollowsTheTableOfRevisions()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        string id = StoreFixture.SeriesOf(1, 1, 1);
        Task<EditOutcome> Set(string value, RevisionCheck check) => store.Index.SetMetadataAsync(id, ResourceLevel.Series, 1024, value, check, ChangeKind.UpdatedMetadata).AsTask();
        Task<EditOutcome> Delete(RevisionCheck check) => store.Index.DeleteMetadataAsync(id, ResourceLevel.Series, 1024, check, null).AsTask();
        string one = Convert.ToHexStringLower(MD5.HashData("one"u8));

        Assert.Equal(new EditOutcome(EditStatus.NotFound, 0), await Delete(new(true, 0, one)));
        Assert.Equal(EditStatus.RevisionConflict, (await Delete(Strict)).Status);
        Assert.Equal(new EditOutcome(EditStatus.Done, 0), await Set("one", new(true, 5, "whatever")));
        Assert.Equal(EditStatus.RevisionConflict, (await Set("two", Strict)).Status);
        Assert.Equal(EditStatus.RevisionConflict, (await Set("two", new(true, 1, one))).Status);
        Assert.Equal(EditStatus.RevisionConflict, (await Set("two", new(false, 0, "0123"))).Status);
        Assert.Equal(new EditOutcome(EditStatus.Done, 1), await Set("two", new(true, 0, one)));
        Assert.Equal(new EditOutcome(EditStatus.Done, 2), await Set("thrée", RevisionCheck.None));
        ResourceRow row = (await store.Read(r => r.Find(id)))!;
        Assert.True(row.Metadata.TryGet(1024, out string? value, out long revision));
        Assert.Equal(("thrée", 2), (value, revision));
        Assert.Equal("SENDER", row.Metadata.Get(MetadataType.RemoteAet));
        Assert.NotNull(row.Metadata.Get(MetadataType.LastUpdate));
        Assert.Equal(ChangeKind.UpdatedMetadata, (await store.Read(r => r.LastChange())).Rows[0].Kind);
        Assert.Equal(EditStatus.RevisionConflict, (await Delete(new(false, 1, null))).Status);
        Assert.Equal(EditStatus.Done, (await Delete(RevisionCheck.None)).Status);
        Assert.Equal(EditStatus.NotFound, (await Delete(RevisionCheck.None)).Status);
        Assert.Equal(EditStatus.UnknownResource, (await store.Index.SetMetadataAsync(id, ResourceLevel.Study, 1024, "x", RevisionCheck.None, null)).Status);
    }

    [Fact]
    public async Task OfConcurrentWritersWithTheSameRevisionOneWins()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        string id = StoreFixture.PatientOf(1);
        await store.Index.SetMetadataAsync(id, ResourceLevel.Patient, 2000, "0", RevisionCheck.None, null);
        EditOutcome[] all = await Task.WhenAll(Enumerable.Range(1, 20).Select(i => store.Index.SetMetadataAsync(id, ResourceLevel.Patient, 2000, $"{i}", new(true, 0, null), null).AsTask()));
        Assert.Single(all, o => o.Status == EditStatus.Done);
    }

    [Fact]
    public async Task MetadataChangesWithTheFileThatSaysOtherwise()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        string id = StoreFixture.StudyOf(1, 1);
        async Task<AttachmentRecord> File(string text) => await store.Files.WriteAsync(new(Encoding.UTF8.GetBytes(text)), new WriteOptions { Type = 1025 });
        AttachmentRecord first = await File("first");
        await store.Index.PutAttachmentAsync(id, ResourceLevel.Study, first, RevisionCheck.None, StorageLimits.None, null);
        foreach (int type in (int[])[1100, 1101, 1102])
        {
            await store.Index.SetMetadataAsync(id, ResourceLevel.Study, type, "old", RevisionCheck.None, null);
        }

        AttachmentRecord second = await File("second");
        Assert.Equal(EditStatus.Done, (await store.Index.ReplaceAttachmentAsync(id, ResourceLevel.Study, first.Uuid, second, [new(1100, "new"), new(1101, null), new(1102, "old"), new(1103, "more")])).Status);
        // It is no longer the first: nothing is changed.
        Assert.Equal(EditStatus.RevisionConflict, (await store.Index.ReplaceAttachmentAsync(id, ResourceLevel.Study, first.Uuid, await File("third"), [new(1100, "lost")])).Status);
        PackedMetadata metadata = (await store.Read(r => r.Find(id)))!.Metadata;
        Assert.Equal(("new", null, "old", "more"), (metadata.Get(1100), metadata.Get(1101), metadata.Get(1102), metadata.Get(1103)));
        Assert.True(metadata.TryGetUtf8(1100, out _, out long changed));
        Assert.True(metadata.TryGetUtf8(1102, out _, out long same));
        Assert.Equal((1, 0), (changed, same));
    }

    [Fact]
    public async Task AttachmentsAreSetReplacedAndDeleted()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        string id = StoreFixture.StudyOf(1, 1);
        async Task<AttachmentRecord> File(string text, AttachmentCompression compression = AttachmentCompression.None) =>
            await store.Files.WriteAsync(new(Encoding.UTF8.GetBytes(text)), new WriteOptions { Type = 1025, Compression = compression });
        AttachmentRecord first = await File("hello");
        Assert.Equal(new EditOutcome(EditStatus.Done, 0), await store.Index.PutAttachmentAsync(id, ResourceLevel.Study, first, RevisionCheck.None, StorageLimits.None, ChangeKind.UpdatedAttachment));
        Assert.Equal(EditStatus.RevisionConflict, (await store.Index.PutAttachmentAsync(id, ResourceLevel.Study, await File("x"), new(true, 3, null), StorageLimits.None, null)).Status);
        Assert.Equal(EditStatus.StorageFull, (await store.Index.PutAttachmentAsync(id, ResourceLevel.Study, await File("hello world"), RevisionCheck.None, new StorageLimits(3, 0, true), null)).Status);
        AttachmentRecord zipped = await File(new string('a', 1000), AttachmentCompression.ZlibWithSize);
        Assert.Equal(new EditOutcome(EditStatus.Done, 1), await store.Index.ReplaceAttachmentAsync(id, ResourceLevel.Study, first.Uuid, zipped));
        Assert.Equal(EditStatus.RevisionConflict, (await store.Index.ReplaceAttachmentAsync(id, ResourceLevel.Study, first.Uuid, await File("y"))).Status);
        long study = (await store.Read(r => r.Find(id)))!.Id;
        AttachmentRow row = (await store.Read(r => r.Attachment(study, 1025)))!;
        Assert.Equal((zipped, 1), (row.File, row.Revision));
        Assert.NotEqual(row.File.PlainMd5, row.File.LogicalMd5);
        ResourceStatistics statistics = await store.Read(r => r.Statistics(study));
        Assert.Equal(1100, statistics.All.Plain);
        Assert.Equal(100, statistics.Dicom.Plain);
        Assert.Equal(100 + zipped.LogicalSize, statistics.All.Logical);
        Assert.Equal(EditStatus.Done, (await store.Index.DeleteAttachmentAsync(id, ResourceLevel.Study, 1025, RevisionCheck.None, null)).Status);
        Assert.Equal(EditStatus.NotFound, (await store.Index.DeleteAttachmentAsync(id, ResourceLevel.Study, 1025, RevisionCheck.None, null)).Status);
        await store.Store.DrainRemovalsAsync();
        Assert.Single(await IngestTests.Files(store));
        Assert.Equal(100, (await store.Read(r => r.Totals())).Sizes.Plain);
    }

    [Fact]
    public async Task DeletionTellsTheRemainingAncestorAndLeavesNothing()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1, r => r with { Outbox = [new OutboxRequest("dicom", "PACS")] });
        await store.Add(1, 1, 1, 2);
        await store.Add(1, 1, 2, 1);
        await store.Index.AddLabelAsync(StoreFixture.InstanceOf(1, 1, 1, 1), ResourceLevel.Instance, "x");
        DeleteOutcome one = await store.Index.DeleteResourceAsync(StoreFixture.InstanceOf(1, 1, 1, 1), ResourceLevel.Instance);
        Assert.Equal((ResourceLevel.Series, StoreFixture.SeriesOf(1, 1, 1)), one.RemainingAncestor);
        Assert.Single(one.Settled);
        DeleteOutcome two = await store.Index.DeleteResourceAsync(StoreFixture.InstanceOf(1, 1, 1, 2), ResourceLevel.Instance);
        Assert.Equal((ResourceLevel.Study, StoreFixture.StudyOf(1, 1)), two.RemainingAncestor);
        Assert.Equal([ResourceLevel.Instance, ResourceLevel.Series], two.Deleted.Select(d => d.Level));
        Assert.False((await store.Index.DeleteResourceAsync(StoreFixture.StudyOf(1, 1), ResourceLevel.Series)).Found);
        DeleteOutcome all = await store.Index.DeleteResourceAsync(StoreFixture.PatientOf(1), ResourceLevel.Patient);
        Assert.Null(all.RemainingAncestor);
        Assert.Equal(4, all.Deleted.Count);
        Assert.Equal(default, await store.Read(r => r.Totals()));
        Assert.Empty((await store.Read(r => r.Changes(new ChangeQuery()))).Rows);
        await store.Store.DrainRemovalsAsync();
        Assert.Empty(await IngestTests.Files(store));
        StoreOutcome again = await store.Add(1, 1, 1, 1);
        Assert.True(again.InstanceId > 7);
        Assert.Equal(11, (await store.Read(r => r.LastChange())).Rows[0].Sequence - 1 + 1);
    }

    [Fact]
    public async Task ManyAreDeletedInSlicesWhileOthersAreStored()
    {
        await using StoreFixture store = new();
        for (int p = 0; p < 20; p++)
        {
            for (int i = 0; i < 5; i++)
            {
                await store.Add(p, 1, i % 2, i);
            }
        }

        ValueTask<DeleteOutcome> bulk = store.Index.DeleteResourcesAsync([.. Enumerable.Range(0, 19).Select(StoreFixture.PatientOf), "unknown"]);
        for (int i = 0; i < 10; i++)
        {
            await store.Add(100, 1, 1, i);
        }

        DeleteOutcome outcome = await bulk;
        Assert.Equal(19 * (5 + 2 + 1 + 1), outcome.Deleted.Count);
        Assert.Equal(new ResourceCounts(2, 2, 3, 15), (await store.Read(r => r.Totals())).Counts);
        Assert.Empty(await store.Index.CheckAsync(full: true));
    }

    [Fact]
    public async Task LabelsProtectionPropertiesJobsAndUsers()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1, r => r with { Checkpoint = new JobCheckpoint("none", new byte[] { 1 }) });
        string id = StoreFixture.PatientOf(1);
        foreach (string label in (string[])["b", "a", "b"])
        {
            await store.Index.AddLabelAsync(id, ResourceLevel.Patient, label);
        }

        await store.Index.AddLabelAsync(StoreFixture.StudyOf(1, 1), ResourceLevel.Study, "c");
        long row = (await store.Read(r => r.Find(id)))!.Id;
        Assert.Equal(["a", "b"], await store.Read(r => r.Labels(row)));
        Assert.Equal(["a", "b", "c"], await store.Read(r => r.AllLabels()));
        Assert.Equal(EditStatus.Done, (await store.Index.RemoveLabelAsync(id, ResourceLevel.Patient, "a")).Status);
        Assert.Equal(EditStatus.NotFound, (await store.Index.RemoveLabelAsync(id, ResourceLevel.Patient, "a")).Status);
        Assert.False(await store.Read(r => r.IsProtected(row)));
        await store.Index.SetProtectedAsync(id, true);
        Assert.True(await store.Read(r => r.IsProtected(row)));
        Assert.False(await store.Index.SetProtectedAsync("unknown", true));

        await store.Index.SetPropertyAsync("modality/a", "1");
        await store.Index.SetPropertyAsync("modality/b", "2");
        await store.Index.SetPropertyAsync("other", "3");
        await store.Index.SetPropertyAsync("modality/b", null);
        Assert.Equal([new("modality/a", "1")], await store.Read(r => r.Properties("modality/")));
        Assert.Equal(5, await store.Index.IncrementPropertyAsync("n", 5));
        Assert.Equal(7, await store.Index.IncrementPropertyAsync("n", 2));

        JobRow job = new() { Id = "j", Type = "Archive", State = "Pending", Created = DateTimeOffset.UtcNow, Body = "{}"u8.ToArray() };
        await store.Index.SaveJobsAsync([job]);
        await store.Add(1, 1, 1, 2, r => r with { Checkpoint = new JobCheckpoint("j", new byte[] { 7 }) });
        await store.Index.SaveJobsAsync([job with { State = "Running" }]);
        JobRow saved = Assert.Single(await store.Read(r => r.Jobs()));
        Assert.Equal(("Running", 7), (saved.State, saved.Cursor.Span[0]));
        await store.Index.DeleteJobsAsync(["j"]);
        Assert.Null(await store.Read(r => r.Job("j")));

        UserRow user = await store.Index.SaveUserAsync("ann", "admin", "hash");
        Assert.Equal(user with { Role = "user" }, await store.Index.SaveUserAsync("ann", "user", "hash"));
        Assert.True(await store.Index.DeleteUserAsync(user.Id));
        Assert.Null(await store.Read(r => r.User("ann")));
    }

    [Fact]
    public async Task ReconstructionReplacesTagsAndTheirIndex()
    {
        await using StoreFixture store = new();
        await store.Add(1, 1, 1, 1);
        await store.Index.ReconstructAsync([new ReconstructRecord(StoreFixture.StudyOf(1, 1), ResourceLevel.Study, [new(0x00080050, "NEW")], [new(0x00100010, "Other")], [new(15, "sig")])]);
        Assert.Empty(await store.Read(r => r.Lookup("A1-1")));
        Assert.Equal(StoreFixture.StudyOf(1, 1), Assert.Single(await store.Read(r => r.Lookup(" new "))).PublicId);
        ResourceRow row = (await store.Read(r => r.Find(StoreFixture.StudyOf(1, 1))))!;
        Assert.Equal(("Other", "sig"), (row.PatientTags.Get(0x00100010), row.Metadata.Get(15)));
        await store.Index.DeleteResourceAsync(StoreFixture.StudyOf(1, 1), ResourceLevel.Study);
        Assert.Empty(await store.Read(r => r.Lookup("new")));
    }

    [Fact]
    public async Task ChangesAndExportsArePaged()
    {
        await using StoreFixture store = new();
        for (int i = 0; i < 10; i++)
        {
            await store.Add(1, 1, 1, i);
        }

        Task<ChangePage> Page(ChangeQuery q) => store.Read(r => r.Changes(q));
        ChangePage page = await Page(new ChangeQuery { Since = 3, Limit = 4 });
        Assert.Equal((4, 7, false), (page.First, page.Last, page.Done));
        page = await Page(new ChangeQuery { Since = 9, Limit = 4 });
        Assert.Equal((10, 13, true), (page.First, page.Last, page.Done));
        page = await Page(new ChangeQuery { Since = 500 });
        Assert.Equal((0, 13, true), (page.First, page.Last, page.Done));
        Assert.False((await Page(new ChangeQuery { Limit = 0 })).Done);
        page = await Page(new ChangeQuery { To = 8, Limit = 3 });
        Assert.Equal([6, 7, 8], page.Rows.Select(c => c.Sequence));
        Assert.False(page.Done);
        page = await Page(new ChangeQuery { Since = 0, To = 8, Kinds = [ChangeKind.NewSeries, ChangeKind.NewStudy] });
        Assert.Equal([2, 3], page.Rows.Select(c => c.Sequence));
        Assert.True(page.Done);
        IReadOnlyList<ChangeRow> stable = await store.Index.AppendChangesAsync([new(ChangeKind.StableSeries, StoreFixture.SeriesOf(1, 1, 1)), new(ChangeKind.StableStudy, "gone")], DateTimeOffset.UtcNow);
        Assert.Equal(14, Assert.Single(stable).Sequence);
        await store.Index.ClearChangesAsync();
        page = await Page(new ChangeQuery());
        Assert.Equal((0, 14), (page.First, page.Last));
        await store.Add(1, 1, 1, 99);
        Assert.Equal(15, (await store.Read(r => r.LastChange())).Rows[0].Sequence);

        ExportRequest export = new(ResourceLevel.Study, StoreFixture.StudyOf(1, 1), "PACS", "P1", "1.1.1", null, null, DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        await store.Index.AppendExportsAsync([export, export, export]);
        ExportPage exports = await store.Read(r => r.Exports(1, 1));
        Assert.Equal((2, false, export), (exports.Last, exports.Done, exports.Rows[0].Export));
        Assert.Equal(3, (await store.Read(r => r.LastExport())).Last);
        await store.Index.ClearExportsAsync();
        Assert.Equal(7, (await store.Read(r => r.Exports(7, 1))).Last);
    }

    [Fact]
    public async Task TheOutboxIsClaimedInOrderAndSettled()
    {
        await using StoreFixture store = new();
        OutboxRequest pacs = new("dicom", "PACS");
        await store.Add(1, 1, 1, 1, r => r with { Outbox = [pacs, pacs, new OutboxRequest("peer", "OTHER")] });
        await store.Add(1, 1, 1, 2, r => r with { Outbox = [pacs] });
        await store.Add(1, 1, 2, 1, r => r with { Outbox = [pacs with { Priority = 5 }] });
        Assert.False(await store.Index.EnqueueAsync(StoreFixture.InstanceOf(1, 1, 1, 1), pacs));
        Assert.False(await store.Index.EnqueueAsync("unknown", pacs));
        await store.Add(1, 1, 1, 1, r => r with { OutboxIfAlreadyStored = [pacs, pacs with { Destination = "THIRD" }] });

        DateTimeOffset now = DateTimeOffset.UtcNow.AddSeconds(1);
        IReadOnlyList<OutboxRow> claimed = await store.Index.ClaimOutboxAsync("PACS", now, 2, []);
        Assert.Equal([StoreFixture.InstanceOf(1, 1, 2, 1), StoreFixture.InstanceOf(1, 1, 1, 1)], claimed.Select(c => c.InstancePublicId));
        Assert.Empty(await store.Index.ClaimOutboxAsync("PACS", now, 10, [])); // both series are in flight
        await store.Index.SettleOutboxAsync([new(claimed[0].Id, OutboxState.Delivered, 0, "", now), new(claimed[1].Id, OutboxState.Pending, 0xA700, "full", now.AddHours(1))]);
        claimed = await store.Index.ClaimOutboxAsync("PACS", now, 10, []);
        Assert.Equal(StoreFixture.InstanceOf(1, 1, 1, 2), Assert.Single(claimed).InstancePublicId);
        await store.Index.SettleOutboxAsync([new(claimed[0].Id, OutboxState.Parked, 0xC000, "refused", now)]);
        List<OutboxCounts> counts = await store.Read(r => r.OutboxCounts());
        Assert.Equal(["OTHER", "PACS", "THIRD"], counts.Select(c => c.Destination));
        Assert.Equal((1, 0, 1, 1), (counts[1].Pending, counts[1].Sending, counts[1].Parked, counts[1].Delivered));
        Assert.NotNull(counts[1].OldestOpen);
        OutboxRow retried = Assert.Single(await store.Read(r => r.Outbox("PACS", OutboxState.Pending, 0, 10)));
        Assert.Equal((1, 0xA700, "full"), (retried.Attempts, retried.LastStatus, retried.Reason));
        Assert.Equal(1, await store.Index.RetryOutboxAsync("PACS", null, OutboxState.Parked));
        Assert.Equal(2, (await store.Index.DropOutboxAsync("PACS", null, OutboxState.Pending)).Count);
        Assert.Equal(0, await store.Index.RetryOutboxAsync("PACS", null, OutboxState.Delivered));
        Assert.True(await store.Read(r => r.HasOpenOutbox(r.Find(StoreFixture.PatientOf(1))!.Id)));
        Assert.True(await store.Read(r => r.HasOpenOutbox(r.Find(StoreFixture.StudyOf(1, 1))!.Id)));
        Assert.False(await store.Read(r => r.HasOpenOutbox(r.Find(StoreFixture.SeriesOf(1, 1, 2))!.Id)));

        await store.Index.ClaimOutboxAsync("OTHER", now, 1, []);
        await store.ReopenAsync();
        Assert.Equal(1, (await store.Read(r => r.OutboxCounts()))[0].Pending);
    }
}
