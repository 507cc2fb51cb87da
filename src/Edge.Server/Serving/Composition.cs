using System.Net;
using Edge.Core.Auditing;
using Edge.Core.Configuration;
using Edge.Core.Ids;
using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Core.Memory;
using Edge.Core.Metrics;
using Edge.Core.Options;
using Edge.Core.Threads;
using Edge.Dicom;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dimse.Association;
using Edge.Dimse.Scp;
using Edge.Engine;
using Edge.Engine.Annotation;
using Edge.Engine.Archives;
using Edge.Engine.Attachments;
using Edge.Engine.Auditing;
using Edge.Engine.Conformance;
using Edge.Engine.Content;
using Edge.Engine.Creation;
using Edge.Engine.Forwarding;
using Edge.Engine.Health;
using Edge.Engine.Images;
using Edge.Engine.Ingest;
using Edge.Engine.Jobs;
using Edge.Engine.Modification;
using Edge.Engine.Ports;
using Edge.Engine.Query;
using Edge.Engine.Reconstruction;
using Edge.Engine.Remote;
using Edge.Engine.Runtime;
using Edge.Engine.Scripting;
using Edge.Engine.Stability;
using Edge.Engine.Transcoding;
using Edge.Rest.Clients;
using Edge.Rest.Gateway;
using Edge.Rest.Hosting;
using Edge.Rest.Orthanc;
using Edge.Server.Commands;
using Edge.Services.Scp;
using Edge.Services.Scu;
using Edge.Store;
using Edge.Store.Index;
using Microsoft.AspNetCore.Connections;
using DimseServerOptions = Edge.Dimse.Scp.DicomServerOptions;

namespace Edge.Server.Serving;

/// <summary>The whole server, put together by explicit construction. No behaviour.</summary>
internal sealed class Composition : IAsyncDisposable
{
    private readonly NativeBufferPool _buffers;
    private readonly ThreadCrew _decoding;
    private readonly FrameCache _frames;
    private readonly ArchiveShelf _archives;
    private readonly DimseMetrics _dimseMetrics = new();
    private readonly ScriptEvents _scriptEvents;
    private readonly AuditLog? _audit;
    private readonly DicomSender _sender;
    private RestPipeline? _pipeline;

