namespace Edge.Core.Options;

/// <summary>Changes of transfer syntax.</summary>
[OptionGroup("Transcoding")]
public sealed class TranscodingOptions
{
    /// <summary>Transcode what a modality does not accept as it is stored.</summary>
    [Option]
    public bool TranscodeDicomProtocol { get; set; } = true;

    /// <summary>The place of the built-in decoder among plugins: Before, After or Disabled.</summary>
    [Option]
    public BuiltinDecoderTranscoderOrder BuiltinDecoderTranscoderOrder { get; set; } = BuiltinDecoderTranscoderOrder.After;

    /// <summary>The transfer syntax to which received instances are transcoded; by default none are.</summary>
    [Option(Format = OptionFormat.Uid)]
    public string? IngestTranscoding { get; set; }

    /// <summary>Transcode instances that are received uncompressed.</summary>
    [Option]
    public bool IngestTranscodingOfUncompressed { get; set; } = true;

    /// <summary>Transcode instances that are received compressed.</summary>
    [Option]
    public bool IngestTranscodingOfCompressed { get; set; } = true;

    /// <summary>Quality of lossy transcoding.</summary>
    [Option(Min = 1, Max = 100, Unit = "%")]
    public int DicomLossyTranscodingQuality { get; set; } = 90;
}
