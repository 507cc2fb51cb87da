using System.Text;
using System.Text.Json;
using Edge.Core.Errors;
using Edge.Core.Metrics;
using Edge.Engine.Jobs;
using Xunit;

namespace Edge.Unit.Tests.Engine.Jobs;

/// <summary>The table of states and actions, priorities, history and metrics.</summary>
public sealed class JobStateTests
{
    [Fact]
    public async Task ASynchronousJobAnswersItsContentAndStaysInTheHistory()
    {
        await using JobsFixture fixture = new();
        await fixture.StartAsync();
        using JsonDocument data = JsonDocument.Parse("{\"a\":1}");
        JobInfo ended = await fixture.Jobs.RunAsync(new TestWork(static _ => Task.CompletedTask), new JobOrder(7, data.RootElement));
        Assert.Equal("{\"Word\":\"hello\"}", Encoding.UTF8.GetString(ended.Content.Span));
        JobInfo kept = (await fixture.Jobs.FindAsync(Assert.Single(fixture.Jobs.Ids())))!;
        Assert.Equal((JobState.Success, 7, 1.0, ErrorCode.Success), (kept.State, kept.Priority, kept.Progress, kept.Error));
        Assert.Equal("{\"a\":1}", Encoding.UTF8.GetString(kept.UserData.Span));
        Assert.NotNull(kept.Completed);
    }

    [Fact]
    public async Task ASynchronousFailureIsTheCallersFailure()
    {
        await using JobsFixture fixture = new();
        await fixture.StartAsync();
        TestWork work = new(static _ => throw new EdgeException(ErrorCode.UnknownResource, "gone"));
        EdgeException failure = await Assert.ThrowsAsync<EdgeException>(() => fixture.Jobs.RunAsync(work, new JobOrder()));
        Assert.Equal((ErrorCode.UnknownResource, "gone"), (failure.Code, failure.Detail));
        JobInfo kept = (await fixture.Jobs.FindAsync(Assert.Single(fixture.Jobs.Ids())))!;
        Assert.Equal((JobState.Failure, ErrorCode.UnknownResource, "gone"), (kept.State, kept.Error, kept.ErrorDetails));
        Assert.Equal(1, work.Released);
    }

    [Fact]
    public async Task HigherPriorityRunsFirstThenTheOrderOfSubmission()
    {
        await using JobsFixture fixture = new(static options => options.ConcurrentJobs = 1);
        List<int> ran = [];
        List<Task> ends = [];
        foreach ((int priority, int number) in new[] { (0, 1), (-5, 2), (3, 3), (0, 4), (3, 5) })
        {
            ends.Add((await fixture.Jobs.SubmitAsync(
                new TestWork(_ =>
                {
                    lock (ran)
                    {
                        ran.Add(number);
                    }

                    return Task.CompletedTask;
                }),
                new JobOrder(priority))).Completion);
        }

        await fixture.StartAsync();
        await Task.WhenAll(ends);
        Assert.Equal([3, 5, 1, 4, 2], ran);
    }

    [Fact]
    public async Task NoMoreRunAtATimeThanTheOptionSays()
    {
        await using JobsFixture fixture = new(static options => (options.ConcurrentJobs, options.JobsHistorySize) = (3, 100));
        await fixture.StartAsync();
        int open = 0;
        int most = 0;
        List<Task> ends = [];
        for (int i = 0; i < 30; i++)
        {
            ends.Add((await fixture.Jobs.SubmitAsync(
                new TestWork(async _ =>
                {
                    int now = Interlocked.Increment(ref open);
                    InterlockedMax(ref most, now);
                    await Task.Delay(5);
                    Interlocked.Decrement(ref open);
                }),
                new JobOrder())).Completion);
        }

        await Task.WhenAll(ends);
        Assert.Equal(3, most);
    }