    private Composition(EdgeOptions options, ConfigurationNode written, EdgeStore store, IServerControl control)
    {
        Options = options;
        Store = store;
        _buffers = new NativeBufferPool();
        int decoders = options.Edge.DecodingThreads > 0 ? options.Edge.DecodingThreads : Environment.ProcessorCount;
        _decoding = new ThreadCrew("decode", decoders, niceness: 5);
        _frames = new FrameCache(options.Edge.FrameCacheMB * 1024L * 1024);
        _archives = new ArchiveShelf(options.Storage.TemporaryDirectory ?? Path.GetTempPath(), options.Storage.MediaArchiveSize);
        Budget = new ByteBudget(options.Edge.NetworkBudgetBytes);
        Metrics = new MetricsRegistry();
        RuntimeSettings settings = new(options);
        MainTags mainTags = MainTagsOf(options);
        StabilityMonitor stability = new(TimeSpan.FromSeconds(options.Indexing.StableAge > 0 ? options.Indexing.StableAge : 60), AnnounceAsync);
        InstanceFiles files = new(store.Index, store.Files, settings);
        Transcoder transcoder = new(files, settings, _decoding);
        IncomingMemory memory = new(_buffers, Budget, (int)Math.Min(options.Edge.SpoolThresholdBytes, NativeBufferPool.LargestSize), () => store.Files.CreateSpool(hashes: false));
        ForwardingRules forwarding = ForwardingRules.Compile(options, settings);
        RemoteAssociations associations = new(options, Budget, new DicomLog(), _dimseMetrics);
        _audit = AuditLog.Open(options.Audit, Metrics);
        _sender = new DicomSender(options, associations, transcoder);
        ScriptHost scripts = new(options.Scripting, isFilter => OpenLua(written, isFilter), Metrics);
        IDicomSender sender = new FilteredSender(_sender, new OutgoingStoreFilter(scripts, files, settings));
        IPeerSender peers = new PeerSender(options.HttpClient);
        (sender, peers) = _audit is null ? (sender, peers) : (new AuditedSender(sender, _audit), new AuditedPeerSender(peers, _audit));
        Forwarding = new ForwardingPump(store.Index, store.Files, sender, settings, options.Forwarding, Metrics, peers: peers, isReadOnly: options.General.ReadOnly);
        _scriptEvents = new ScriptEvents(scripts, store.Index, options.Scripting.LuaHeartBeatPeriod, Metrics);
        IdentifyStep identify = new(new ScanPlan([.. mainTags.All, .. forwarding.ScannedTags]), settings);
        IIngestStep commit = new CommitStep(store.Index, new RecordBuilder(mainTags, settings), stability, options.Storage, forwarding, Forwarding.Wake, _scriptEvents);
        IngestTranscodingRule transcodingRule = new(options.Transcoding);
        IngestPipeline ingest = new(
            [
                identify,
                new ScriptFilterStep(scripts, settings),
                new TranscodeStep(transcoder, transcodingRule, identify, memory),
                new WriteStep(store.Index, store.Files, options.Storage, options.Edge),
                _audit is null ? commit : new AuditedCommit(commit, _audit),
            ],
            memory,
            Metrics.RecentMaximum("orthanc_store_dicom_duration_ms"));
        RecordBuilder records = new(mainTags, settings);
        HeaderReading headers = new(store.Index, files);
        FrameDecoding frameDecoding = new(files, _decoding, decoders, _frames);
        StoredHeaders storedHeaders = new(store.Files, new ScanPlan(mainTags.All));
        ResourceAttachments attachments = new(store.Index, store.Files, storedHeaders, new AttachmentDigests(store.Index, store.Files, options.Storage), memory, options.Storage, options.Edge, _scriptEvents);
        Engine = new EdgeEngine
        {
            Sender = sender,
            PeerConnector = _audit is null ? new PeerConnector(options.HttpClient) : new AuditedPeerConnector(new PeerConnector(options.HttpClient), _audit),
            Directories = new RemoteDirectories(options, settings, store.Index),
            Commitments = new CommitmentReports(options.Dicom.StorageCommitmentReportsSize),
            ModalityClient = new ModalityClient(associations, settings, ingest),
            Options = options,
            Settings = settings,
            MainTags = mainTags,
            Index = store.Index,
            Attachments = store.Files,
            Ingest = ingest,
            Files = files,
            Images = new FrameImages(frameDecoding),
            Volumes = new NumpyVolumes(store.Index, files, frameDecoding),
            Archives = new ArchiveBuilder(store.Index, files, transcoder, _decoding, Math.Max((2 * decoders) + 1, options.Storage.ZipLoaderThreads)),
            ArchiveShelf = _archives,
            Transcoder = transcoder,
            Headers = headers,
            ResourceAttachments = attachments,
            Reconstruction = new ResourceReconstruction(store.Index, headers, storedHeaders, records, new FileRenewal(files, storedHeaders, attachments, transcoder, transcodingRule), mainTags),
            Conformance = new ConformanceStatement(options.Dicom, settings, VersionCommand.Own().Version, AssociationPolicy.Services(options.Worklists.Enable)),
            Control = control,
            Queries = new ResourceQueries(store.Index, files, options.Indexing),
            Deletion = new ResourceDeletion(store.Index, stability, _scriptEvents),
            Stability = stability,
            Metrics = Metrics,
            Names = new NamedNumbers(options.Indexing),
            EdgeVersion = VersionCommand.Own().Version,
            ServerIdentifier = options.General.DatabaseServerIdentifier ?? ServerIdentifier.Default(options),
            Modifications = new Modifications(store.Index, store.Files, settings, options, mainTags),
            Creation = new DicomCreation(store.Index, files, ingest, new ResourceDeletion(store.Index, stability, _scriptEvents), settings, options),
            Jobs = new JobsEngine(store.Index, options.Jobs, Metrics),
            Scripts = scripts,
            ScriptEvents = _scriptEvents,
            RestCalls = () => new InternalInvoker(_pipeline ?? throw new EdgeException(ErrorCode.BadSequenceOfCalls, "scripts need the HTTP server")),
            WakeForwarding = Forwarding.WakeNew,
            Gauges = new IndexGauges(store.Index, Metrics),
        };
        Engine.Jobs.Observer = _scriptEvents.JobChanged;
        Forwarding.ProveWith(Engine.ModalityClient, Engine.Commitments);
        Retention = new DeliveredRetention(store.Index, store.Files, Engine.Deletion, options.Forwarding, audit: _audit);
        Health = new HealthMonitor(store.Index, store.Files, options, options.Dicom.DicomServerEnabled ? IsDicomUp : null);
        Rest = options.Http.HttpServerEnabled ? BuildRest() : null;
        HealthRest = options.Health.Port > 0 ? BuildHealthRest() : null;
        Dicom = options.Dicom.DicomServerEnabled ? BuildDicom() : null;
    }

