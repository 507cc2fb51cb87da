using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Engine.Jobs;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Store.Jobs;
using Edge.Unit.Tests.Engine.Forwarding;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Jobs;

/// <summary>What survives the process, with C-STORE to a modality as the job.</summary>
public sealed class JobDurabilityTests
{
    private static readonly ModalityOptions Pacs = new() { Aet = "PACS", Host = "127.0.0.1", Port = 104 };

    [Fact]
    public async Task AJobThatIsInterruptedGoesOnAtTheNextStartWithoutRepeating()
    {
        SemaphoreSlim gate = new(7);
        FakeSender sender = new((instance, _) =>
        {
            gate.Wait();
            return FakeSender.Sent(instance);
        });
        await using JobsFixture fixture = new(sender: sender);
        string[] instances = await FillAsync(fixture, 20);
        await fixture.StartAsync();
        using JsonDocument data = JsonDocument.Parse("\"mine\"");
        JobTicket job = await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder(4, data.RootElement));
        await JobsFixture.UntilAsync(() => Task.FromResult(sender.Delivered.Count == 7));
        Task restart = Task.Run(fixture.RestartAsync);
        gate.Release(50);
        await restart;
        await fixture.UntilAsync(job.Id, JobState.Success);
        Assert.Equal(instances, sender.Delivered);
        JobInfo ended = (await fixture.Jobs.FindAsync(job.Id))!;
        Assert.Equal((4, "\"mine\""), (ended.Priority, Encoding.UTF8.GetString(ended.UserData.Span)));

