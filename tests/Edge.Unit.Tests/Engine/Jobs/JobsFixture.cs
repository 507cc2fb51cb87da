using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Engine;
using Edge.Engine.Jobs;
using Edge.Engine.Ports;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Unit.Tests.Store;
using Xunit;

namespace Edge.Unit.Tests.Engine.Jobs;

/// <summary>A jobs engine over a real store. What the jobs under test do not call is null.</summary>
public sealed class JobsFixture : IAsyncDisposable
{
    private readonly JobOptions _options = new();
    private readonly IDicomSender? _sender;
    private readonly IModalityClient? _client;

    public JobsFixture(Action<JobOptions>? configure = null, IDicomSender? sender = null, IModalityClient? client = null)
    {
        configure?.Invoke(_options);
        _sender = sender;
        _client = client;
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

    /// <summary>An engine with what the jobs under test call, and nothing else: no test of another use case has to be changed for a new member here.</summary>
    private EdgeEngine Engine()
    {
        EdgeOptions options = new();
        EdgeEngine engine = (EdgeEngine)RuntimeHelpers.GetUninitializedObject(typeof(EdgeEngine));
        Set(nameof(EdgeEngine.Options), options);
        Set(nameof(EdgeEngine.Settings), new RuntimeSettings(options));
        Set(nameof(EdgeEngine.Index), Store.Index);
        Set(nameof(EdgeEngine.Attachments), Store.Files);
        Set(nameof(EdgeEngine.Jobs), Jobs);
        Set(nameof(EdgeEngine.Sender), _sender);
        Set(nameof(EdgeEngine.ModalityClient), _client);
        Set(nameof(EdgeEngine.Commitments), new CommitmentReports(10));
        return engine;

        void Set(string name, object? value) => typeof(EdgeEngine).GetProperty(name)!.SetValue(engine, value);
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
