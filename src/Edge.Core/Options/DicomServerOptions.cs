namespace Edge.Core.Options;

/// <summary>The DICOM server (SCP).</summary>
[OptionGroup("DICOM server")]
public sealed class DicomServerOptions
{
    /// <summary>Serve DICOM.</summary>
    [Option]
    public bool DicomServerEnabled { get; set; } = true;

    /// <summary>The application entity title of this server.</summary>
    [Option(Format = OptionFormat.ApplicationEntity)]
    public string DicomAet { get; set; } = "ORTHANC";

    /// <summary>The port of the DICOM server.</summary>
    [Option(Min = 1, Max = 65535)]
    public int DicomPort { get; set; } = 4242;

    /// <summary>Refuse associations that call another title than DicomAet.</summary>
    [Option]
    public bool DicomCheckCalledAet { get; set; }

    /// <summary>Compare titles with regard to case.</summary>
    [Option]
    public bool StrictAetComparison { get; set; }

    /// <summary>Refuse a known modality that calls from another address than its Host.</summary>
    [Option]
    public bool DicomCheckModalityHost { get; set; }

    /// <summary>Answer C-ECHO from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowEcho { get; set; } = true;

    /// <summary>Accept C-STORE from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowStore { get; set; } = true;

    /// <summary>Answer C-FIND from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowFind { get; set; }

    /// <summary>Answer worklist C-FIND from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowFindWorklist { get; set; }

    /// <summary>Answer C-GET from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowGet { get; set; }

    /// <summary>Answer C-MOVE from unknown modalities.</summary>
    [Option]
    public bool DicomAlwaysAllowMove { get; set; }

    /// <summary>How long to wait for a silent association; 0 = for ever.</summary>
    [Option(Min = 0, Unit = "s")]
    public int DicomScpTimeout { get; set; } = 30;

    /// <summary>Number of associations served at the same time where it is more than 64, which need no thread each; more are kept waiting.</summary>
    [Option(Min = 1, Max = 1000)]
    public int DicomThreadsCount { get; set; } = 4;

    /// <summary>Greatest PDU this server receives.</summary>
    [Option(Min = 4096, Max = 131072, Unit = "bytes")]
    public int MaximumPduLength { get; set; } = 16384;

    /// <summary>The transfer syntaxes accepted for storage; * and ? are wildcards.</summary>
    [Option(Format = OptionFormat.UidPattern, Since = "1.9.0")]
    public string[] AcceptedTransferSyntaxes { get; set; } = ["1.2.840.10008.1.*"];

    /// <summary>Accept storage classes the DICOM standard does not know.</summary>
    [Option]
    public bool UnknownSopClassAccepted { get; set; }

    /// <summary>The storage classes accepted; empty = all known ones; * and ? are wildcards.</summary>
    [Option(Format = OptionFormat.UidPattern, Since = "1.12.6")]
    public string[] AcceptedSopClasses { get; set; } = [];

    /// <summary>Storage classes refused although accepted by the option above.</summary>
    [Option(Format = OptionFormat.UidPattern, Since = "1.12.6")]
    public string[] RejectedSopClasses { get; set; } = [];

    /// <summary>Answer C-MOVE requests when the instances have been sent; off, at once, while a job sends them.</summary>
    [Option]
    public bool SynchronousCMove { get; set; } = true;

    /// <summary>Number of storage commitment reports kept.</summary>
    [Option(Min = 1)]
    public int StorageCommitmentReportsSize { get; set; } = 100;

    /// <summary>Accept the deflated transfer syntax.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool DeflatedTransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept JPEG.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool JpegTransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept JPEG 2000.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool Jpeg2000TransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept JPEG-LS.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool JpegLosslessTransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept JPIP.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool JpipTransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept MPEG-2.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool Mpeg2TransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept RLE.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool RleTransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept MPEG-4.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool Mpeg4TransferSyntaxAccepted { get; set; } = true;

    /// <summary>Accept H.265.</summary>
    [Option(Deprecated = "use AcceptedTransferSyntaxes")]
    public bool H265TransferSyntaxAccepted { get; set; } = true;
}