    public EdgeOptions Options { get; }

    public EdgeStore Store { get; }

    public ByteBudget Budget { get; }

    public MetricsRegistry Metrics { get; }

    public EdgeEngine Engine { get; }

    public RestServer? Rest { get; }

    public HealthMonitor Health { get; }

    public ForwardingPump Forwarding { get; }

    public DeliveredRetention Retention { get; }

    /// <summary>The listener that health and metrics have to themselves; null for none.</summary>
    public RestServer? HealthRest { get; }

    /// <summary>One listener for each address.</summary>
    public IReadOnlyList<DicomServer>? Dicom { get; }

    /// <summary>Registers the dictionary, and says what is wrong with it or with the forwarding rules, for which it is needed, beyond what loading sees; none if they can be used.</summary>
    public static IReadOnlyList<ConfigurationProblem> CheckForwarding(EdgeOptions options)
    {
        try
        {
            ConfiguredDictionary.Register(options.Dictionaries);
            ForwardingRules.Compile(options, new RuntimeSettings(options));
            return [];
        }
        catch (ConfigurationException wrong)
        {
            return wrong.Problems;
        }
    }

    /// <summary>Opens the store and builds everything on it; nothing listens yet.</summary>
    /// <exception cref="ConfigurationException">A forwarding rule or an external dictionary cannot be used.</exception>
    public static Composition Open(LoadedConfiguration configuration, IServerControl control, bool rebuilds = false)
    {
        EdgeOptions options = configuration.Options;
        if (CheckForwarding(options) is { Count: > 0 } problems)
        {
            throw new ConfigurationException(problems);
        }

        EdgeStore store = EdgeStore.Open(StoreOptionsOf(options) with { Rebuilds = rebuilds });
        return new Composition(options, configuration.Written, store, control);
    }

    /// <summary>Where the store lies and how it is kept.</summary>
    public static StoreOptions StoreOptionsOf(EdgeOptions options) => new()
    {
        StorageDirectory = options.Storage.StorageDirectory,
        IndexDirectory = options.Storage.IndexDirectory,
        SyncStorageArea = options.Storage.SyncStorageArea,
        ReadOnly = options.General.ReadOnly,
        Log = static happened =>
        {
            if (happened.IsProblem)
            {
                Log.Generic.Warning(happened.Text, happened.Error);
            }
            else
            {
                Log.Generic.Info(happened.Text);
            }
        },
    };

