namespace Edge.Core.Options;

/// <summary>
/// Every option of the server. The groups are ours; the JSON keys are Orthanc's, all at the top level, and our own stand under <c>"Edge"</c>.
/// To add an option: a property in its group, then <c>./build.sh generate options</c>. To add a section: a class with its own
/// <see cref="OptionGroupAttribute.Section"/> and a property here.
/// </summary>
public sealed class EdgeOptions
{
    public GeneralOptions General { get; } = new();

    public StorageOptions Storage { get; } = new();

    public HttpOptions Http { get; } = new();

    public SecurityOptions Security { get; } = new();

    public DicomServerOptions Dicom { get; } = new();

    public DicomTlsOptions DicomTls { get; } = new();

    public RemoteOptions Remote { get; } = new();

    public HttpClientOptions HttpClient { get; } = new();

    public IndexingOptions Indexing { get; } = new();

    public DictionaryOptions Dictionaries { get; } = new();

    public JobOptions Jobs { get; } = new();

    public TranscodingOptions Transcoding { get; } = new();

    public ScriptingOptions Scripting { get; } = new();

    public WorklistOptions Worklists { get; } = new();

    public Pkcs11Options Pkcs11 { get; } = new();

    /// <summary>Ours, under <c>"Edge"</c>.</summary>
    public GatewayOptions Edge { get; } = new();

    /// <summary>Ours, under <c>"Edge.Health"</c>.</summary>
    public HealthOptions Health { get; } = new();

    /// <summary>Ours, under <c>"Edge.Forwarding"</c>.</summary>
    public ForwardingOptions Forwarding { get; } = new();

    /// <summary>Ours, under <c>"Edge.Audit"</c>.</summary>
    public AuditOptions Audit { get; } = new();
}
