using Edge.Core.Memory;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Engine.Ingest;
using Edge.Engine.Runtime;
using Edge.Engine.Stability;
using Edge.Store;
using Edge.TestKit;

namespace Edge.Unit.Tests.Engine;

/// <summary>An ingest pipeline over a real store in a folder of its own.</summary>
public sealed class EngineFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new("edge-engine-");
    private readonly NativeBufferPool _buffers = new();

    public EngineFixture(Action<EdgeOptions>? configure = null, int spoolThreshold = 1 << 20, long budget = 16 << 20)
    {
        configure?.Invoke(Options);
        Store = EdgeStore.Open(new StoreOptions { StorageDirectory = _folder.Path, SyncStorageArea = false });
        Settings = new RuntimeSettings(Options);
        Budget = new ByteBudget(budget);
        Stability = new StabilityMonitor(TimeSpan.FromSeconds(60), static _ => ValueTask.CompletedTask);
        Records = new RecordBuilder(MainTags.Default, Settings);
        IncomingMemory memory = new(_buffers, Budget, spoolThreshold, () => Store.Files.CreateSpool(hashes: false));
        Pipeline = new IngestPipeline(
            [
                new IdentifyStep(Plan, Settings),
                new WriteStep(Store.Index, Store.Files, Options.Storage, Options.Edge),
                new CommitStep(Store.Index, Records, Stability, Options.Storage),
            ],
            memory);
    }

    public EdgeOptions Options { get; } = new();

    public ScanPlan Plan { get; } = new(MainTags.Default.All);

    public EdgeStore Store { get; }

    public RuntimeSettings Settings { get; }

    public ByteBudget Budget { get; }

    public StabilityMonitor Stability { get; }

    public RecordBuilder Records { get; }

    public IngestPipeline Pipeline { get; }

    public static IngestOrigin Rest { get; } = new(OriginKind.RestApi, "127.0.0.1", Username: "alice");

    public async Task<IngestResult> IngestAsync(byte[] file, IngestOrigin? origin = null, string? announcedClass = null, string? announcedInstance = null)
    {
        await using IncomingObject content = Pipeline.Receive();
        await content.AppendAsync(file, CancellationToken.None);
        return await Pipeline.IngestAsync(content, origin ?? Rest, announcedClass, announcedInstance);
    }

    public async ValueTask DisposeAsync()
    {
        await Stability.DisposeAsync();
        await Store.DisposeAsync();
        _buffers.Dispose();
        _folder.Dispose();
    }
}
