using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Engine.Jobs;
using Edge.Engine.Jobs.Transfers;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Unit.Tests.Engine.Forwarding;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Jobs;

/// <summary>For what a job that sends asks storage commitment.</summary>
public sealed class CommitmentRequestTests
{
    private static readonly ModalityOptions Pacs = new() { Aet = "PACS", Host = "127.0.0.1", Port = 104 };

    [Fact]
    public async Task OnlyWhatWasSentIsAskedForAlsoAfterARestart()
    {
        SemaphoreSlim gate = new(12);
        FakeSender sender = new((instance, _) =>
        {
            gate.Wait();
            return Number(instance.SopInstanceUid) switch
            {
                2 or 16 => KeptBack(instance),
                9 => FakeSender.Refused(instance),
                _ => FakeSender.Sent(instance),
            };
        });
        Asked asked = new();
        await using JobsFixture fixture = new(sender: sender, client: asked);
        string[] instances = await FillAsync(fixture, 20);
        await fixture.Store.Index.DeleteResourceAsync(instances[3], ResourceLevel.Instance);
        await fixture.StartAsync();
        JobTicket job = await fixture.Jobs.SubmitAsync(Work(instances), new JobOrder());
        await JobsFixture.UntilAsync(() => Task.FromResult(sender.Delivered.Count == 10));
        Task restart = Task.Run(fixture.RestartAsync);
        gate.Release(50);
        await restart;
        await fixture.UntilAsync(job.Id, JobState.Success);
        (string transaction, IReadOnlyList<CommitmentItem> items) = Assert.Single(asked.Requests);
        Assert.Equal("2.25.1", transaction);
        Assert.Equal(Enumerable.Range(1, 20).Except([2, 4, 9, 16]), items.Select(static item => Number(item.SopInstanceUid)));
    }

    [Fact]
    public async Task WhereNothingWasSentNobodyIsAsked()
    {
        Asked asked = new();
        await using JobsFixture fixture = new(sender: new FakeSender(static (instance, _) => KeptBack(instance)), client: asked);
        string[] instances = await FillAsync(fixture, 3);
        await fixture.StartAsync();
        JobInfo ended = await fixture.Jobs.RunAsync(Work(instances), new JobOrder());
        Assert.Equal(JobState.Success, ended.State);
        Assert.Empty(asked.Requests);
    }

    private static SendResult KeptBack(OutgoingInstance instance) => new(instance, SendStatus.Filtered, null, new EdgeException(ErrorCode.CannotStoreInstance, "kept back"));

    private static int Number(string uid) => int.Parse(uid[(uid.LastIndexOf('.') + 1)..], System.Globalization.CultureInfo.InvariantCulture);

    private static ModalityStoreJob Work(string[] instances) => new(new ModalityStoreRequest(Pacs, instances, instances, SendOptions.Default, "EDGE", Permissive: true, CommitmentUid: "2.25.1"));

    private static async Task<string[]> FillAsync(JobsFixture fixture, int count)
    {
        List<string> ids = [];
        for (int i = 1; i <= count; i++)
        {
            await fixture.Store.Add(1, 1, 1, i);
            ids.Add(StoreFixture.InstanceOf(1, 1, 1, i));
        }

        return [.. ids];
    }

    /// <summary>Notes what it is asked to commit.</summary>
    private sealed class Asked : IModalityClient
    {
        public List<(string Transaction, IReadOnlyList<CommitmentItem> Items)> Requests { get; } = [];

        public ValueTask RequestCommitmentAsync(ModalityOptions modality, ModalityCall call, string transactionUid, IReadOnlyList<CommitmentItem> items, CancellationToken cancellation = default)
        {
            Requests.Add((transactionUid, items));
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
