using Edge.Store.Index;

namespace Edge.Engine.Ingest;

/// <summary>Orthanc's kinds of origins, by the names that the <c>Origin</c> metadata holds.</summary>
public enum OriginKind
{
    Unknown,
    DicomProtocol,
    RestApi,
    Plugins,
    Lua,
    WebDav,
}

/// <summary>Where an instance came from.</summary>
/// <param name="Kind">What the metadata says.</param>
/// <param name="RemoteIp">The peer's address; empty where there is none.</param>
/// <param name="RemoteAet">The calling AE title, for the DICOM protocol.</param>
/// <param name="CalledAet">The called AE title, for the DICOM protocol.</param>
/// <param name="Username">The user, for the REST API; empty without authentication.</param>
public sealed record IngestOrigin(OriginKind Kind, string RemoteIp = "", string RemoteAet = "", string CalledAet = "", string Username = "")
{
    /// <summary>An object that the server itself brings in from files.</summary>
    public static readonly IngestOrigin Import = new(OriginKind.Unknown) { IsImport = true };

    /// <summary>Brought in by <c>edge-dicom import</c> or <c>reindex</c>.</summary>
    public bool IsImport { get; init; }

    /// <summary>What it was made of, where a job made it; null elsewhere.</summary>
    public Derivation? Derivation { get; init; }

    /// <summary>The same as the index keeps it.</summary>
    public OriginRecord ToRecord() => Kind switch
    {
        OriginKind.DicomProtocol => new OriginRecord("dicom", RemoteAet),
        OriginKind.RestApi => new OriginRecord("rest", Username),
        OriginKind.WebDav => new OriginRecord("webdav", Username),
        OriginKind.Lua => new OriginRecord("lua", ""),
        OriginKind.Plugins => new OriginRecord("plugin", ""),
        _ => new OriginRecord(IsImport ? "import" : "unknown", ""),
    };
}
