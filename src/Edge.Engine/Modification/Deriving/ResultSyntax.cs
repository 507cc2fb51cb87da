using Edge.Core.Errors;
using Edge.Core.Logging;
using Edge.Dicom;
using Edge.Engine.Transcoding;

namespace Edge.Engine.Modification.Deriving;

/// <summary>The transfer syntax that a request wants for its results.</summary>
/// <param name="How">Null to leave each as it is.</param>
/// <param name="KeepsOnFailure">Whether an instance that cannot be transcoded stays in its own syntax, as in Orthanc's jobs; else that is an error.</param>
public sealed record ResultSyntax(TranscodingRequest? How, bool KeepsOnFailure)
{
    public static readonly ResultSyntax AsItIs = new(null, true);

    /// <summary>What a request asks for.</summary>
    /// <param name="isJob">Jobs keep the SOP instance UID that they gave, even where quality is lost; the file of one instance gets another then.</param>
    public static ResultSyntax Of(ModificationRequest request, int defaultQuality, bool isJob) => request.Transcode is null
        ? AsItIs
        : new ResultSyntax(TranscodingRequest.To(request.Transcode, request.LossyQuality ?? defaultQuality, isJob ? LossyTranscoding.SameInstance : LossyTranscoding.NewInstance), isJob);

    /// <summary>The file in the wanted syntax. For a thread that may compute for long.</summary>
    /// <exception cref="EdgeException">InternalError where it cannot be had and must.</exception>
    public DicomFile Apply(DicomFile file, CancellationToken cancellation)
    {
        if (How is null)
        {
            return file;
        }

        try
        {
            return FileTranscoding.Transcode(file, How, cancellation).File;
        }
        catch (EdgeException e) when (KeepsOnFailure)
        {
            Log.Jobs.Warning($"a modified instance stays in the transfer syntax of its source: {e.Message}");
            return file;
        }
        catch (EdgeException e)
        {
            throw new EdgeException(ErrorCode.InternalError, $"Cannot transcode the modified instance: {e.Message}", e);
        }
    }
}
