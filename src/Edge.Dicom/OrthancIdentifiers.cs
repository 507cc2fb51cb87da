using System.Text;
using Edge.Core.Errors;
using Edge.Core.Ids;
using Edge.Dicom.Reading;
using Edge.Dicom.Tags;
using Edge.Dicom.Text;

namespace Edge.Dicom;

/// <summary>The four DICOM identifiers of an instance, prepared as Orthanc does, and Orthanc's four resource identifiers made of them.</summary>
public sealed record OrthancIdentifiers(string PatientId, string StudyInstanceUid, string SeriesInstanceUid, string SopInstanceUid)
{
    /// <summary>The longest PatientID, in UTF-8 bytes.</summary>
    public const int MaximumLength = 256;

    /// <summary>The resource identifier of the patient.</summary>
    public string Patient { get; } = ResourceId.ForPatient(PatientId);

    /// <summary>The resource identifier of the study.</summary>
    public string Study { get; } = ResourceId.ForStudy(PatientId, StudyInstanceUid);

    /// <summary>The resource identifier of the series.</summary>
    public string Series { get; } = ResourceId.ForSeries(PatientId, StudyInstanceUid, SeriesInstanceUid);

    /// <summary>The resource identifier of the instance.</summary>
    public string Instance { get; } = ResourceId.ForInstance(PatientId, StudyInstanceUid, SeriesInstanceUid, SopInstanceUid);

    /// <summary>The identifiers of a scanned header, prepared: trailing spaces removed, cut at a NUL, decoded.</summary>
    /// <exception cref="EdgeException">InexistentTag where a UID is absent, BadFileFormat where it is empty, BadParameterType where a value is too long.</exception>
    public static OrthancIdentifiers From(HeaderScan scan, OrthancEncoding defaultEncoding = OrthancEncoding.Latin1) => Check(
        scan.GetString(DicomTags.PatientID, defaultEncoding),
        scan.GetString(DicomTags.StudyInstanceUID, defaultEncoding),
        scan.GetString(DicomTags.SeriesInstanceUID, defaultEncoding),
        scan.GetString(DicomTags.SOPInstanceUID, defaultEncoding));

    /// <summary>The identifiers of a data set.</summary>
    /// <exception cref="EdgeException">As above.</exception>
    public static OrthancIdentifiers From(DataSet dataSet) => Check(
        dataSet.GetString(DicomTags.PatientID),
        dataSet.GetString(DicomTags.StudyInstanceUID),
        dataSet.GetString(DicomTags.SeriesInstanceUID),
        dataSet.GetString(DicomTags.SOPInstanceUID));

    private static OrthancIdentifiers Check(string? patient, string? study, string? series, string? instance) => new(
        Limited(patient ?? "", DicomTags.PatientID),
        Required(study, DicomTags.StudyInstanceUID),
        Required(series, DicomTags.SeriesInstanceUID),
        Required(instance, DicomTags.SOPInstanceUID));

    private static string Required(string? value, DicomTag tag) => value switch
    {
        null => throw new EdgeException(ErrorCode.InexistentTag, $"The tag {tag} ({DicomDictionary.OrthancName(tag)}) is absent"),
        "" => throw new EdgeException(ErrorCode.BadFileFormat, $"The tag {tag} ({DicomDictionary.OrthancName(tag)}) is empty"),
        _ => Limited(value, tag),
    };

    private static string Limited(string value, DicomTag tag) => value.Length <= MaximumLength && Encoding.UTF8.GetByteCount(value) <= MaximumLength
        ? value
        : throw new EdgeException(ErrorCode.BadParameterType, $"The tag {tag} ({DicomDictionary.OrthancName(tag)}) is longer than {MaximumLength} bytes");
}