    public async ValueTask DisposeAsync()
    {
        if (Rest is not null)
        {
            await Rest.DisposeAsync().ConfigureAwait(false);
        }

        if (HealthRest is not null)
        {
            await HealthRest.DisposeAsync().ConfigureAwait(false);
        }

        foreach (DicomServer server in Dicom ?? [])
        {
            await server.DisposeAsync().ConfigureAwait(false);
        }

        await _scriptEvents.DisposeAsync().ConfigureAwait(false);
        await Engine.Jobs.DisposeAsync().ConfigureAwait(false);
        await Forwarding.DisposeAsync().ConfigureAwait(false);
        await _sender.DisposeAsync().ConfigureAwait(false);
        await Retention.DisposeAsync().ConfigureAwait(false);
        await Engine.Scripts.DisposeAsync().ConfigureAwait(false);
        await Engine.Stability.DisposeAsync().ConfigureAwait(false);
        await Store.DisposeAsync().ConfigureAwait(false);
        _audit?.Dispose();
        _decoding.Dispose();
        _frames.Dispose();
        _archives.Dispose();
        _buffers.Dispose();
    }

    /// <summary>Opened at the first script: an idle server holds no Lua state.</summary>
    private LuaContext OpenLua(ConfigurationNode written, bool isFilter)
    {
        LuaLimits limits = new() { MemoryBytes = Options.Edge.LuaMemoryMB * 1024L * 1024, WallTime = TimeSpan.FromSeconds(isFilter ? Math.Max(1, Options.Edge.LuaTimeout / 10) : Options.Edge.LuaTimeout) };
        LuaContext lua = new(limits, Options.Edge.LuaSandbox, failure => Log.Lua.Error("a function called by a script failed", failure));
        OrthancLua.Register(lua, new InternalInvoker(_pipeline ?? throw new EdgeException(ErrorCode.BadSequenceOfCalls, "scripts need the HTTP server")), () => ConfigurationJson.Write(written), Options.HttpClient, SetStable);
        return lua;
    }

    /// <summary>For scripts, on their thread, which may wait.</summary>
    private bool SetStable(string publicId, bool isStable) =>
        Store.Index.ReadAsync(publicId, static (reader, id) => reader.Find(id)).AsTask().GetAwaiter().GetResult() is { Level: not ResourceLevel.Instance } row
        && Engine.Stability.Set(row.Level, publicId, isStable);

    private RestServer BuildRest()
    {
        HttpOptions http = Options.Http;
        RestOptions rest = new()
        {
            EndPoints = EndPoints(Options.Edge.HttpListenAddresses, http.HttpPort),
            RemoteAccessAllowed = Options.Security.RemoteAccessAllowed,
            AuthenticationEnabled = Options.Security.IsAuthenticationDemanded,
            DescribeErrors = http.HttpDescribeErrors,
            CompressionEnabled = http.HttpCompressionEnabled,
            KeepAlive = http.KeepAlive,
            KeepAliveTimeout = http.KeepAliveTimeout,
            RequestTimeout = http.HttpRequestTimeout,
            NoDelay = http.TcpNoDelay,
        };
        AccessControl access = new(rest, new ConfiguredCredentials(Options.Security.RegisteredUsers));
        _pipeline = new RestPipeline(rest, new RouteMatcher([.. OrthancFace.Routes(Engine), .. GatewayFace.Routes(Engine, Health, Forwarding)]), Budget, new HttpLog(), access, new ScriptRequestFilter(Engine.Scripts), Metrics) { Answered = _audit is null ? null : RestAudit.To(_audit) };
        return new RestServer(_pipeline, Https());
    }

    private RestServer BuildHealthRest()
    {
        HealthOptions health = Options.Health;
        RestOptions rest = new()
        {
            EndPoints = EndPoints(health.ListenAddresses, health.Port),
            RemoteAccessAllowed = health.RemoteAccessAllowed,
            AuthenticationEnabled = health.AuthenticationEnabled,
            MaximumConnections = 32,
        };
        AccessControl access = new(rest, new ConfiguredCredentials(Options.Security.RegisteredUsers));
        return new RestServer(new RestPipeline(rest, new RouteMatcher(GatewayFace.HealthRoutes(Engine, Health)), Budget, new HttpLog(), access), health.AuthenticationEnabled ? Https() : null);
    }

