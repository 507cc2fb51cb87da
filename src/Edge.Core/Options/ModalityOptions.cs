namespace Edge.Core.Options;

/// <summary>A known DICOM system (<c>DicomModalities</c>, <c>PUT /modalities/{name}</c>). Read and written by <see cref="Configuration.Readers.ModalityReader"/>.</summary>
public sealed record ModalityOptions
{
    /// <summary>1 to 16 characters.</summary>
    public required string Aet { get; init; }

    /// <summary>A host name or an IP address.</summary>
    public required string Host { get; init; }

    /// <summary>1 to 65534, as in Orthanc.</summary>
    public required int Port { get; init; }

    public ModalityManufacturer Manufacturer { get; init; }

    public bool AllowEcho { get; init; } = true;

    public bool AllowFind { get; init; } = true;

    public bool AllowFindWorklist { get; init; } = true;

    public bool AllowGet { get; init; } = true;

    public bool AllowMove { get; init; } = true;

    public bool AllowStore { get; init; } = true;

    /// <summary>It may ask us to commit (PS3.4 annex J).</summary>
    public bool AllowNAction { get; init; } = true;

    /// <summary>It may report to us what it committed.</summary>
    public bool AllowEventReport { get; init; } = true;

    public bool AllowTranscoding { get; init; } = true;

    public bool UseDicomTls { get; init; }

    /// <summary>The title we use towards it; empty for <c>DicomAet</c>.</summary>
    public string LocalAet { get; init; } = "";

    /// <summary>In seconds; 0 for <c>DicomScuTimeout</c>.</summary>
    public int Timeout { get; init; }

    public RetrieveMethod RetrieveMethod { get; init; } = RetrieveMethod.SystemDefault;
}

/// <summary>What is done differently for the systems of a manufacturer.</summary>
public enum ModalityManufacturer
{
    Generic,

    /// <summary><c>*</c> alone on keys of VR DA is sent as empty.</summary>
    GenericNoWildcardInDates,

    /// <summary><c>*</c> alone on any key is sent as empty.</summary>
    GenericNoUniversalWildcard,

    /// <summary>As SCP, (5653,0010) is ignored.</summary>
    Vitrea,

    /// <summary>As SCU, the UIDs that are added by themselves are sent as <c>*</c>.</summary>
    GE,
}