    [Fact]
    public async Task APausedJobStopsAtItsNextStepAndGoesOnWhereItWas()
    {
        await using JobsFixture fixture = new();
        await fixture.StartAsync();
        using SemaphoreSlim steps = new(0);
        int done = 0;
        JobTicket job = await fixture.Jobs.SubmitAsync(
            new TestWork(async run =>
            {
                while (done < 10)
                {
                    await steps.WaitAsync(run.Cancellation);
                    done++;
                    run.Report(done, 10);
                    await run.CheckpointAsync(default);
                }
            }),
            new JobOrder());
        steps.Release(2);
        await JobsFixture.UntilAsync(() => Task.FromResult(Volatile.Read(ref done) == 2));
        Assert.Equal(JobActionStatus.Refused, fixture.Jobs.Resume(job.Id));
        Assert.Equal(JobActionStatus.Refused, fixture.Jobs.Resubmit(job.Id));
        Assert.Equal(JobActionStatus.Refused, fixture.Jobs.Delete(job.Id));
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Pause(job.Id));
        steps.Release();
        await fixture.UntilAsync(job.Id, JobState.Paused);
        Assert.Equal(3, done);
        JobInfo paused = (await fixture.Jobs.FindAsync(job.Id))!;
        Assert.Equal(0.3, paused.Progress, 3);
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Pause(job.Id));
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Resume(job.Id));
        steps.Release(7);
        Assert.Equal(JobState.Success, (await job.Completion).State);
        Assert.Equal(10, done);
    }

    [Fact]
    public async Task CancellingEndsWaitingPausedAndRunningJobsWithError37()
    {
        await using JobsFixture fixture = new(static options => options.ConcurrentJobs = 1);
        await fixture.StartAsync();
        TestWork blocked = new(static run => Task.Delay(Timeout.Infinite, run.Cancellation));
        JobTicket running = await fixture.Jobs.SubmitAsync(blocked, new JobOrder());
        await fixture.UntilAsync(running.Id, JobState.Running);
        JobTicket waiting = await fixture.Jobs.SubmitAsync(new TestWork(static _ => Task.CompletedTask), new JobOrder());
        JobTicket paused = await fixture.Jobs.SubmitAsync(new TestWork(static _ => Task.CompletedTask), new JobOrder());
        Assert.Equal(JobActionStatus.Done, fixture.Jobs.Pause(paused.Id));
        Assert.Equal(JobState.Paused, await fixture.StateOfAsync(paused.Id));
        foreach (JobTicket job in new[] { waiting, paused, running })
        {
            Assert.Equal(JobActionStatus.Done, await fixture.Jobs.CancelAsync(job.Id));
            JobInfo ended = await job.Completion;
            Assert.Equal((JobState.Failure, ErrorCode.CanceledJob), (ended.State, ended.Error));
            Assert.Equal(JobActionStatus.Done, await fixture.Jobs.CancelAsync(job.Id));
            Assert.Equal(JobActionStatus.Done, fixture.Jobs.Pause(job.Id));
            Assert.Equal(JobActionStatus.Refused, fixture.Jobs.Resume(job.Id));
        }

        Assert.Equal(1, blocked.Released);
        EdgeException refused = Assert.Throws<EdgeException>(() => fixture.Jobs.Resubmit(running.Id));
        Assert.Equal(ErrorCode.BadSequenceOfCalls, refused.Code);
    }

    [Fact]
    public async Task UnknownJobsAreUnknown()
    {
        await using JobsFixture fixture = new();
        await fixture.StartAsync();
        Assert.Null(await fixture.Jobs.FindAsync("nope"));
        Assert.Equal(
            [JobActionStatus.Unknown, JobActionStatus.Unknown, JobActionStatus.Unknown, JobActionStatus.Unknown, JobActionStatus.Unknown],
            new[] { fixture.Jobs.Pause("nope"), fixture.Jobs.Resume("nope"), await fixture.Jobs.CancelAsync("nope"), fixture.Jobs.Resubmit("nope"), fixture.Jobs.Delete("nope") });
        Assert.Null(await fixture.Jobs.OpenOutputAsync("nope", "archive"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task TheHistoryHoldsTheNewestEndedJobs(int size)
    {
        await using JobsFixture fixture = new(options => options.JobsHistorySize = size);
        await fixture.StartAsync();
        List<string> ids = [];
        for (int i = 0; i < 5; i++)
        {
            JobTicket job = await fixture.Jobs.SubmitAsync(new TestWork(static _ => Task.CompletedTask), new JobOrder());
            ids.Add(job.Id);
            await job.Completion;
        }

        Assert.Equal(ids.TakeLast(size).Order(StringComparer.Ordinal), fixture.Jobs.Ids());
        foreach (string id in fixture.Jobs.Ids())
        {
            Assert.Equal(JobActionStatus.Done, fixture.Jobs.Delete(id));
        }

        Assert.Empty(fixture.Jobs.Ids());
    }

    [Fact]
    public async Task MetricsAndEventsTellWhatHappened()
    {
        await using JobsFixture fixture = new();
        List<JobEvent> events = [];
        fixture.Jobs.Observer = (what, _) =>
        {
            lock (events)
            {
                events.Add(what);
            }
        };
        await fixture.StartAsync();
        await fixture.Jobs.RunAsync(new TestWork(static _ => Task.CompletedTask), new JobOrder());
        await Assert.ThrowsAsync<EdgeException>(() => fixture.Jobs.RunAsync(new TestWork(static _ => throw new InvalidOperationException("bug")), new JobOrder()));
        Assert.Equal([JobEvent.Submitted, JobEvent.Success, JobEvent.Submitted, JobEvent.Failure], events);
        Assert.Equal((1.0, 1.0, 2.0, 0.0, 0.0), (Read("success"), Read("failed"), Read("completed"), Read("pending"), Read("running")));

        double Read(string name) => Assert.Single(fixture.Metrics.Snapshot(), metric => metric.Name == "orthanc_jobs_" + name).Read();
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen)
        {
            int before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}
