using Edge.Core.Errors;
using Edge.Core.Options;
using Edge.Dicom.Text;

namespace Edge.Engine.Runtime;

/// <summary>What clients may change while the server runs. Readers see the newest value; a restart goes back to the options.</summary>
public sealed class RuntimeSettings
{
    private volatile AcceptedTransferSyntaxes _transferSyntaxes;
    private volatile int _defaultEncoding;
    private volatile bool _unknownSopClassAccepted;
    private volatile bool _metricsEnabled;

    public RuntimeSettings(EdgeOptions options)
    {
        _transferSyntaxes = new AcceptedTransferSyntaxes(options.Dicom.AcceptedTransferSyntaxes);
        _defaultEncoding = (int)ParseEncoding(options.Dictionaries.DefaultEncoding);
        _unknownSopClassAccepted = options.Dicom.UnknownSopClassAccepted;
        _metricsEnabled = options.General.MetricsEnabled;
        Modalities = new NamedEntries<ModalityOptions>(options.Remote.DicomModalitiesInDatabase ? [] : options.Remote.DicomModalities);
        Peers = new NamedEntries<PeerOptions>(options.HttpClient.OrthancPeersInDatabase ? [] : options.HttpClient.OrthancPeers);
    }

    /// <summary>The encoding of data sets without (0008,0005), and of answers to queries.</summary>
    public OrthancEncoding DefaultEncoding
    {
        get => (OrthancEncoding)_defaultEncoding;
        set => _defaultEncoding = (int)value;
    }

    public AcceptedTransferSyntaxes TransferSyntaxes
    {
        get => _transferSyntaxes;
        set => _transferSyntaxes = value;
    }

    public bool UnknownSopClassAccepted
    {
        get => _unknownSopClassAccepted;
        set => _unknownSopClassAccepted = value;
    }

    /// <summary>Whether <c>/tools/metrics-prometheus</c> tells anything.</summary>
    public bool MetricsEnabled
    {
        get => _metricsEnabled;
        set => _metricsEnabled = value;
    }

    /// <summary>The known DICOM modalities by name.</summary>
    public NamedEntries<ModalityOptions> Modalities { get; }

    /// <summary>The known peers by name.</summary>
    public NamedEntries<PeerOptions> Peers { get; }

    /// <summary>An encoding by Orthanc's name, in any case.</summary>
    /// <exception cref="EdgeException">ParameterOutOfRange for a name that is none.</exception>
    public static OrthancEncoding ParseEncoding(string name) =>
        name.Length > 0 && char.IsAsciiLetter(name[0]) && Enum.TryParse(name, ignoreCase: true, out OrthancEncoding encoding)
            ? encoding
            : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown encoding: \"{name}\"");
}
