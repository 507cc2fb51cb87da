using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Engine.Transcoding;

namespace Edge.Engine.Modification.Deriving;

/// <summary>The transfer syntax that a request wants for its results.</summary>
/// <param name="Uid">Null to leave each as it is.</param>
/// <param name="Quality">1 to 100, for lossy ones; null for the option.</param>
/// <param name="KeepsOnFailure">Whether an instance that cannot be transcoded stays in its own syntax, as in Orthanc's jobs; else that is an error.</param>
public sealed record WantedSyntax(string? Uid, int? Quality, bool KeepsOnFailure)
{
    public static readonly WantedSyntax None = new(null, null, true);

    private const int DefaultQuality = 90;

    /// <summary>The file in the wanted syntax; its pixels are worked on here and now.</summary>
    /// <exception cref="EdgeException">InternalError where it cannot be had and must.</exception>
    public DicomFile Apply(DicomFile file, CancellationToken cancellation = default)
    {
        if (Uid is null || Uid == file.TransferSyntax.Uid)
        {
            return file;
        }

        try
        {
            return FileTranscoding.Transcode(file, TranscodingRequest.To(Uid, Quality ?? DefaultQuality, LossyTranscoding.SameInstance), cancellation).File;
        }
        catch (EdgeException) when (KeepsOnFailure)
        {
            return file; // Where transcoding fails, the file is as it was.
        }
        catch (EdgeException e)
        {
            throw new EdgeException(ErrorCode.InternalError, $"Cannot transcode from {file.TransferSyntax.Uid} to {Uid}: {e.Message}", e);
        }
    }
}
