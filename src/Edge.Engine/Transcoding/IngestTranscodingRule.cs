using Edge.Core.Options;
using Edge.Dicom.Tags;
using Edge.Imaging.Codecs;

namespace Edge.Engine.Transcoding;

/// <summary>What the options of <c>IngestTranscoding</c> ask of an image, by the transfer syntax that it is in.</summary>
public sealed class IngestTranscodingRule(TranscodingOptions options)
{
    private readonly TranscodingRequest? _request = options.IngestTranscoding is { Length: > 0 } uid ? TranscodingRequest.To(uid, options.DicomLossyTranscodingQuality) : null;

    /// <summary>How it is to be transcoded; null where it is to stay as it is.</summary>
    public TranscodingRequest? For(TransferSyntax from) => _request is not null && IsWanted(from, _request.Targets[0]) ? _request : null;

    private bool IsWanted(TransferSyntax from, TransferSyntax to) => !from.Equals(to)
        && (from.IsEncapsulated ? options.IngestTranscodingOfCompressed && FrameDecoder.CanDecode(from.Uid) : options.IngestTranscodingOfUncompressed)
        && Transcoder.CanTranscode(from, to);
}
