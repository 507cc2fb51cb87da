using Edge.Core.Errors;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Content;

namespace Edge.Engine.Modification.Deriving;

/// <summary>The transfer syntax that a request wants for its results.</summary>
/// <param name="Uid">Null to leave each as it is.</param>
/// <param name="Quality">1 to 100, for lossy ones; null for the option.</param>
/// <param name="KeepsOnFailure">Whether an instance that cannot be transcoded stays in its own syntax, as in Orthanc's jobs; else that is an error.</param>
public sealed record Transcoding(string? Uid, int? Quality, bool KeepsOnFailure)
{
    public static readonly Transcoding None = new(null, null, true);

    /// <summary>The file in the wanted syntax.</summary>
    /// <exception cref="EdgeException">InternalError where it cannot be had and must.</exception>
    public DicomFile Apply(DicomFile file)
    {
        if (Uid is null || Uid == file.TransferSyntax.Uid)
        {
            return file;
        }

        TransferSyntax to = TransferSyntax.FindOrUnknown(Uid);
        if (NativeRecoding.IsPossible(file.TransferSyntax, to))
        {
            file.TransferSyntax = to;
            return file;
        }

        return KeepsOnFailure ? file : throw new EdgeException(ErrorCode.InternalError, $"Cannot transcode from {file.TransferSyntax.Uid} to {Uid}");
    }
}
