namespace Edge.Core.Options;

/// <summary>The DICOM systems this server talks to, and how (SCU).</summary>
[OptionGroup("Modalities and DICOM client")]
public sealed class RemoteOptions
{
    /// <summary>The known DICOM systems, by name: [ AET, host, port, manufacturer ] or an object.</summary>
    [Option(Reader = "ModalityMap", Example = "{ \"pacs\": [ \"PACS\", \"192.168.1.10\", 104 ], \"ct\": { \"AET\": \"CT1\", \"Host\": \"192.168.1.20\", \"Port\": 104, \"AllowMove\": false } }")]
    public Dictionary<string, ModalityOptions> DicomModalities { get; set; } = [];

    /// <summary>Keep modalities in the index, where the REST API changes them; DicomModalities is then ignored.</summary>
    [Option]
    public bool DicomModalitiesInDatabase { get; set; }

    /// <summary>Test C-FIND too when a modality is tested with C-ECHO.</summary>
    [Option]
    public bool DicomEchoChecksFind { get; set; }

    /// <summary>How long to wait for a modality; 0 = for ever.</summary>
    [Option(Min = 0, Unit = "s")]
    public int DicomScuTimeout { get; set; } = 10;

    /// <summary>The transfer syntax tried first when an instance must be transcoded to be sent.</summary>
    [Option(Format = OptionFormat.Uid)]
    public string DicomScuPreferredTransferSyntax { get; set; } = "1.2.840.10008.1.2.1";

    /// <summary>How instances are retrieved where neither request nor modality says: C-MOVE or C-GET.</summary>
    [Option(Since = "1.12.6", Choices = "C-MOVE|C-GET")]
    public RetrieveMethod DicomDefaultRetrieveMethod { get; set; } = RetrieveMethod.CMove;

    /// <summary>How long an association that forwarding has sent over stays open for what comes next; 0 = released at once.</summary>
    [Option(Min = 0, Unit = "s")]
    public int DicomAssociationCloseDelay { get; set; } = 5;

    /// <summary>Number of queries to modalities whose answers are kept.</summary>
    [Option(Min = 1)]
    public int QueryRetrieveSize { get; set; } = 100;
}