        await fixture.RestartAsync();
        JobInfo kept = (await fixture.Jobs.FindAsync(job.Id))!;
        Assert.Equal((JobState.Success, Encoding.UTF8.GetString(ended.Content.Span)), (kept.State, Encoding.UTF8.GetString(kept.Content.Span)));
        Assert.Equal(instances.Length, sender.Delivered.Count);
    }

    [Fact]
    public async Task APausedJobStaysPausedOverARestart()
    {
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using JobsFixture fixture = new(sender: sender);
        string[] instances = await FillAsync(fixture, 3);
        JobTicket job = await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder());
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Pause(job.Id));
        await fixture.RestartAsync();
        Assert.Equal(JobState.Paused, await fixture.StateOfAsync(job.Id));
        Assert.Contains("\"InstancesCount\":3", Encoding.UTF8.GetString((await fixture.Jobs.FindAsync(job.Id))!.Content.Span));
        Assert.Empty(sender.Delivered);
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Resume(job.Id));
        await fixture.UntilAsync(job.Id, JobState.Success);
        Assert.Equal(instances, sender.Delivered);
    }

    [Fact]
    public async Task AFailedJobStartsAnewWhenItIsResubmittedEvenAfterARestart()
    {
        bool isDead = true;
        FakeSender sender = new((instance, _) => isDead && instance.SopInstanceUid.EndsWith(".3", StringComparison.Ordinal) ? FakeSender.Refused(instance) : FakeSender.Sent(instance));
        await using JobsFixture fixture = new(sender: sender);
        string[] instances = await FillAsync(fixture, 4);
        await fixture.StartAsync();
        JobTicket job = await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder());
        JobInfo failed = await job.Completion;
        Assert.Equal((JobState.Failure, ErrorCode.NetworkProtocol), (failed.State, failed.Error));
        Assert.Contains("PACS", failed.ErrorDetails);
        await fixture.RestartAsync();
        Assert.Equal(ErrorCode.NetworkProtocol, (await fixture.Jobs.FindAsync(job.Id))!.Error);
        isDead = false;
        sender.Delivered.Clear();
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Resubmit(job.Id));
        await fixture.UntilAsync(job.Id, JobState.Success);
        Assert.Equal(instances, sender.Delivered);
        JobInfo ended = (await fixture.Jobs.FindAsync(job.Id))!;
        Assert.Equal((ErrorCode.Success, (string?)null), (ended.Error, ended.ErrorDetails));
    }

    [Fact]
    public async Task APermissiveJobCountsFailuresAndVanishedInstances()
    {
        FakeSender sender = new((instance, _) => instance.SopInstanceUid.EndsWith(".2", StringComparison.Ordinal) ? FakeSender.Refused(instance) : FakeSender.Sent(instance));
        await using JobsFixture fixture = new(sender: sender);
        string[] instances = await FillAsync(fixture, 5);
        await fixture.Store.Index.DeleteResourceAsync(instances[3], Edge.Core.Ids.ResourceLevel.Instance);
        await fixture.StartAsync();
        JobInfo ended = await fixture.Jobs.RunAsync(Work(instances, permissive: true), new JobOrder());
        Assert.Contains("\"FailedInstancesCount\":2,\"InstancesCount\":5", Encoding.UTF8.GetString(ended.Content.Span));
        Assert.Equal([instances[0], instances[2], instances[4]], sender.Delivered);
        EdgeException gone = await Assert.ThrowsAsync<EdgeException>(() => fixture.Jobs.RunAsync(Work([instances[3]]), new JobOrder()));
        Assert.Equal(ErrorCode.UnknownResource, gone.Code);
    }

    [Fact]
    public async Task WithoutSaveJobsNothingIsKept()
    {
        await using JobsFixture fixture = new(static options => options.SaveJobs = false, new FakeSender((instance, _) => FakeSender.Sent(instance)));
        string[] instances = await FillAsync(fixture, 1);
        await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder());
        Assert.Empty(await fixture.Store.Read(static reader => reader.Jobs()));
        await fixture.RestartAsync();
        Assert.Empty(fixture.Jobs.Ids());
    }

    [Fact]
    public async Task ADamagedRowFailsItsJobAlone()
    {
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using JobsFixture fixture = new(sender: sender);
        string[] instances = await FillAsync(fixture, 2);
        JobTicket good = await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder());
        await fixture.Store.Index.SaveJobsAsync([Row("bad", "{"), Row("strange", "{\"request\":{}}"), Row("newer", "{\"request\":{}}") with { Type = "FromTheFuture" }]);
        await fixture.RestartAsync();
        foreach (string id in new[] { "bad", "strange", "newer" })
        {
            await fixture.UntilAsync(id, JobState.Failure);
        }

        Assert.Equal(ErrorCode.CorruptedFile, (await fixture.Jobs.FindAsync("bad"))!.Error);
        Assert.Equal(ErrorCode.NotImplemented, (await fixture.Jobs.FindAsync("newer"))!.Error);
        await fixture.UntilAsync(good.Id, JobState.Success);

        static JobRow Row(string id, string body) => new() { Id = id, Type = ModalityStoreJob.TypeName, State = "Pending", Created = DateTimeOffset.UnixEpoch, Body = Encoding.UTF8.GetBytes(body) };
    }

    [Fact]
    public async Task ALongQueueStaysOnDisk()
    {
        const int Count = 10_000;
        FakeSender sender = new((instance, _) => FakeSender.Sent(instance));
        await using JobsFixture fixture = new(static options => (options.ConcurrentJobs, options.JobsHistorySize) = (2, 10), sender);
        string[] instances = await FillAsync(fixture, 1);
        string[] many = [.. Enumerable.Repeat(instances[0], 200)]; // a request of 9 KB: 90 MB if they all were held
        long before = GC.GetTotalMemory(forceFullCollection: true);
        List<Task> submissions = [];
        for (int i = 0; i < Count; i++)
        {
            submissions.Add(fixture.Jobs.SubmitAsync(Work(many), new JobOrder()).AsTask());
            if (submissions.Count == 100)
            {
                await Task.WhenAll(submissions);
                submissions.Clear();
            }
        }

        long held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(Count, fixture.Jobs.Ids().Length);
        Assert.True(held < 16 << 20, $"{Count} waiting jobs hold {held >> 20} MB");
    }

    private static ModalityStoreJob Work(string[] instances, bool permissive = false) =>
        new(new ModalityStoreRequest(Pacs, [StoreFixture.StudyOf(1, 1)], [.. instances], SendOptions.Default, "EDGE", permissive));

    private static async Task<string[]> FillAsync(JobsFixture fixture, int count)
    {
        for (int i = 1; i <= count; i++)
        {
            await fixture.Store.Add(1, 1, 1, i);
        }

        return [.. Enumerable.Range(1, count).Select(static i => StoreFixture.InstanceOf(1, 1, 1, i))];
    }
}
