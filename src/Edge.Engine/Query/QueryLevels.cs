using Edge.Core.Ids;
using Edge.Dicom.Tags;

namespace Edge.Engine.Query;

/// <summary>The levels of queries and retrievals (PS3.4 C.3), as Orthanc names and keys them.</summary>
public static class QueryLevels
{
    /// <summary>A level by name, in any case, singular or plural; null where there is none.</summary>
    public static ResourceLevel? Parse(string? text) => text?.Trim().ToUpperInvariant() switch
    {
        "PATIENT" or "PATIENTS" => ResourceLevel.Patient,
        "STUDY" or "STUDIES" => ResourceLevel.Study,
        "SERIES" => ResourceLevel.Series,
        "INSTANCE" or "INSTANCES" or "IMAGE" or "IMAGES" => ResourceLevel.Instance,
        _ => null,
    };

    /// <summary>The value of (0008,0052).</summary>
    public static string Name(ResourceLevel level) => level switch
    {
        ResourceLevel.Patient => "PATIENT",
        ResourceLevel.Study => "STUDY",
        ResourceLevel.Series => "SERIES",
        _ => "IMAGE",
    };

    /// <summary>The unique key of a level.</summary>
    public static DicomTag Key(ResourceLevel level) => level switch
    {
        ResourceLevel.Patient => DicomTags.PatientID,
        ResourceLevel.Study => DicomTags.StudyInstanceUID,
        ResourceLevel.Series => DicomTags.SeriesInstanceUID,
        _ => DicomTags.SOPInstanceUID,
    };
}
