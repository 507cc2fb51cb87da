using System.Diagnostics;
using System.Text.Json;
using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Engine.Jobs;
using Edge.Engine.Ports;
using Edge.Engine.Runtime;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Jobs;

/// <summary>A jobs engine over a real store. What the jobs under test do not call is null.</summary>
public sealed class JobsFixture : IAsyncDisposable
{
    private readonly JobOptions _options = new();
    private readonly IDicomSender? _sender;

    public JobsFixture(Action<JobOptions>? configure = null, IDicomSender? sender = null)
    {
        configure?.Invoke(_options);
        _sender = sender;
        Jobs = new JobsEngine(Store.Index, _options, Metrics);
    }

    public StoreFixture Store { get; } = new();

    public MetricsRegistry Metrics { get; private set; } = new();

    public JobsEngine Jobs { get; private set; }

    public Task StartAsync() => Jobs.StartAsync(Engine());

    /// <summary>Ends the engine and begins a new one on the same index, as a new process does.</summary>
    public async Task RestartAsync()
    {
        await Jobs.DisposeAsync();
        await Store.ReopenAsync();
        Metrics = new MetricsRegistry();
        Jobs = new JobsEngine(Store.Index, _options, Metrics);
        await StartAsync();
    }

    public async Task<JobState> StateOfAsync(string id) => (await Jobs.FindAsync(id) ?? throw new InvalidOperationException("no such job")).State;

    public Task UntilAsync(string id, JobState state) => UntilAsync(async () => await Jobs.FindAsync(id) is { } job && job.State == state);

    public static async Task UntilAsync(Func<Task<bool>> condition)
    {
        Stopwatch clock = Stopwatch.StartNew();
        while (!await condition())
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "it did not happen within 30 seconds");
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Jobs.DisposeAsync();
        await Store.DisposeAsync();
    }

    private EdgeEngine Engine()
    {
        EdgeOptions options = new();
        return new EdgeEngine
        {
            Options = options,
            Settings = new RuntimeSettings(options),
            Index = Store.Index,
            Attachments = Store.Files,
            Jobs = Jobs,
            Sender = _sender!,
            Metrics = Metrics,
            MainTags = null!,
            Ingest = null!,
            Files = null!,
            Images = null!,
            Headers = null!,
            ResourceAttachments = null!,
            Reconstruction = null!,
            Conformance = null!,
            Control = null!,
            Queries = null!,
            Deletion = null!,
            PeerConnector = null!,
            ModalityClient = null!,
            Commitments = null!,
            Stability = null!,
            Names = null!,
            EdgeVersion = "0",
            Scripts = null!,
            ServerIdentifier = "test",
            Gauges = null!,
        };
    }
}

/// <summary>A work that does what the test says.</summary>
public sealed class TestWork(Func<JobRun, Task> run) : JobWork
{
    public int Released;

    public override string Type => "Test";

    public override bool IsDurable => false;

    public override void WriteRequest(Utf8JsonWriter json) => throw new NotSupportedException();

    public override void WriteContent(Utf8JsonWriter json) => json.WriteString("Word"u8, "hello"u8);

    public override Task RunAsync(JobRun job) => run(job);

    public override ValueTask ReleaseAsync()
    {
        Interlocked.Increment(ref Released);
        return ValueTask.CompletedTask;
    }
}