    /// <summary>What wraps connections where <c>SslEnabled</c> says so.</summary>
    private Func<ConnectionDelegate, ConnectionDelegate>? Https() =>
        Options.Security.SslEnabled ? TlsConnection.Middleware(new HttpsCredentials(Options.Security).Current, TimeSpan.FromSeconds(10), new HttpLog()) : null;

    private bool IsDicomUp() => Dicom is { Count: > 0 } listeners && listeners.All(static listener => listener.LocalEndPoint is not null && listener.SinceHeartbeat < TimeSpan.FromSeconds(10));

    private List<DicomServer> BuildDicom()
    {
        AssociationPolicy policy = new(Options.Dicom, Engine.Settings, Options.Worklists.Enable);
        IDimseHandler services = _audit is null ? new DicomServices(Engine, Budget) : new AuditedServices(new DicomServices(Engine, Budget), _audit);
        DimseMetrics metrics = _dimseMetrics;
        Metrics.Gauge("edge_dicom_associations_open", () => metrics.AssociationsOpen);
        Metrics.Gauge("edge_dicom_associations_total", () => metrics.AssociationsTotal);
        Metrics.Gauge("edge_dicom_associations_rejected_total", () => metrics.AssociationsRejected);
        Metrics.Gauge("edge_dicom_associations_aborted_total", () => metrics.AssociationsAborted);
        Metrics.Gauge("edge_network_bytes_in_flight", () => Budget.Used);
        List<DicomServer> servers = [];
        foreach (IPEndPoint endPoint in EndPoints(Options.Edge.DicomListenAddresses, Options.Dicom.DicomPort))
        {
            servers.Add(new DicomServer(
                new DimseServerOptions
                {
                    ListenOn = endPoint,
                    MaximumPduLength = Options.Dicom.MaximumPduLength,
                    MaximumAssociations = Math.Max(64, Options.Dicom.DicomThreadsCount),
                    IdleTimeout = TimeSpan.FromSeconds(Options.Dicom.DicomScpTimeout),
                    Budget = Budget,
                    Log = new DicomLog(),
                    Metrics = metrics,
                    Transport = Options.DicomTls.DicomTlsEnabled ? TlsTransports.Server(Options.DicomTls) : Transports.Tcp,
                },
                policy,
                services));
        }

        return servers;
    }

    private async ValueTask AnnounceAsync(IReadOnlyList<StableResource> stable)
    {
        List<ChangeRequest> changes = new(stable.Count);
        foreach (StableResource resource in stable)
        {
            ChangeKind kind = resource.Level switch
            {
                ResourceLevel.Patient => ChangeKind.StablePatient,
                ResourceLevel.Study => ChangeKind.StableStudy,
                _ => ChangeKind.StableSeries,
            };
            changes.Add(new ChangeRequest(kind, resource.PublicId));
        }

        await Store.Index.AppendChangesAsync(changes, TimeProvider.System.GetUtcNow()).ConfigureAwait(false);
        _scriptEvents.Stable(stable);
    }

    private static List<IPEndPoint> EndPoints(string[] addresses, int port) =>
        [.. addresses.Select(address => new IPEndPoint(address == "*" ? (System.Net.Sockets.Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any) : IPAddress.Parse(address), port))];

    private static MainTags MainTagsOf(EdgeOptions options) => MainTags.With(ExtraTags(options.Indexing.ExtraMainDicomTags));

    private static IEnumerable<(ResourceLevel Level, DicomTag Tag)> ExtraTags(ExtraMainDicomTags extra) =>
    [
        .. extra.Patient.Select(static name => (ResourceLevel.Patient, DicomTag.Parse(name))),
        .. extra.Study.Select(static name => (ResourceLevel.Study, DicomTag.Parse(name))),
        .. extra.Series.Select(static name => (ResourceLevel.Series, DicomTag.Parse(name))),
        .. extra.Instance.Select(static name => (ResourceLevel.Instance, DicomTag.Parse(name))),
    ];
}
