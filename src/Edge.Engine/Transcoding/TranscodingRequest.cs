using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Transcoding;

/// <summary>What may be lost on the way to another transfer syntax.</summary>
public enum LossyTranscoding
{
    /// <summary>Nothing: lossy targets are passed over. What DICOM associations demand, for the instance must stay itself.</summary>
    Refused,

    /// <summary>Quality, at the price of a new SOP instance UID (PS3.3 C.7.6.1.1.5): the result is another instance.</summary>
    NewInstance,

    /// <summary>Quality, under the SOP instance UID that the data set has: jobs that gave it a new one already.</summary>
    SameInstance,
}

/// <summary>How a file is to be transcoded.</summary>
public sealed record TranscodingRequest
{
    /// <summary>The transfer syntaxes that are welcome, the dearest first. A file that is in any of them is left as it is.</summary>
    public required IReadOnlyList<TransferSyntax> Targets { get; init; }

    public LossyTranscoding Lossy { get; init; } = LossyTranscoding.NewInstance;

    /// <summary>Of lossy targets that know a quality, 1 to 100: greater is better.</summary>
    public int Quality { get; init; } = 90;

    /// <summary>A request for one target.</summary>
    /// <param name="uid">As a client wrote it.</param>
    /// <param name="quality">1 to 100.</param>
    /// <exception cref="EdgeException">ParameterOutOfRange: an unknown UID, or no quality.</exception>
    public static TranscodingRequest To(string uid, int quality, LossyTranscoding lossy = LossyTranscoding.NewInstance)
    {
        TransferSyntax target = TransferSyntax.Find(uid) ?? throw new EdgeException(ErrorCode.ParameterOutOfRange, $"Unknown transfer syntax: {uid}");
        return quality is >= 1 and <= 100
            ? new TranscodingRequest { Targets = [target], Lossy = lossy, Quality = quality }
            : throw new EdgeException(ErrorCode.ParameterOutOfRange, $"The quality of a lossy compression must be between 1 and 100: {quality}");
    }
}

/// <summary>A file in the transfer syntax asked for.</summary>
/// <param name="File">The data set, its meta information in line with it; the caller's to change.</param>
/// <param name="IsUnchanged">Whether it was in a welcome transfer syntax: the bytes it was read from can be used.</param>
/// <param name="FormerSopInstanceUid">Where the result is another instance, the UID that it had; else null.</param>
public sealed record TranscodedFile(DicomFile File, bool IsUnchanged, string? FormerSopInstanceUid)
{
    public TransferSyntax TransferSyntax => File.TransferSyntax;

    /// <summary>The bytes of the file.</summary>
    public byte[] ToArray() => File.ToArray();
}
